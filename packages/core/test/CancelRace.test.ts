/**
 * C11: a cancel that meets a job about to be done, in many interleavings.
 */
import { assert, it } from "@effect/vitest"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import { id, provider, request, succeeded } from "./scripted.ts"

/** A provider whose job is done at the n-th look, unless it was stopped before: it can be only one of both. */
const racing = (looks: number) => {
  const job = { looks: 0, stopped: false }
  const status = (): OperationStatus =>
    job.stopped ? { _tag: "Cancelled" } : job.looks >= looks ? succeeded : { _tag: "Running" }
  const layer = Layer.effect(
    VideoProvider,
    Effect.map(VideoProvider, (api) =>
      VideoProvider.of({
        ...api,
        poll: () =>
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.sync(() => {
              job.looks++
              return status()
            })
          ),
        cancel: () =>
          Effect.zipRight(
            Effect.yieldNow(),
            Effect.sync(() => {
              if (status()._tag === "Succeeded") return "AlreadyFinished" as const
              job.stopped = true
              return "Cancelled" as const
            })
          )
      })
    )
  ).pipe(Layer.provide(provider({}, [])))
  return { job, layer }
}

it.live(
  "C11 a cancel and the end of a job: one of them, and never neither, 1,000 times",
  () =>
    Effect.gen(function* () {
      const ends = new Map<string, number>()
      for (let run = 0; run < 1_000; run++) {
        const { job, layer } = racing(1 + (run % 5))
        const state = yield* Effect.gen(function* () {
          const generator = yield* VideoGenerator
          const cancel = Effect.repeatN(Effect.yieldNow(), run % 97).pipe(
            Effect.zipRight(generator.cancel(id)),
            Effect.either
          )
          const [made, cancelled] = yield* Effect.all(
            [Effect.either(generator.generate(request, { id })), cancel],
            {
              concurrency: 2
            }
          )
          const { state } = yield* Effect.flatMap(GenerationStore, (records) => records.get(id))
          assert.strictEqual(Either.isRight(made), state._tag === "Completed")
          // What the provider did not stop is paid for, and so it is kept; nobody is told that it was stopped.
          if (state._tag === "Completed") {
            assert.isFalse(job.stopped)
            assert.notDeepEqual(cancelled, Either.right("Cancelled"))
          }
          return state._tag
        }).pipe(
          Effect.provide(
            layerGenerator.pipe(
              Layer.provideMerge(Layer.mergeAll(layer, layerMemory, VideoStore.layerMemory))
            )
          ),
          Effect.provideService(Policy.Policy, Policy.make({ pollInterval: 0 }))
        )
        ends.set(state, (ends.get(state) ?? 0) + 1)
      }
      assert.deepStrictEqual([...ends.keys()].sort(), ["Cancelled", "Completed"])
    }).pipe(Effect.provide(Logger.minimumLogLevel(LogLevel.None))),
  60_000
)
