/**
 * What a provider's models can do now, by its own word, and by the table where that is not to be had.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { type PollError, ProviderUnavailable, UnsupportedOption } from "@mutoscope/core/GenerationError"
import * as Arr from "effect/Array"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import type { Answer, Catalogue, JobApi, Sheets } from "../JobApi.ts"
import { pollError } from "./classification.ts"
import type { Question } from "./http.ts"
import { find, named, own } from "./modelNames.ts"
import { together } from "./together.ts"

/** The models, by what was last heard of them. */
export interface LiveModels {
  readonly models: () => ReadonlyArray<Capabilities>
  readonly find: (name: string) => Option.Option<Capabilities>
  /** Why a model cannot be used, where the provider said what is wrong with it. */
  readonly refusal: (name: string) => Option.Option<UnsupportedOption>
  /** Asks about the models of these names, or for the list; the errors are of what could not be had. */
  readonly refresh: (names?: ReadonlyArray<string>) => Effect.Effect<ReadonlyArray<PollError>>
}

/** Asks a question of a catalogue, wherever its questions go. */
export type Inquire = (question: Question) => Effect.Effect<Answer, PollError>

/** How long one answer is believed, whatever it was. */
const believed = Duration.hours(1)

/** How long it is believed that an answer cannot be had, or that something is amiss. */
const doubted = Duration.minutes(1)

/** How long the provider is waited for, all questions together: the table is not so bad that more would be worth it. */
const patience = Duration.seconds(3)

/**
 * A word of the provider's is believed for an hour, and that it cannot be had for a minute; then, and without one, the
 * table holds. Whoever stops waiting for it leaves nothing behind for the others.
 */
export const make = (api: JobApi, inquire: Inquire): Effect.Effect<LiveModels> =>
  Effect.sync(() => {
    const { catalogue, provider } = api
    const listed = new Map<string, Capabilities>()
    const faults = new Map<string, string>()
    let models = api.models
    const lookUp = (name: string) => named(provider, models, api.other)(name)
    const told = (heard: ReadonlyArray<Capabilities>) => {
      for (const one of heard) listed.set(one.model, one)
      models = [...listed.values(), ...api.models.filter(({ model }) => !listed.has(model))]
    }
    const sheet = (sheets: Sheets, one: Capabilities) =>
      Effect.flatMap(answers(inquire, sheets.questions(one)), ([first, ...others]) =>
        Option.match(sheets.read([first, ...others], one), {
          onNone: () => Effect.fail(pollError({ ...first, fault: "its answer tells nothing of the model" })),
          onSome: (read) => {
            if (Either.isRight(read)) {
              faults.delete(one.model)
              told([read.right])
            } else faults.set(one.model, read.left)
            return Effect.succeed(Either.isRight(read))
          }
        })
      )
    const list = (catalogue: Exclude<Catalogue, Sheets>) =>
      Effect.flatMap(inquire(catalogue.question), (answer) =>
        Effect.map(
          Effect.mapError(catalogue.read(answer), () =>
            pollError({ ...answer, fault: "its answer is no list of models" })
          ),
          (models) => {
            told(models)
            return true
          }
        )
      )
    const turns = new Map<string, Turn>()
    const turnOf = (key: string, ask: Effect.Effect<boolean, PollError>) => {
      const known = turns.get(key)
      if (known !== undefined) return known
      const turn = turnFor(within(provider, ask))
      turns.set(key, turn)
      return turn
    }
    /** What can be asked: the list, or about each model of the names that are surely ours. */
    const turnsFor = (names: ReadonlyArray<string> | undefined): ReadonlyArray<Turn> => {
      if (catalogue === undefined) return []
      if (catalogue._tag === "List")
        return catalogue.namesOnly === true && names?.every((name) => isClear(api, name)) === true
          ? []
          : [turnOf("", list(catalogue))]
      const asked = (names ?? []).flatMap((name) => Option.toArray(surely(api, name)))
      return Arr.dedupeWith(asked, (one, other) => one.model === other.model).map((one) =>
        turnOf(one.model, sheet(catalogue, one))
      )
    }
    return {
      models: () => models,
      find: lookUp,
      refusal: (name) =>
        Option.flatMap(lookUp(name), ({ model }) =>
          Option.map(
            Option.fromNullable(faults.get(model)),
            (reason) =>
              new UnsupportedOption({ provider, model, option: "model", value: model, supported: [], reason })
          )
        ),
      refresh: (names) => together(turnsFor(names))
    }
  })

/** A name that is in the table, or has the provider's own before it: what others may have is not asked about. */
const surely = ({ models, other, provider }: JobApi, name: string): Option.Option<Capabilities> =>
  name.startsWith(`${provider}/`) ? named(provider, models, other)(name) : find(models, own(provider, name))

/** Whether a list of names has nothing to add. */
const isClear = (api: JobApi, name: string): boolean =>
  name !== `${api.provider}/` && Option.isSome(surely(api, name))

type Turn = Effect.Effect<ReadonlyArray<PollError>>

/** One at a time asks, and the others are told what came of it for as long as that is believed. */
const turnFor = (ask: Effect.Effect<boolean, PollError>): Turn => {
  let last: { readonly errors: ReadonlyArray<PollError>; readonly until: number } = {
    errors: [],
    until: Number.NEGATIVE_INFINITY
  }
  const keep = (errors: ReadonlyArray<PollError>, until: number) => {
    last = { errors, until }
    return errors
  }
  const unlessKnown = (otherwise: (now: number) => Turn): Turn =>
    Effect.flatMap(Clock.currentTimeMillis, (now) =>
      now < last.until ? Effect.succeed(last.errors) : otherwise(now)
    )
  const asked = unlessKnown((now) =>
    Effect.match(ask, {
      onFailure: (error) => keep([error], now + Duration.toMillis(doubted)),
      onSuccess: (isWell) => keep([], now + Duration.toMillis(isWell ? believed : doubted))
    })
  )
  // Looked at before the turn, which costs more than the look, and in it again: whoever was first may have asked by then.
  const inTurn = Effect.unsafeMakeSemaphore(1).withPermits(1)(asked)
  return unlessKnown(() => inTurn)
}

const within = <A>(provider: string, ask: Effect.Effect<A, PollError>): Effect.Effect<A, PollError> =>
  Effect.timeoutFail(ask, {
    duration: patience,
    onTimeout: () =>
      new ProviderUnavailable({
        provider,
        reason: `it did not answer within ${Duration.toSeconds(patience)} seconds`
      })
  })

const answers = (inquire: Inquire, questions: Arr.NonEmptyReadonlyArray<Question>) =>
  Effect.forEach(questions, inquire, { concurrency: 8 })
