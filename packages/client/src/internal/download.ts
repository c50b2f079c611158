/**
 * The client that fetches videos: follows redirects by hand and without credentials, goes on where an earlier attempt
 * stopped, and refuses what is no video.
 */
import { type DownloadError, DownloadFailed, UnexpectedAnswer } from "@mutoscope/core/GenerationError"
import { Policy } from "@mutoscope/core/Policy"
import type { ResumePoint, VideoDownload } from "@mutoscope/core/VideoProvider"
import * as Clock from "effect/Clock"
import * as Data from "effect/Data"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { identity } from "effect/Function"
import * as Option from "effect/Option"
import type * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import { forbidden } from "./address.ts"
import { type Answered, downloadError, type Failure } from "./classification.ts"
import { timedOut } from "./cut.ts"
import { collect, Elider } from "./elision.ts"
import { look, notVideo } from "./firstBytes.ts"
import { type About, aboutRequest, answered, call, lost, type Question, type Site, traced } from "./http.ts"
import type { Line, Opened } from "./line.ts"
import { secretsIn } from "./secrets.ts"

/**
 * What to fetch. `credential` says whether the site's own may go to this very origin. Where a job may be done before its
 * file is there, `late` tells the refusals that say so, and how patiently the file is asked for again.
 */
export interface Source {
  readonly model: string
  readonly url: URL
  readonly credential: boolean
  readonly late?: {
    readonly isLate: (answer: Answered) => boolean
    readonly patience: Schedule.Schedule<unknown>
  }
}

/** The file is not there yet; `error` is what that means once patience has run out. */
class NotYet extends Data.TaggedError("NotYet")<{ readonly error: DownloadError }> {}

/** A response, and what an error about it says. */
interface Fetched {
  readonly response: Opened
  readonly about: About
}

const mostRedirects = 5

/** How long the rest of an answer that is no video is waited for. */
const refusalTimeout: Duration.DurationInput = "10 seconds"

/** Opens a download at the resume point, or at the beginning where the server does not go on from there. */
export const download = (
  line: Line,
  site: Site,
  source: Source,
  from: ResumePoint
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> =>
  traced(
    "mutoscope.http.download",
    aboutRequest(site, "GET", source.url),
    Effect.flatMap(punctual(source, follow(line, site, source, rangeHeaders(from), 0)), (fetched) =>
      open(line, site, source, from, fetched)
    )
  )

/** Asks again while the file is late. */
const punctual = <R>(
  { late }: Source,
  fetching: Effect.Effect<Fetched, DownloadError, R>
): Effect.Effect<Fetched, DownloadError, R> =>
  late === undefined
    ? fetching
    : Effect.flatMap(fetching, (fetched) => {
        const { status } = fetched.response
        if (status < 400 || status > 499 || status === 416) return Effect.succeed(fetched)
        return Effect.flatMap(told(fetched), (failure) => {
          const error = downloadError(failure)
          const isLate = failure._tag === "Answered" && late.isLate(failure)
          return Effect.fail(isLate ? new NotYet({ error }) : error)
        })
      }).pipe(
        Effect.retry({ schedule: late.patience, while: ({ _tag }) => _tag === "NotYet" }),
        Effect.catchTag("NotYet", ({ error }) => Effect.fail(error))
      )

/** The answer to a question, as it arrives. */
export const stream = (
  line: Line,
  site: Site,
  question: Question
): Effect.Effect<Stream.Stream<Uint8Array, DownloadError>, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const fetched = yield* fetch(line, site, site.base.origin, question, true, {})
    return fetched.response.status === 200 ? body(fetched) : yield* refuse(fetched)
  })

const follow = (
  line: Line,
  site: Site,
  source: Source,
  headers: Record<string, string>,
  redirects: number
): Effect.Effect<Fetched, DownloadError, Scope.Scope> => {
  const reason = forbidden(source.url, site.base)
  if (reason !== undefined) return unwelcome(site, `it leads to ${reason}: ${source.url.host}`)
  const { model, url, credential } = source
  const question = { model, method: "GET", path: url.pathname + url.search } as const
  return Effect.flatMap(fetch(line, site, url.origin, question, credential, headers), (fetched) => {
    const { response } = fetched
    const location = response.headers["location"]
    if (response.status < 300 || response.status > 399 || location === undefined)
      return Effect.succeed(fetched)
    return Effect.flatMap(response.close, () => {
      if (redirects === mostRedirects) return unwelcome(site, `more than ${mostRedirects} redirects`)
      if (!URL.canParse(location, url.href)) return unwelcome(site, "a redirect to nowhere")
      const next = new URL(location, url)
      // Once away from where the credential belongs, it never comes back.
      const still = credential && next.origin === url.origin
      return follow(line, site, { model, url: next, credential: still }, headers, redirects + 1)
    })
  })
}

const fetch = (
  line: Line,
  site: Site,
  origin: string,
  question: Question,
  withCredential: boolean,
  headers: Record<string, string>
): Effect.Effect<Fetched, DownloadError, Scope.Scope> =>
  Effect.flatMap(withCredential ? site.credential : Effect.succeed(undefined), (proof) =>
    Effect.flatMap(Policy, ({ downloadTimeout }) => {
      const credential = Option.fromNullable(proof)
      const secrets = [
        ...Option.toArray(credential).map(({ secret }) => secret),
        ...(withCredential ? secretsIn(site.headers) : [])
      ]
      const about: About = {
        provider: site.provider,
        model: question.model,
        secrets,
        host: origin === site.base.origin ? site.host : new URL(origin).host,
        ...(site.isKeyed && !withCredential ? { keyOf: site.base.host } : {})
      }
      const asked = call(origin, question, credential, {
        ...(withCredential ? site.headers : {}),
        ...headers
      })
      return Effect.mapBoth(line.open(asked, downloadTimeout), {
        onFailure: (cut) => downloadError(lost(cut, about, "")),
        onSuccess: (response): Fetched => ({ response, about })
      })
    })
  )

/** A range is only asked for where the server can see that it is still the same video. */
const rangeHeaders = ({ offset, validator }: ResumePoint): Record<string, string> =>
  offset > 0 && Option.isSome(validator) ? { range: `bytes=${offset}-`, "if-range": validator.value } : {}

const fromTheStart: ResumePoint = { offset: 0, validator: Option.none() }

const open = (
  line: Line,
  site: Site,
  source: Source,
  from: ResumePoint,
  fetched: Fetched
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> => {
  const { response } = fetched
  if (response.status === 200) return whole(fetched)
  const resumed = "range" in rangeHeaders(from)
  if (!resumed || (response.status !== 206 && response.status !== 416)) return refuse(fetched)
  if (response.status === 206 && isRest(response, from))
    return opened(fetched, from.offset, contentRange(response).total ?? from.totalBytes)
  if (response.status === 416 && isAll(response, from)) return Effect.succeed(nothingLeft(from))
  return Effect.zipRight(response.close, download(line, site, source, fromTheStart))
}

/**
 * Whether a part goes on exactly where we stopped, in the very version that we have the beginning of. A server has to send
 * the ETag with a part too (RFC 9110, 15.3.7); one that does not may have overlooked `If-Range`.
 */
const isRest = (response: Opened, from: ResumePoint): boolean => {
  const { start, total } = contentRange(response)
  return start === from.offset && isSameVersion(response, from) && isAsLong(total, from)
}

/** Whether nothing is left of that version. An answer without a part need not carry the ETag, but it must not be another. */
const isAll = (response: Opened, from: ResumePoint): boolean => {
  const { total } = contentRange(response)
  const isOther = response.headers["etag"] !== undefined && !isSameVersion(response, from)
  return total === from.offset && !isOther && isAsLong(total, from)
}

const isSameVersion = (response: Opened, from: ResumePoint): boolean =>
  Option.exists(from.validator, (ours) => Option.contains(validatorOf(response), ours))

/** A version of another length is another version, whatever it is called. */
const isAsLong = (total: number | undefined, { totalBytes }: ResumePoint): boolean =>
  total === undefined || totalBytes === undefined || total === totalBytes

const nothingLeft = (from: ResumePoint): VideoDownload => ({
  ...from,
  totalBytes: Option.some(from.offset),
  announcedHash: Option.none(),
  bytes: Stream.empty
})

const whole = (fetched: Fetched): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> => {
  const length = whenNumber(fetched.response.headers["content-length"])
  return length === 0 ? Effect.fail(empty(fetched)) : opened(fetched, 0, length)
}

const empty = ({ about: { provider } }: Fetched) =>
  new DownloadFailed({ provider, reason: "the video is empty" })

const opened = (
  fetched: Fetched,
  offset: number,
  totalBytes: number | undefined
): Effect.Effect<VideoDownload, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const fault = notAVideo(fetched.response)
    if (fault !== undefined) return yield* refuse(fetched, fault)
    const { response } = fetched
    return {
      offset,
      totalBytes: Option.fromNullable(totalBytes),
      announcedHash: announcedHash(response.headers),
      validator: validatorOf(response),
      bytes: body(offset > 0 ? fetched : yield* begun(fetched))
    }
  })

/** A response that begins as a video does, with its first bytes still to come: refused before anybody makes a file of it. */
const begun = (fetched: Fetched): Effect.Effect<Fetched, DownloadError, Scope.Scope> =>
  Effect.gen(function* () {
    const { first, response } = yield* Effect.mapError(look(fetched.response), (cut) =>
      downloadError(lost(cut, fetched.about, ""))
    )
    if (first.byteLength === 0) return yield* empty(fetched)
    const looked = { ...fetched, response }
    const found = notVideo(first)
    return found === undefined ? looked : yield* refuse(looked, `it is no video but ${found}`)
  })

/**
 * What the server says that the whole video hashes to: RFC 9530's `repr-digest`, or `x-goog-hash` of Google's storage.
 * Not `content-md5`, which is about the part that was sent.
 */
const announcedHash = (headers: Opened["headers"]): VideoDownload["announcedHash"] => {
  const sha256 = /(?:^|[ ,])sha-256=:([\w+/]{43}=):/.exec(headers["repr-digest"] ?? "")?.[1]
  const md5 = /(?:^|[ ,])md5=([\w+/]{22}==)/.exec(headers["x-goog-hash"] ?? "")?.[1]
  return sha256 !== undefined
    ? Option.some({ algorithm: "sha-256", value: hexadecimal(sha256) })
    : Option.map(Option.fromNullable(md5), (value) => ({ algorithm: "md5", value: hexadecimal(value) }))
}

const hexadecimal = (base64: string) => Buffer.from(base64, "base64").toString("hex")

const body = ({ response, about }: Fetched): Stream.Stream<Uint8Array, DownloadError> =>
  response.bytes((cut) => downloadError(lost(cut, about, "")))

/** The version that a response is of. `Last-Modified` names none: two may have been written within its second. */
const validatorOf = (response: Opened): Option.Option<string> =>
  Option.filter(Option.fromNullable(response.headers["etag"]), isStrong)

/** A weak validator promises a similar video, not the same bytes. */
const isStrong = (etag: string): boolean => /^"[^"]*"$/.test(etag)

const contentRange = (
  response: Opened
): { readonly start: number | undefined; readonly total: number | undefined } => {
  const [, start, total] =
    /^bytes (?:(\d+)-\d+|\*)\/(\d+|\*)$/.exec(response.headers["content-range"] ?? "") ?? []
  return { start: whenNumber(start), total: whenNumber(total) }
}

const whenNumber = (digits: string | undefined): number | undefined =>
  digits !== undefined && /^\d{1,15}$/.test(digits) ? Number.parseInt(digits, 10) : undefined

const notAVideo = (response: Opened): string | undefined => {
  const type = response.headers["content-type"] ?? ""
  const encoding = response.headers["content-encoding"] ?? "identity"
  // These pictures may move, which only all of the file says.
  const mayMove = /^image\/(gif|a?png|webp)\b/i.test(type)
  if (!mayMove && /^(text\/|image\/|audio\/|multipart\/|application\/([\w.-]+\+)?(json|xml))/i.test(type))
    return `it is no video but ${type}`
  return encoding === "identity" ? undefined : `it is encoded (${encoding}), which was not asked for`
}

/** The error that an answer is, with what it says. */
const refuse = (fetched: Fetched, fault?: string): Effect.Effect<never, DownloadError> =>
  Effect.flatMap(told(fetched, fault), (failure) => Effect.fail(downloadError(failure)))

/** What an answer that is no video says. */
const told = ({ response, about }: Fetched, fault?: string): Effect.Effect<Failure> => {
  const answer = new Elider(64 * 1024)
  return collect(response.bytes(identity), answer).pipe(
    Effect.timeoutFail({ duration: refusalTimeout, onTimeout: () => timedOut }),
    Effect.flatMap((complete) =>
      Effect.map(Clock.currentTimeMillis, (now): Failure => {
        const said = answered({ ...response, complete }, answer, about, now)
        return fault === undefined ? said : { ...said, fault }
      })
    ),
    Effect.catchAll((cut) => Effect.succeed(lost(cut, about, answer.end())))
  )
}

const unwelcome = (site: Site, reason: string) =>
  new UnexpectedAnswer({
    provider: site.provider,
    status: 0,
    reason: `the video's address is refused: ${reason}`,
    body: ""
  })
