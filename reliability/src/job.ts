/**
 * A program that does one thing with one generation, and dies where it is told to.
 */
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import { layer, request } from "./composition.ts"
import * as Failpoints from "./failpoints.ts"

/** Does one of these to the end, or to the point. How it ended is the last line that it prints. */
export const job = (deed: string, subject: string, point = "") =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator.VideoGenerator
    switch (deed) {
      case "generate":
      case "generate in memory":
        return (yield* generator.generate(request(subject))).state._tag
      case "start": {
        yield* generator.start(request(subject))
        return yield* Effect.never
      }
      case "resume":
        return (yield* generator.resume(subject)).state._tag
      case "cancel":
        return yield* generator.cancel(subject)
      default:
        return yield* Effect.dieMessage(`There is no deed ${deed}`)
    }
  }).pipe(
    Effect.provide(
      layer({
        records: (store) => Failpoints.records(point, store),
        provider: (api) => Failpoints.provider(point, api),
        videos: (store) => Failpoints.videos(point, store),
        inMemory: deed === "generate in memory"
      })
    ),
    Effect.catchAll((error) => Effect.succeed(error._tag)),
    Effect.tap((end) => Effect.sync(() => process.stdout.write(`${end}\n`))),
    Effect.runPromise
  )
