/**
 * The download of every API that `JobApi.ts` describes.
 */
import { type DownloadError, OutputExpired } from "@mutoscope/core/GenerationError"
import type { Operation, VideoOutput } from "@mutoscope/core/Operation"
import type { ResumePoint } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Download from "./download.ts"
import { poll, type Site } from "./http.ts"
import { inlineDownload } from "./inlineDownload.ts"
import { below, type Connected } from "./jobSteps.ts"

/** Opens the download of a finished video. */
export const download = (
  { api, line, site }: Connected,
  operation: Operation,
  video: VideoOutput,
  from: ResumePoint
) => {
  const { inline } = api
  if (video._tag === "Inline" && inline !== undefined)
    return Effect.map(Download.stream(line, site, below(site, api.poll(operation))), (answer) =>
      inlineDownload(answer, api.provider, () => inline(video.index))
    )
  const open = (source: Download.Source | string) =>
    typeof source === "string"
      ? Effect.fail<DownloadError>(new OutputExpired({ provider: api.provider, reason: source }))
      : Download.download(line, site, source, from)
  const at = atItsAddress(site)
  const opened = open((api.source ?? at)(operation, video))
  const { elsewhere } = api
  if (elsewhere === undefined) return opened
  const other = poll(line, site, below(site, api.poll(operation))).pipe(Effect.flatMap(elsewhere))
  return Effect.catchIf(opened, isNotServed, (error) =>
    Effect.matchEffect(other, {
      onFailure: () => Effect.fail<DownloadError>(error),
      onSuccess: (uri) => open(at(operation, { _tag: "Remote", uri }))
    })
  )
}

/** Where the video should be there is none, or no such place at all. */
const isNotServed = (error: DownloadError): boolean =>
  error._tag === "OutputRefused" ||
  error._tag === "OutputExpired" ||
  (error._tag === "UnexpectedAnswer" && (error.status === 405 || error.status === 501))

/** What has no origin of its own lies below the base address: a record must outlive a server's move to another port. */
const atItsAddress = ({ base }: Site) => {
  const below = `${base.href.replace(/\/+$/, "")}/`
  return ({ model }: Operation, video: VideoOutput): Download.Source | string => {
    if (video._tag !== "Remote" || !URL.canParse(video.uri, below))
      return "it has no address that can be fetched"
    const url = new URL(video.uri, below)
    return { model, url, credential: url.origin === base.origin }
  }
}
