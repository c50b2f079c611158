/**
 * The download of a video that travels inside a JSON answer.
 */
import { type DownloadError, DownloadFailed, UnexpectedAnswer } from "@mutoscope/core/GenerationError"
import type { VideoDownload } from "@mutoscope/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { InlineVideo, type Place } from "./inlineVideo.ts"

/** The video at a place of an answer. It always begins at its beginning, and its length is known when it is over. */
export const inlineDownload = (
  answer: Stream.Stream<Uint8Array, DownloadError>,
  provider: string,
  place: () => Place
): VideoDownload => ({
  offset: 0,
  totalBytes: Option.none(),
  announcedHash: Option.none(),
  validator: Option.none(),
  bytes: Stream.suspend(() => {
    const video = new InlineVideo(place())
    return answer.pipe(
      Stream.mapChunksEffect((chunk) => decoded(video, chunk, provider)),
      Stream.concat(
        Stream.suspend(() => {
          const error = fault(video, provider)
          return error === undefined ? Stream.empty : Stream.fail(error)
        })
      )
    )
  })
})

const decoded = (video: InlineVideo, chunk: Chunk.Chunk<Uint8Array>, provider: string) =>
  Effect.try({
    try: () => Chunk.unsafeFromArray(Chunk.toReadonlyArray(chunk).flatMap((bytes) => video.write(bytes))),
    catch: () => unexpected(provider, "the video in its answer is not base64")
  })

/** What is wrong with a video whose answer has ended, if anything is. */
const fault = (video: InlineVideo, provider: string): DownloadError | undefined => {
  if (!video.isComplete) return cut(video, provider)
  return video.isEmpty ? new DownloadFailed({ provider, reason: "the video is empty" }) : undefined
}

const cut = (video: InlineVideo, provider: string): DownloadError =>
  video.isFound
    ? new DownloadFailed({ provider, reason: "its answer ends within the video" })
    : unexpected(provider, "the video is not in its answer")

const unexpected = (provider: string, reason: string) =>
  new UnexpectedAnswer({ provider, status: 200, reason, body: "" })
