/**
 * The download of every API that `JobApi.ts` describes.
 */
import { type DownloadError, OutputExpired, OutputRefused } from "@mutoscope/core/GenerationError"
import type { Operation, VideoOutput } from "@mutoscope/core/Operation"
import type { ResumePoint, VideoDownload } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Download from "./download.ts"
import type { Site } from "./http.ts"
import { inlineDownload } from "./inlineDownload.ts"
import { below, type Connected, lookClosely, type Seen } from "./jobSteps.ts"
import { addressesIn } from "./outputVideos.ts"

/** Opens the download of a finished video. `request` is what was asked for: no address in it is that of a result. */
export const download = (
  connected: Connected,
  operation: Operation,
  video: VideoOutput,
  from: ResumePoint,
  request?: VideoRequest
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> => {
  const { api, line, site } = connected
  const { inline } = api
  if (video._tag === "Inline" && inline !== undefined)
    return Effect.map(Download.stream(line, site, below(site, api.poll(operation))), (answer) =>
      inlineDownload(answer, api.provider, () => inline(video.index))
    )
  const open = (source: Download.Source | string) =>
    typeof source === "string"
      ? Effect.fail<DownloadError>(new OutputRefused({ provider: api.provider, reason: source }))
      : Download.download(line, site, source, from)
  const source = sourceOf(connected, operation, video)
  if (api.looksAgain === false) return open(source)
  return Effect.catchIf(open(source), mayBeElsewhere, (error) =>
    Effect.matchEffect(Effect.timeout(lookClosely(connected, operation), lookTimeout), {
      // A look that is missed says nothing about the file.
      onFailure: () => Effect.fail(error),
      onSuccess: (seen) => {
        const gone = goneBy(connected, seen, error)
        return Option.isSome(gone)
          ? Effect.fail(gone.value)
          : firstOf(elsewhere(connected, operation, seen, source, request).map(open), error)
      }
    })
  )
}

/** How long a job is asked where else its video may be. */
const lookTimeout: Duration.DurationInput = "10 seconds"

/** Only a key that is wrong is the same at every address. */
export const mayBeElsewhere = ({ _tag }: DownloadError): boolean =>
  _tag !== "AuthenticationFailed" && _tag !== "OutputExpired"

/** The provider's own word, after a file was refused, that it will not come any more. */
const goneBy = (
  { api: { expired, provider } }: Connected,
  { answer, found }: Seen,
  error: DownloadError
): Option.Option<OutputExpired> => {
  if (found._tag === "Failed" && found.error._tag === "OutputExpired") return Option.some(found.error)
  if (found._tag !== "Succeeded" || expired === undefined) return Option.none()
  return Option.map(expired(answer, reasonOf(error)), (reason) => new OutputExpired({ provider, reason }))
}

/** The most addresses that are tried beside the one that was refused. */
const mostOthers = 4

/**
 * Where else the job says that its video is: at a new address, or at one that it names besides. Its other videos are not
 * this one, and what was asked for is no result.
 */
const elsewhere = (
  connected: Connected,
  operation: Operation,
  { answer, found }: Seen,
  tried: Download.Source | string,
  request: VideoRequest | undefined
): ReadonlyArray<Download.Source> => {
  if (found._tag !== "Succeeded") return []
  const { api, site } = connected
  const [now, ...others] = found.videos.map((video) => sourceOf(connected, operation, video))
  const at = atItsAddress(site)
  const beside = api.elsewhere?.(answer, operation).map((uri) => at(operation, { _tag: "Remote", uri })) ?? []
  const excluded = new Set([tried, ...others].flatMap(hrefOf))
  const asked = new Set(addressesIn(request).map((address) => withoutQuery(new URL(address))))
  return [...(now === undefined ? [] : [now]), ...beside]
    .flatMap((source) => (typeof source === "string" ? [] : [source]))
    .filter(({ url }, index, all) => {
      const isFirst = all.findIndex((other) => other.url.href === url.href) === index
      return isFirst && !excluded.has(url.href) && !asked.has(withoutQuery(url))
    })
    .slice(0, mostOthers)
}

const hrefOf = (source: Download.Source | string) => (typeof source === "string" ? [] : [source.url.href])

const withoutQuery = ({ origin, pathname }: URL): string => origin + pathname

/** The first that opens, or else the error of the place where the video should have been, with what the others said. */
const firstOf = <A, R>(
  [next, ...others]: ReadonlyArray<Effect.Effect<A, DownloadError, R>>,
  error: DownloadError
): Effect.Effect<A, DownloadError, R> =>
  next === undefined
    ? Effect.fail(error)
    : Effect.catchAll(next, (other) => firstOf(others, alsoRefused(error, other)))

const alsoRefused = (error: DownloadError, other: DownloadError): DownloadError =>
  error._tag === "OutputRefused"
    ? new OutputRefused({
        provider: error.provider,
        reason: `${error.reason}. At another address: ${reasonOf(other)}`
      })
    : error

const reasonOf = (error: DownloadError): string => ("reason" in error ? error.reason : error.message)

const sourceOf = ({ api, site }: Connected, operation: Operation, video: VideoOutput) =>
  (api.source ?? atItsAddress(site))(operation, video)

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
