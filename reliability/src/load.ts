/**
 * A program with a full queue and a crowd in flight, which watches itself meanwhile.
 */
import { monitorEventLoopDelay } from "node:perf_hooks"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Policy from "@mutoscope/core/Policy"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Schedule from "effect/Schedule"
import { layer, request } from "./composition.ts"

/** What a crowd cost. Times are in milliseconds, memory in MiB. */
export interface Cost {
  readonly queued: number
  readonly enqueue: number
  readonly mostInFlight: number
  readonly mostResident: number
  /** How long a take took while the crowd was being sent, and once all of it was in flight. */
  readonly rampP99: number
  readonly takes: number
  readonly takeP50: number
  readonly takeP99: number
  readonly lagP99: number
}

/** Fills the queue, and drains it for so many seconds with so many in flight at once. The cost is printed as JSON. */
export const load = (queued: number, inFlight: number, seconds: number) => {
  const ramp: Array<number> = []
  const takes: Array<number> = []
  let isFull = false
  return Effect.gen(function* () {
    const enqueue = yield* fill(queued)
    const lag = monitorEventLoopDelay({ resolution: 5 })
    lag.enable()
    const most = yield* watched(drained(inFlight), seconds, (now) => {
      isFull ||= now >= 0.8 * inFlight
    })
    lag.disable()
    const cost: Cost = {
      queued,
      enqueue,
      ...most,
      rampP99: percentile(ramp, 0.99),
      takes: takes.length,
      takeP50: percentile(takes, 0.5),
      takeP99: percentile(takes, 0.99),
      lagP99: lag.percentile(99) / 1e6
    }
    process.stdout.write(`${JSON.stringify(cost)}\n`)
  }).pipe(
    Effect.provide(
      layer({ records: (store) => timingTakes(store, (took) => (isFull ? takes : ramp).push(took)) })
    ),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.runPromise
  )
}

const batch = "load"

const fill = (queued: number) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator.VideoGenerator
    const plans = yield* Effect.forEach(Array.from({ length: queued }), (_, index) =>
      generator.plan(request(`Clip ${index + 1}`), { queue: { batch, priority: 0 } })
    )
    const before = yield* Clock.currentTimeMillis
    yield* generator.enqueue(plans)
    return (yield* Clock.currentTimeMillis) - before
  })

const drained = (inFlight: number) =>
  Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
    generator.drain({ batch, concurrency: inFlight })
  ).pipe(
    Effect.provideService(
      Policy.Policy,
      Policy.make({ pollAttempts: Number.MAX_SAFE_INTEGER, pollTimeout: "1 hour" })
    )
  )

/** Looks at the process once a second, for so many of them. */
const watched = <A, E, R>(
  work: Effect.Effect<A, E, R>,
  seconds: number,
  onInFlight: (inFlight: number) => void
) =>
  Effect.gen(function* () {
    const { queue } = yield* GenerationStore
    const most = { mostInFlight: 0, mostResident: 0 }
    const look = Effect.map(queue.state, ({ inFlight }) => {
      onInFlight(inFlight)
      most.mostInFlight = Math.max(most.mostInFlight, inFlight)
      most.mostResident = Math.max(most.mostResident, Math.round(process.memoryUsage.rss() / 1024 ** 2))
    })
    const looks = Effect.repeat(
      look,
      Schedule.intersect(Schedule.spaced("1 second"), Schedule.recurs(seconds))
    )
    yield* Effect.raceFirst(work, looks)
    return most
  })

const timingTakes = (store: GenerationStore["Type"], record: (milliseconds: number) => void) =>
  GenerationStore.of({
    ...store,
    queue: {
      ...store.queue,
      take: (owner, options) =>
        Effect.map(Effect.timed(store.queue.take(owner, options)), ([took, claims]) => {
          record(Duration.toMillis(took))
          return claims
        })
    }
  })

const percentile = (figures: ReadonlyArray<number>, share: number): number =>
  [...figures].sort((one, other) => one - other)[Math.floor(figures.length * share)] ?? 0
