/**
 * S20: the time of day is put back and forward while jobs are waited for.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { layerMemory as layerRecords } from "@mutoscope/core/GenerationStore"
import type { Operation } from "@mutoscope/core/Operation"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { layerMemory as layerVideos } from "@mutoscope/core/VideoStore"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/TestClock"
import { withTimeOfDay } from "./clock.ts"
import { api, operation, request, type Script } from "./scripted.ts"

const hour = 3_600_000

const moves = [
  ["an hour forward", hour],
  ["an hour back", -hour],
  ["to 1970", -10 * hour],
  ["over the end of a leap second", -1_000]
] as const

/** A generator whose provider counts how often it is asked about each job. */
const counting = (script: Script) => {
  const looks = new Map<string, number>()
  const scripted = api({ poll: [Effect.succeed({ _tag: "Running" })], ...script }, [])
  const layer = layerGenerator.pipe(
    Layer.provide(
      Layer.succeed(VideoProvider, {
        ...scripted,
        submit: (intent) =>
          Effect.map(
            scripted.submit(intent),
            (): Operation => ({ ...operation, id: `operations/${intent.id}` })
          ),
        poll: (operation) => {
          looks.set(operation.id, (looks.get(operation.id) ?? 0) + 1)
          return scripted.poll(operation)
        }
      })
    ),
    Layer.provide([layerRecords, layerVideos])
  )
  return { looks, layer }
}

const started = (names: ReadonlyArray<string>) =>
  Effect.flatMap(VideoGenerator, (generator) =>
    Effect.forEach(names, (name) => generator.start(request, { id: Generation.GenerationId.make(name) }))
  )

/** A test that begins ten hours after 1970 did. */
const onMachine: typeof withTimeOfDay = (test) =>
  Effect.zipRight(TestClock.adjust("10 hours"), withTimeOfDay(test))

describe("the time of day", () => {
  it.effect.each(moves)("S20 %s: each of several jobs is asked about as often as before", ([, by]) =>
    onMachine((set) => {
      const { layer, looks } = counting({})
      return Effect.gen(function* () {
        yield* started(["one", "two", "three"])
        yield* TestClock.adjust("10 seconds")
        yield* set(by)
        looks.clear()
        yield* TestClock.adjust("60 seconds")
        assert.deepStrictEqual([...looks.values()], [30, 30, 30])
      }).pipe(Effect.provide(layer))
    })
  )

  it.effect.each(moves)("S20 %s: a job is waited for as long as before, and no longer", ([, by]) =>
    onMachine((set) =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(Effect.flip(generator.generate(request)))
        yield* TestClock.adjust("10 seconds")
        yield* set(by)
        yield* TestClock.adjust("280 seconds")
        assert.isNull(fiber.unsafePoll())
        yield* TestClock.adjust("20 seconds")
        const error = yield* Fiber.join(fiber)
        assert.strictEqual(error._tag, "GenerationTimeout")
        assert.strictEqual(error._tag === "GenerationTimeout" && Duration.toSeconds(error.waited), 298)
      }).pipe(Effect.provide(counting({}).layer))
    )
  )

  it.effect.each(moves)(
    "S20 %s: a provider that asked for a pause is given it, and no longer one",
    ([, by]) => {
      const busy = new Errors.RateLimited({ provider: "scripted", retryAfter: Duration.seconds(30) })
      let submits = 0
      const submit = [Effect.fail(busy), Effect.succeed(operation)].map((answer) =>
        Effect.zipRight(
          Effect.sync(() => submits++),
          answer
        )
      )
      return onMachine((set) =>
        Effect.gen(function* () {
          yield* started(["one"])
          yield* TestClock.adjust("10 seconds")
          yield* set(by)
          yield* TestClock.adjust("19 seconds")
          assert.strictEqual(submits, 1)
          yield* TestClock.adjust("1 seconds")
          assert.strictEqual(submits, 2)
        }).pipe(Effect.provide(counting({ submit }).layer))
      )
    }
  )
})
