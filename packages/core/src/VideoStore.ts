/**
 * PORT: bytes in, verified video out.
 *
 * @since 0.1.0
 */
import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Generation, StoredVideo } from "./Generation.ts"
import type { DownloadError, NotAVideo, StorageError } from "./GenerationError.ts"
import type { ResumePoint, VideoDownload } from "./VideoProvider.ts"

/** A video to be stored. */
export interface Delivery {
  /** Whose video it is; its id, prompt, time and `output` decide the name of the file. */
  readonly generation: Generation
  /** Opens the download at a resume point. */
  readonly open: (from: ResumePoint) => Effect.Effect<VideoDownload, DownloadError, Scope.Scope>
  /** Told now and then how many bytes of how many are here. */
  readonly onProgress: (bytes: number, totalBytes: number | undefined) => Effect.Effect<void>
}

/** Where finished videos live. */
export class VideoStore extends Context.Tag("@videogen/core/VideoStore")<
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
    ) => Effect.Effect<StoredVideo, DownloadError | NotAVideo | StorageError>
  }
>() {}
