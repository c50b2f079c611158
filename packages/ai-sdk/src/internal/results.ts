/**
 * What a model says of a job, and where its videos are.
 */
import type {
  Experimental_VideoModelV4OperationStatusResult as Status,
  Experimental_VideoModelV4VideoData as VideoData
} from "@ai-sdk/provider"
import { isModerated } from "@mutoscope/client/Failure"
import {
  ContentBlocked,
  type DownloadError,
  DownloadFailed,
  EmptyResult,
  GenerationFailed,
  OutputRefused
} from "@mutoscope/core/GenerationError"
import type { OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import type { VideoDownload } from "@mutoscope/core/VideoProvider"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { End } from "./nativeReading.ts"

export type { Status, VideoData }

/** How a job is doing. Its videos are known by their place in the list. */
export const statusOf = (answer: Status, provider: string): OperationStatus => {
  switch (answer.status) {
    case "pending":
      return { _tag: "Running" }
    case "error":
      return {
        _tag: "Failed",
        error: isModerated(answer.error)
          ? new ContentBlocked({ provider, reasons: [answer.error] })
          : new GenerationFailed({ provider, reason: answer.error })
      }
    case "completed": {
      const videos = answer.videos.flatMap(
        ({ mediaType, type }, index): ReadonlyArray<VideoOutput> =>
          type === "uploaded" ? [] : [{ _tag: "Inline", index, mimeType: mediaType }]
      )
      return Arr.isNonEmptyReadonlyArray(videos)
        ? { _tag: "Succeeded", videos }
        : { _tag: "Failed", error: new EmptyResult({ provider }) }
    }
  }
}

/** How a job ended by the word of the vendor's own adapter, and where its videos are then: an address stays out of the status. */
export const readBy = (
  end: End
): { readonly status: OperationStatus; readonly videos: ReadonlyArray<VideoData> } => {
  if (end._tag !== "Succeeded") return { status: end, videos: [] }
  return {
    status: {
      ...end,
      videos: Arr.map(end.videos, ({ mimeType = "video/mp4" }, index) => ({
        _tag: "Inline" as const,
        index,
        mimeType
      }))
    },
    videos: end.videos.flatMap(
      (video): ReadonlyArray<VideoData> =>
        video._tag === "Remote"
          ? [{ type: "url", url: video.uri, mediaType: video.mimeType ?? "video/mp4" }]
          : []
    )
  }
}

/** A finished job with what it cost, where the vendor's own adapter reads that in the answer. */
export const withCharge = (status: OperationStatus, end: Option.Option<End>): OperationStatus =>
  status._tag === "Succeeded" && Option.isSome(end) && end.value._tag === "Succeeded"
    ? { ...end.value, videos: status.videos }
    : status

/** The bytes of a video, wherever they are. */
export const toDownload = (
  data: VideoData,
  provider: string,
  fetch: (url: string) => Effect.Effect<VideoDownload, DownloadError, Scope.Scope>
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> => {
  switch (data.type) {
    case "url":
      return fetch(data.url)
    case "binary":
      return whole(data.data, provider)
    case "base64":
      return Either.match(Encoding.decodeBase64(data.data), {
        onLeft: () =>
          Effect.fail(new OutputRefused({ provider, reason: "its video is not the base64 it says" })),
        onRight: (bytes) => whole(bytes, provider)
      })
    case "uploaded":
      return Effect.fail(new OutputRefused({ provider, reason: "its video was put elsewhere" }))
  }
}

const whole = (bytes: Uint8Array, provider: string): Effect.Effect<VideoDownload, DownloadFailed> =>
  bytes.byteLength === 0
    ? Effect.fail(new DownloadFailed({ provider, reason: "the video is empty" }))
    : Effect.succeed({
        offset: 0,
        totalBytes: Option.some(bytes.byteLength),
        announcedHash: Option.none(),
        validator: Option.none(),
        bytes: Stream.make(bytes)
      })
