/**
 * PORT: from a description of a video to an MP4 on disk.
 *
 * @since 0.1.0
 */
import * as FileSystem from "@effect/platform/FileSystem"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Layer from "effect/Layer"
import { tinyVideo } from "./internal/tinyVideo.ts"

/**
 * What to render. `width` and `height` are even numbers of pixels, `duration` is in seconds, `output` the path of the
 * file to write; `onProgress` hears the finished fraction, 0-1.
 */
export interface RenderJob {
  readonly prompt: string
  readonly negativePrompt?: string
  readonly seed: number
  readonly width: number
  readonly height: number
  readonly duration: number
  readonly audio: boolean
  readonly output: string
  readonly onProgress: (fraction: number) => void
}

/** No video came of it; `reason` says why, for a person. */
export class RenderJobFailed extends Data.TaggedError("RenderJobFailed")<{
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message() {
    return this.reason
  }
}

/** Renders one video into a file. Interrupting the effect stops the work. */
export class VideoRenderer extends Context.Tag("@mutoscope/emulator/VideoRenderer")<
  VideoRenderer,
  { readonly render: (job: RenderJob) => Effect.Effect<void, RenderJobFailed> }
>() {}

/** The procedural renderer of this package, which is loaded with the first job. */
export const layer: Layer.Layer<VideoRenderer> = Layer.succeed(VideoRenderer, {
  render: (job) =>
    Effect.promise(() => import("./Renderer.ts")).pipe(
      Effect.flatMap(({ render }) => render(job)),
      Effect.mapError((cause) => new RenderJobFailed({ reason: cause.reason, cause }))
    )
})

/**
 * A renderer for tests: whatever is asked for, it writes the same two seconds of 64x36 pixels, at once or after
 * `renderTime` of the `Clock`. Files of different jobs differ in a few bytes, so that a mix-up shows.
 */
export const layerInstant = (
  options: { readonly renderTime?: Duration.DurationInput } = {}
): Layer.Layer<VideoRenderer, never, FileSystem.FileSystem> =>
  Layer.effect(
    VideoRenderer,
    Effect.map(FileSystem.FileSystem, (fs) => ({
      render: (job: RenderJob) =>
        pretendToWork(job, options.renderTime ?? 0).pipe(
          Effect.zipRight(fs.writeFile(job.output, stamped(job))),
          Effect.mapError((cause) => new RenderJobFailed({ reason: cause.message, cause }))
        )
    }))
  )

const steps = 10

const pretendToWork = (job: RenderJob, renderTime: Duration.DurationInput) =>
  Effect.forEach(
    Array.from({ length: Duration.toMillis(renderTime) === 0 ? 0 : steps }, (_, step) => (step + 1) / steps),
    (fraction) =>
      Effect.sync(() => job.onProgress(fraction)).pipe(
        Effect.delay(Duration.times(Duration.decode(renderTime), 1 / steps))
      ),
    { discard: true }
  )

const pattern = Either.getOrThrow(Encoding.decodeBase64(tinyVideo))

/** The pattern with a `free` box behind it, which players skip: it names the prompt and the seed. */
const stamped = (job: RenderJob): Uint8Array => {
  const text = new TextEncoder().encode(`free${job.seed} ${job.prompt}`)
  const file = new Uint8Array(pattern.length + 4 + text.length)
  file.set(pattern)
  new DataView(file.buffer).setUint32(pattern.length, 4 + text.length)
  file.set(text, pattern.length + 4)
  return file
}
