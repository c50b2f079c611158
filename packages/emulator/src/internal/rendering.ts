/**
 * The workers of an engine: each takes the next job from the queue, renders it, and writes down how it ended.
 *
 * @internal
 */
import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Queue from "effect/Queue"
import * as Stream from "effect/Stream"
import * as SynchronizedRef from "effect/SynchronizedRef"
import type { OperationRecord, Outcome } from "../OperationRecord.ts"
import { RenderJobFailed } from "../VideoRenderer.ts"
import { end } from "./ending.ts"
import type { Engine, Job } from "./engine.ts"
import { fingerprint } from "./fingerprint.ts"

/** Renders one job after the other; a job that has ended meanwhile is passed over. */
export const worker = (engine: Engine): Effect.Effect<never> =>
  Queue.take(engine.queue).pipe(
    Effect.flatMap((id) => {
      const job = engine.jobs.get(id)
      return job === undefined ? Effect.void : Effect.raceFirst(work(engine, job), Deferred.await(job.stop))
    }),
    Effect.forever
  )

const work = (engine: Engine, job: Job) =>
  Effect.gen(function* () {
    const record = yield* SynchronizedRef.get(job.record)
    if (record.outcome._tag !== "Pending") return
    job.progress = Option.some(0)
    yield* end(engine, record.id, yield* outcomeOf(engine, job, record))
  })

const outcomeOf = (engine: Engine, job: Job, record: OperationRecord) =>
  Effect.gen(function* () {
    const at = yield* Clock.currentTimeMillis
    switch (record.scenario?.name) {
      case "failure":
        return failed(at, "The emulated model failed, as the scenario `failure` asks.")
      case "content-block":
        return withheld(at, [
          "The video was withheld by the emulated safety filter, as the scenario `content-block` asks."
        ])
      case "empty-result":
        return withheld(at, [])
      default:
        return yield* render(engine, job, record)
    }
  })

const withheld = (at: number, reasons: ReadonlyArray<string>): Outcome => ({ _tag: "Withheld", at, reasons })

/** 13 is INTERNAL of google.rpc.Code. */
const failed = (at: number, message: string): Outcome => ({ _tag: "Failed", at, code: 13, message })

const render = (engine: Engine, job: Job, record: OperationRecord): Effect.Effect<Outcome> =>
  Effect.gen(function* () {
    const draft = engine.files.draftPath(record.id, engine.claims.owner)
    yield* Effect.addFinalizer(() => Effect.ignore(engine.fs.remove(draft, { force: true })))
    yield* engine.renderer.render({
      ...description(record),
      output: draft,
      onProgress: (fraction) => {
        job.progress = Option.some(fraction)
      }
    })
    const { bytes, sha256 } = yield* Stream.run(engine.fs.stream(draft), fingerprint)
    yield* engine.files.publishVideo(draft, record.id)
    return { _tag: "Rendered" as const, at: yield* Clock.currentTimeMillis, bytes, sha256 }
  }).pipe(
    Effect.scoped,
    // A renderer with a bug fails its job, not the engine.
    Effect.catchAllDefect((cause) => new RenderJobFailed({ reason: String(cause), cause })),
    Effect.catchAll((error) =>
      Effect.logWarning(`Rendering ${record.id} failed`, error).pipe(
        Effect.zipRight(Clock.currentTimeMillis),
        Effect.map((at) => failed(at, `The video could not be rendered: ${error.message}`))
      )
    )
  )

const description = ({ video: { negativePrompt, ...video } }: OperationRecord) => ({
  ...video,
  ...(negativePrompt === undefined ? {} : { negativePrompt })
})
