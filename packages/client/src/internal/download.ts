/**
 * The client that fetches videos: follows redirects by hand and without credentials, goes on where an earlier attempt
 * stopped, and refuses what is no video.
 */
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import { type DownloadError, DownloadFailed, UnexpectedAnswer } from "@videogen/core/GenerationError"
import { Policy } from "@videogen/core/Policy"
import type { ResumePoint, VideoDownload } from "@videogen/core/VideoProvider"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { forbidden } from "./address.ts"
import { downloadError, type Failure } from "./classification.ts"
import { keepsDeadlines, Silence } from "./connection.ts"
import { Elider } from "./elision.ts"
import { type About, lost, type Question, read, request, type Site, span } from "./http.ts"

/** What to fetch. `credential` says whether the site's own may go to this very origin. */
export interface Source {
  readonly model: string
  readonly url: URL
  readonly credential: boolean
}

/** A response, and what an error about it says. */
interface Fetched {
  readonly response: HttpClientResponse
  readonly about: About
  readonly watched: boolean
}

const mostRedirects = 5

/** How long the rest of an answer that is no video is waited for. */
const refusalTimeout: Duration.DurationInput = "10 seconds"

/** Opens a download at the resume point, or at the beginning where the server does not go on from there. */
export const download = (
  client: HttpClient.HttpClient,
  site: Site,
  source: Source,
  from: ResumePoint
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> =>
  follow(scoped(client), site, source, rangeHeaders(from), 0).pipe(
    Effect.flatMap((fetched) => open(client, site, source, from, fetched)),
    Effect.withSpan("videogen.http.download", span(site, { method: "GET", url: source.url }))
  )

/** The answer to a question, as it arrives. */
export const stream = (
  client: HttpClient.HttpClient,
  site: Site,
  question: Question
): Effect.Effect<Stream.Stream<Uint8Array, DownloadError>, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const fetched = yield* fetch(scoped(client), site, question, true, {})
    return yield* fetched.response.status === 200 ? body(fetched) : refuse(fetched)
  })

const follow = (
  client: Scoped,
  site: Site,
  source: Source,
  headers: Record<string, string>,
  redirects: number
): Effect.Effect<Fetched, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const reason = forbidden(source.url, site.base)
    if (reason !== undefined) return yield* unwelcome(site, `it leads to ${reason}: ${source.url.host}`)
    const fetched = yield* fetch(client, site, { ...source, method: "GET" }, source.credential, headers)
    const { response } = fetched
    const location = response.headers["location"]
    if (response.status < 300 || response.status > 399 || location === undefined) return fetched
    // Opening the body and leaving it closes the connection, unless all of it is here.
    yield* Effect.asVoid(Effect.scoped(Stream.toPull(response.stream)))
    if (redirects === mostRedirects) return yield* unwelcome(site, `more than ${mostRedirects} redirects`)
    if (!URL.canParse(location, source.url.href)) return yield* unwelcome(site, "a redirect to nowhere")
    const url = new URL(location, source.url)
    // Once away from where the credential belongs, it never comes back.
    const credential = source.credential && url.origin === source.url.origin
    return yield* follow(client, site, { ...source, url, credential }, headers, redirects + 1)
  })

/** A client whose requests end with a scope, and whether it watches by itself that the server does not fall silent. */
interface Scoped extends HttpClient.HttpClient.With<HttpClientError, Scope.Scope> {
  readonly watched: boolean
}

const scoped = (client: HttpClient.HttpClient): Scoped =>
  Object.assign(HttpClient.withScope(client), { watched: keepsDeadlines(client) })

const fetch = (
  client: Scoped,
  site: Site,
  question: Question,
  withCredential: boolean,
  headers: Record<string, string>
): Effect.Effect<Fetched, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const credential = withCredential ? Option.some(yield* site.credential) : Option.none()
    const { downloadTimeout } = yield* Policy
    const secrets = Option.toArray(credential).map(({ secret }) => secret)
    const about: About = { provider: site.provider, model: question.model, secrets }
    return yield* client.execute(request(question, credential, headers)).pipe(
      Effect.mapError((error) => downloadError(lost(error, about, ""))),
      client.watched
        ? Effect.provideService(Silence, downloadTimeout)
        : Effect.timeoutFail({
            duration: downloadTimeout,
            onTimeout: () =>
              downloadError({ ...about, _tag: "TimedOut", reason: "no answer in time", partial: "" })
          }),
      Effect.map((response) => ({ response, about, watched: client.watched }))
    )
  })

/** A range is only asked for where the server can see that it is still the same video. */
const rangeHeaders = ({ offset, validator }: ResumePoint): Record<string, string> =>
  offset > 0 && Option.isSome(validator) ? { range: `bytes=${offset}-`, "if-range": validator.value } : {}

const fromTheStart: ResumePoint = { offset: 0, validator: Option.none() }

const open = (
  client: HttpClient.HttpClient,
  site: Site,
  source: Source,
  from: ResumePoint,
  fetched: Fetched
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const { status } = fetched.response
    const resumed = "range" in rangeHeaders(from)
    const range = contentRange(fetched.response)
    if (status === 200) return yield* whole(fetched)
    if (resumed && status === 206 && range.start === from.offset) {
      return yield* opened(fetched, from.offset, range.total)
    }
    if (resumed && status === 416 && range.total === from.offset) {
      return {
        ...from,
        totalBytes: Option.some(from.offset),
        announcedHash: Option.none(),
        bytes: Stream.empty
      }
    }
    if (resumed && (status === 206 || status === 416)) {
      return yield* download(client, site, source, fromTheStart)
    }
    return yield* refuse(fetched)
  })

const whole = (fetched: Fetched) => {
  const length = whenNumber(fetched.response.headers["content-length"])
  return length === 0
    ? Effect.fail(new DownloadFailed({ provider: fetched.about.provider, reason: "the video is empty" }))
    : opened(fetched, 0, length)
}

const opened = (
  fetched: Fetched,
  offset: number,
  totalBytes: number | undefined
): Effect.Effect<VideoDownload, DownloadError> =>
  Effect.gen(function* () {
    const fault = notAVideo(fetched.response)
    if (fault !== undefined) return yield* refuse(fetched, fault)
    return {
      offset,
      totalBytes: Option.fromNullable(totalBytes),
      announcedHash: Option.none(),
      validator: Option.filter(Option.fromNullable(fetched.response.headers["etag"]), isStrong),
      bytes: yield* body(fetched)
    }
  })

/** The body, with an end to silence. Waiting for a slow reader is no silence. */
const body = ({
  response,
  about,
  watched
}: Fetched): Effect.Effect<Stream.Stream<Uint8Array, DownloadError>> => {
  const bytes = Stream.mapError(response.stream, (error) => downloadError(lost(error, about, "")))
  // A timer for each of thousands of chunks would cost more than the chunks.
  if (watched) return Effect.succeed(bytes)
  const silent = () => new DownloadFailed({ provider: about.provider, reason: "it fell silent" })
  return Effect.map(Policy, ({ downloadTimeout }) => Stream.timeoutFail(bytes, silent, downloadTimeout))
}

/** A weak validator promises a similar video, not the same bytes. */
const isStrong = (etag: string): boolean => /^"[^"]*"$/.test(etag)

const contentRange = (
  response: HttpClientResponse
): { readonly start: number | undefined; readonly total: number | undefined } => {
  const [, start, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers["content-range"] ?? "") ?? []
  return { start: whenNumber(start), total: whenNumber(total) }
}

const whenNumber = (digits: string | undefined): number | undefined =>
  digits !== undefined && /^\d{1,15}$/.test(digits) ? Number.parseInt(digits, 10) : undefined

const notAVideo = (response: HttpClientResponse): string | undefined => {
  const type = response.headers["content-type"] ?? ""
  const encoding = response.headers["content-encoding"] ?? "identity"
  if (/^(text\/|multipart\/|application\/(json|xml))/i.test(type)) return `it is no video but ${type}`
  return encoding === "identity" ? undefined : `it is encoded (${encoding}), which was not asked for`
}

/** The error that an answer is, with what it says. */
const refuse = ({ response, about }: Fetched, fault?: string): Effect.Effect<never, DownloadError> => {
  const answer = new Elider(64 * 1024)
  return read(response, answer, about).pipe(
    Effect.map((answered): Failure => (fault === undefined ? answered : { ...answered, fault })),
    Effect.catchAll((error) => Effect.succeed(lost(error, about, answer.end()))),
    Effect.timeoutTo({
      duration: refusalTimeout,
      onSuccess: (failure) => failure,
      onTimeout: (): Failure => ({ ...about, _tag: "TimedOut", reason: "no answer in time", partial: "" })
    }),
    Effect.flatMap((failure) => Effect.fail(downloadError(failure)))
  )
}

const unwelcome = (site: Site, reason: string) =>
  new UnexpectedAnswer({
    provider: site.provider,
    status: 0,
    reason: `the video's address is refused: ${reason}`,
    body: ""
  })
