/**
 * The queue and the budget over records in the memory of this process.
 */
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { type Cost, type Generation, isIn } from "../Generation.ts"
import { BudgetSpent, HeldBack } from "../GenerationError.ts"
import type { Budget, InFlightLimit, Which } from "../GenerationQueue.ts"
import * as Money from "../Money.ts"

/** A paid request: whose, when, and what it is expected to cost, or did cost once that is known. */
interface Spend {
  readonly id: string
  readonly owner: string
  readonly day: number
  readonly amount: Money.MicroUsd | undefined
}

const dayLength = 86_400_000

/** A queue over the records that there are whenever it is asked. */
export const make = (all: () => ReadonlyArray<Generation>) => {
  const limits = new Map<string, InFlightLimit>()
  const turns = new Map<string, number>()
  const nameOf = ({ model, provider }: Omit<InFlightLimit, "most">) => JSON.stringify([provider, model])
  let spends: ReadonlyArray<Spend> = []
  let paused = false
  let turn = 0

  const fullFor = (one: Generation, others: ReadonlyArray<Generation>) =>
    Array.from(limits.values())
      .filter((limit) => isUnder(limit, one))
      .filter((limit) => others.filter((other) => isUnder(limit, other)).length >= limit.most)

  const hasRoom = (one: Generation, others: ReadonlyArray<Generation>) => fullFor(one, others).length === 0

  /** The limits that are reached and keep some of these from their turn. */
  const full = (waiting: ReadonlyArray<Generation>, held: ReadonlyArray<Generation>) => {
    const busy = [...inFlight(all()), ...held]
    return Arr.dedupe(waiting.flatMap((one) => fullFor(one, busy)))
  }

  /** Highest priority first; of one priority the batch whose turn is the longest ago; in it the oldest. */
  const next = (waiting: ReadonlyArray<Generation>): Generation | undefined =>
    [...waiting].sort(
      (a, b) =>
        (b.queue?.priority ?? 0) - (a.queue?.priority ?? 0) ||
        (turns.get(a.queue?.batch ?? "") ?? 0) - (turns.get(b.queue?.batch ?? "") ?? 0)
    )[0]

  /** The records to take now, in the order of their turn. Those that are `held` are about to be sent. */
  const choose = (
    waiting: ReadonlyArray<Generation>,
    held: ReadonlyArray<Generation>,
    most: number,
    isFree: (one: Generation, chosen: ReadonlyArray<Generation>) => boolean
  ): ReadonlyArray<Generation> => {
    const chosen: Array<Generation> = []
    let left = paused ? [] : waiting
    while (chosen.length < most) {
      const busy = [...inFlight(all()), ...held, ...chosen]
      left = left.filter((one) => !chosen.includes(one) && hasRoom(one, busy) && isFree(one, chosen))
      const one = next(left)
      if (one?.queue === undefined) break
      turns.set(one.queue.batch, ++turn)
      chosen.push(one)
    }
    return chosen
  }

  /** Whether there is room for one more, which is then counted as spent; fails where the budget would be passed. */
  const admit = (generation: Generation, owner: string, budget: Budget) =>
    Effect.flatMap(Clock.currentTimeMillis, (now): Effect.Effect<boolean, BudgetSpent | HeldBack> => {
      const { queue: place } = generation
      if (place?.aside === true) return new HeldBack({ generationId: generation.id, why: "aside" })
      if (place !== undefined && paused) return new HeldBack({ generationId: generation.id, why: "paused" })
      if (!hasRoom(generation, inFlight(all()))) return Effect.succeed(false)
      const day = Math.floor(now / dayLength)
      const { estimate, id, model, provider } = generation
      const one = { estimate, model: `${provider}/${model}` }
      const own = spends.filter((spend) => spend.owner === owner)
      const broken = Option.firstSomeOf([
        tooMany(own.length, budget.jobs),
        tooMuch("run", own, one, budget.run),
        tooMuch(
          "day",
          spends.filter((spend) => spend.day === day),
          one,
          budget.day
        )
      ])
      if (Option.isSome(broken)) return broken.value
      spends = [...spends, { id, owner, day, amount: estimate }]
      return Effect.succeed(true)
    })

  /** Nothing was accepted, so the newest request of this record costs nothing. */
  const refund = (id: string) => {
    const index = spends.findLastIndex((spend) => spend.id === id)
    spends = spends.filter((_, at) => at !== index)
  }

  /** The newest request of this record has come to a price, or its expected price has changed. */
  const settle = (id: string, amount: Money.MicroUsd | undefined) => {
    const index = spends.findLastIndex((spend) => spend.id === id)
    spends = spends.map((spend, at) => (at === index ? { ...spend, amount } : spend))
  }

  return {
    admit,
    choose,
    full,
    refund,
    settle,
    pause: (wanted: boolean) =>
      Effect.sync(() => {
        paused = wanted
      }),
    limit: (limit: InFlightLimit) => Effect.sync(() => void limits.set(nameOf(limit), limit)),
    unlimit: (limit: Omit<InFlightLimit, "most">) => Effect.sync(() => void limits.delete(nameOf(limit))),
    state: Effect.sync(() => ({
      paused,
      limits: Array.from(limits.values()),
      waiting: all().filter(isWaiting).length,
      aside: all().filter(isAside).length,
      inFlight: inFlight(all()).length
    }))
  }
}

/** What a job counts as that has a price: the bill may grow until it has come to its end. */
export const spentNow = (generation: Generation, { amount }: Cost): Money.MicroUsd => {
  const { estimate = amount } = generation
  return isIn("Downloading")(generation) && amount < estimate ? estimate : amount
}

/** Whether a record waits for its turn in the queue. */
export const isWaiting = (one: Generation) =>
  one.queue !== undefined && one.queue.aside !== true && isIn("Queued")(one)

/** Whether it is one of those that are meant. */
export const isMeant =
  ({ batch, except = [], exceptProviders = [] }: Which) =>
  ({ id, provider, queue }: Generation) =>
    (batch === undefined || queue?.batch === batch) &&
    !except.includes(id) &&
    !exceptProviders.includes(provider)

const isAside = (one: Generation) => one.queue?.aside === true && isIn("Queued")(one)

/** Whether a record may be taken again: at once, or when the provider wants to hear of it. */
export const isDue =
  (now: number) =>
  ({ state, updatedAt }: Generation): boolean =>
    state._tag !== "Queued" ||
    state.refusal?._tag !== "RateLimited" ||
    updatedAt.epochMillis + Duration.toMillis(state.refusal.retryAfter) <= now

const isUnder = (limit: InFlightLimit, { model, provider }: Generation) =>
  limit.provider === provider && (limit.model ?? model) === model

const inFlight = (all: ReadonlyArray<Generation>) => all.filter(isIn("Submitting", "Rendering"))

const tooMany = (spent: number, most: number | undefined): Option.Option<BudgetSpent> =>
  most === undefined || spent < most
    ? Option.none()
    : Option.some(new BudgetSpent({ limit: "jobs", most, spent }))

/** What has no known price cannot be kept within a limit of money. */
const tooMuch = (
  limit: "run" | "day",
  spends: ReadonlyArray<Spend>,
  { estimate, model }: { readonly estimate: Money.MicroUsd | undefined; readonly model: string },
  most: Money.MicroUsd | undefined
): Option.Option<BudgetSpent> => {
  if (most === undefined) return Option.none()
  const spent = spends.reduce((sum, spend) => Money.plus(sum, spend.amount ?? Money.zero), Money.zero)
  if (estimate === undefined) return Option.some(new BudgetSpent({ limit, most, spent, model }))
  return spent + estimate <= most
    ? Option.none()
    : Option.some(new BudgetSpent({ limit, most, spent, estimate, model }))
}
