/**
 * PORT: bytes in, verified video out.
 *
 * @since 0.1.0
 */
import * as Chunk from "effect/Chunk"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Generation, StoredVideo } from "./Generation.ts"
import {
  type DownloadError,
  DownloadFailed,
  type LeaseLost,
  NotAVideo,
  type StorageError
} from "./GenerationError.ts"
import type { ResumePoint, VideoDownload } from "./VideoProvider.ts"

/** A video to be stored. */
export interface Delivery {
  /** Whose video it is; its id, prompt, time and `output` decide the name of the file. */
  readonly generation: Generation
  /** Opens the download at a resume point. Fails with `NotAVideo` where it would bring a file that was refused before. */
  readonly open: (from: ResumePoint) => Effect.Effect<VideoDownload, DownloadError | NotAVideo, Scope.Scope>
  /** Told now and then how many bytes of how many are here. */
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => Effect.Effect<void>
  /** What an earlier call that was cut short had verified, and the path it was about to give it. */
  readonly verified: Option.Option<StoredVideo>
  /**
   * Told of a verified video before it is given its path, and again where that turns out to be taken. When it returns
   * that is on record: whoever comes after a crash knows which file is ours.
   */
  readonly onVerified: (video: StoredVideo) => Effect.Effect<void, LeaseLost | StorageError>
}

/** Where finished videos live. */
export class VideoStore extends Context.Tag("@mutoscope/core/VideoStore")<
  VideoStore,
  {
    /** Fails where a video of this generation could not be stored, before it is paid for. */
    readonly prepare: (generation: Generation) => Effect.Effect<void, StorageError>
    /**
     * Stores the video, verified and synced to disk, under a name that was free; goes on from what an earlier call
     * left behind. Never overwrites a file.
     */
    readonly save: (
      delivery: Delivery
    ) => Effect.Effect<StoredVideo, DownloadError | NotAVideo | LeaseLost | StorageError>
    /**
     * Removes what an unfinished save left where a generation's video was to go, now that it goes to another place. It is
     * never in the way: what cannot be removed stays. A store that leaves nothing behind does without it.
     */
    readonly leave?: (from: Generation, to: Generation) => Effect.Effect<void>
  }
>() {}

/**
 * Videos that are read, measured and forgotten: for tests, and for programs that want the flow without a disk. It
 * checks that all announced bytes came and that they begin like an MP4, a QuickTime movie, a WebM or a Matroska video.
 */
export const layerMemory: Layer.Layer<VideoStore> = Layer.succeed(VideoStore, {
  prepare: () => Effect.void,
  save: Effect.fnUntraced(function* ({ generation, onProgress, onVerified, open }: Delivery) {
    const download = yield* open({ offset: 0, validator: Option.none() })
    const bytes = concat(yield* Stream.runCollect(download.bytes))
    const total = Option.getOrUndefined(download.totalBytes)
    yield* onProgress(bytes.length, total)
    if (total !== undefined && bytes.length < total) {
      const reason = `${bytes.length} of ${total} bytes came`
      return yield* new DownloadFailed({ provider: generation.provider, reason })
    }
    const hash = yield* sha256(bytes)
    if (!isVideo(bytes))
      return yield* new NotAVideo({
        found: `${bytes.length} bytes that do not begin like a video`,
        file: {
          bytes: bytes.length,
          sha256: hash,
          ...Option.match(download.validator, { onNone: () => ({}), onSome: (validator) => ({ validator }) })
        }
      })
    const video: StoredVideo = {
      path: `memory:/${generation.id}.mp4`,
      bytes: bytes.length,
      sha256: hash,
      integrity: total === undefined ? "boxes" : "length+boxes"
    }
    yield* onVerified(video)
    return video
  }, Effect.scoped)
})

const concat = (chunks: Chunk.Chunk<Uint8Array>): Uint8Array<ArrayBuffer> => {
  const whole = new Uint8Array(Chunk.reduce(chunks, 0, (sum, chunk) => sum + chunk.length))
  Chunk.reduce(chunks, 0, (at, chunk) => {
    whole.set(chunk, at)
    return at + chunk.length
  })
  return whole
}

const isVideo = (bytes: Uint8Array) => {
  const beginning = new TextDecoder("latin1").decode(bytes.subarray(0, 8))
  return /^[\s\S]{4}(ftyp|moov|mdat|wide|free|skip)$/.test(beginning) || beginning.startsWith("\x1aE\xdf\xa3")
}

const sha256 = (bytes: Uint8Array<ArrayBuffer>) =>
  Effect.map(
    Effect.promise(() => globalThis.crypto.subtle.digest("SHA-256", bytes)),
    (digest) => Array.from(new Uint8Array(digest), (byte) => byte.toString(16).padStart(2, "0")).join("")
  )
