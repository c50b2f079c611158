/**
 * Draws a video from the words of a prompt: a procedural preview, made by worker threads, streamed to a file.
 *
 * @since 0.1.0
 */

import { existsSync } from "node:fs"
import { type FileHandle, open, rename, rm } from "node:fs/promises"
import { availableParallelism } from "node:os"
import { fileURLToPath } from "node:url"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { Crew } from "./render/crew.ts"
import { FULL_SIZE_PIXELS, type Job } from "./render/job.ts"
import { type Movie, openMovie } from "./render/media/movie.ts"
import { makePlan } from "./render/plan.ts"

/**
 * What to draw, and where to.
 *
 * @since 0.1.0
 * @category models
 */
export interface RenderOptions {
  readonly prompt: string
  readonly negativePrompt?: string | undefined
  /** The same seed and options give the same file, to the byte. */
  readonly seed: number
  /** Even pixels. */
  readonly width: number
  /** Even pixels. */
  readonly height: number
  /** Seconds. */
  readonly duration: number
  readonly audio: boolean
  /** Frames a second; 24 by default. */
  readonly fps?: number
  /** Worker threads at most; as many as the machine runs at once by default. */
  readonly threads?: number
  /** Path of the MP4. It is written to `${output}.part`, which takes its name when it is complete and on disk. */
  readonly output: string
  /** Called with a number from 0 to 1 that never falls. */
  readonly onProgress?: (fraction: number) => void
}

/**
 * @since 0.1.0
 * @category models
 */
export interface RenderedVideo {
  readonly path: string
  /** Size of the file. */
  readonly bytes: number
  /** Length of the clip. */
  readonly seconds: number
}

/**
 * @since 0.1.0
 * @category errors
 */
export class RenderFailed extends Schema.TaggedError<RenderFailed>()("RenderFailed", {
  output: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `could not render ${this.output}: ${this.reason}`
  }
}

/**
 * Renders the clip. Interrupting it ends the workers and deletes what was written.
 *
 * @since 0.1.0
 * @category rendering
 */
export const render = (options: RenderOptions): Effect.Effect<RenderedVideo, RenderFailed> =>
  Effect.gen(function* () {
    yield* check(options)
    const fail = (cause: unknown) => new RenderFailed({ output: options.output, reason: reasonOf(cause) })
    const attempt = <A>(step: () => Promise<A>) => Effect.tryPromise({ try: step, catch: fail })
    const job = makeJob(options)
    const file = yield* partFile(options.output, attempt)
    const crew = yield* hireCrew(options, job)
    const sound = options.audio ? yield* attempt(() => crew.nextSound()) : null
    const movie = yield* attempt(() =>
      openMovie({ ...job, file, sound, prompt: options.prompt, seed: options.seed })
    )
    yield* Effect.forEach(Array.from({ length: crew.groups }), () => writeNext(crew, movie, attempt), {
      discard: true
    })
    const written = yield* attempt(() => movie.finish())
    yield* attempt(() => file.sync())
    yield* attempt(() => file.close())
    yield* attempt(() => rename(partOf(options.output), options.output))
    return { path: options.output, ...written }
  }).pipe(Effect.scoped, Effect.withSpan("Renderer.render"))

type Attempt = <A>(step: () => Promise<A>) => Effect.Effect<A, RenderFailed>

const writeNext = (crew: Crew, movie: Movie, attempt: Attempt) =>
  attempt(() => crew.nextGroup()).pipe(Effect.flatMap((group) => attempt(() => movie.add(group))))

const partOf = (output: string): string => `${output}.part`

/** The open part file; it is deleted with the scope unless it was renamed before. */
const partFile = (output: string, attempt: Attempt): Effect.Effect<FileHandle, RenderFailed, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(() => open(partOf(output), "w+")),
    (file) =>
      Effect.promise(async () => {
        await file.close().catch(() => {})
        await rm(partOf(output), { force: true })
      })
  )

const hireCrew = (options: RenderOptions, job: Job): Effect.Effect<Crew, RenderFailed, Scope.Scope> => {
  const script = workerScript()
  if (!existsSync(script)) {
    return new RenderFailed({
      output: options.output,
      reason: `the worker ${fileURLToPath(script)} is missing; build @mutoscope/emulator first`
    })
  }
  return Effect.acquireRelease(
    Effect.sync(
      () =>
        new Crew({
          script,
          job,
          audio: options.audio,
          threads: threadsFor(job, options.threads ?? availableParallelism()),
          onProgress: options.onProgress ?? (() => {})
        })
    ),
    (crew) => Effect.promise(() => crew.dismiss())
  )
}

/** Beside this module when it is built or bundled; in `dist` when it runs from its TypeScript source. */
const workerScript = (): URL =>
  import.meta.url.endsWith(".ts")
    ? new URL("../dist/render-worker.js", import.meta.url)
    : new URL("./render-worker.js", import.meta.url)

const makeJob = (options: RenderOptions): Job => {
  const fps = options.fps ?? 24
  const frames = Math.max(1, Math.round(options.duration * fps))
  const { height, width } = options
  return { plan: makePlan(options), width, height, fps, frames, duration: frames / fps }
}

/**
 * Megabytes that the workers may take together so that the process stays below 300, and what one of them takes: itself,
 * its scenery, and the encoder's pictures.
 */
const WORKERS_MEMORY = 190
const memoryOfWorker = ({ height, width }: Job): number => {
  const megapixels = (width * height) / 1e6
  const drawn = width * height > FULL_SIZE_PIXELS ? megapixels / 4 : megapixels
  return 40 + 15 * drawn + 9 * megapixels
}

const threadsFor = (job: Job, wanted: number): number =>
  Math.max(1, Math.min(Math.floor(wanted) || 1, Math.floor(WORKERS_MEMORY / memoryOfWorker(job))))

const check = (options: RenderOptions): Effect.Effect<void, RenderFailed> => {
  const { duration, fps = 24, height, output, width } = options
  const isEven = (size: number) => Number.isInteger(size) && size >= 16 && size <= 4096 && size % 2 === 0
  const reason = !(isEven(width) && isEven(height))
    ? `width and height must be even, from 16 to 4096 pixels, not ${width}x${height}`
    : !(duration > 0 && duration <= 600)
      ? `the duration must be more than 0 and at most 600 seconds, not ${duration}`
      : !(fps >= 1 && fps <= 120)
        ? `the frame rate must be from 1 to 120, not ${fps}`
        : undefined
  return reason === undefined ? Effect.void : new RenderFailed({ output, reason })
}

const reasonOf = (cause: unknown): string => (cause instanceof Error ? cause.message : String(cause))
