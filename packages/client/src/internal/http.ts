/**
 * The clients that a provider speaks through: a submit that is sent once and on a connection of its own, a poll, and
 * (in `download.ts`) a download. None of them lets a key out of its site.
 */
import type {
  AuthenticationFailed,
  PollError,
  ProviderUnavailable,
  SubmitError
} from "@mutoscope/core/GenerationError"
import { Policy } from "@mutoscope/core/Policy"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { type Answered, type Failure, pollError, submitError } from "./classification.ts"
import type { Cut } from "./cut.ts"
import { Elider } from "./elision.ts"
import { Form } from "./form.ts"
import type { Asked, Call, Line, Method, Patience } from "./line.ts"
import * as RpcStatus from "./rpcStatus.ts"
import { shownUrl } from "./secrets.ts"

/** The proof of who we are, as one header. */
export interface Credential {
  readonly header: string
  readonly prefix: string
  readonly secret: Redacted.Redacted
}

/**
 * One configured API: where it is, and how it knows us, if it wants to. The credential is asked for anew for every
 * request; `headers` go along with each question to it, and nowhere else.
 */
export interface Site {
  readonly provider: string
  readonly base: URL
  readonly credential: Effect.Effect<Credential | undefined, AuthenticationFailed | ProviderUnavailable>
  readonly headers?: Readonly<Record<string, string>>
  /** Whether it wants a credential at all. */
  readonly isKeyed: boolean
  /** How errors name the server: left out where it is the vendor's own. */
  readonly host?: string | undefined
}

/** The host of an address, unless that is the vendor's own. */
export const unusualHost = (base: URL, own: string | undefined): string | undefined =>
  own !== undefined && new URL(own).origin === base.origin ? undefined : base.host

/**
 * What to ask of a site: `path` is within it, begins with a slash, and has the query; `body` is sent as JSON, or as it is
 * where it is a `Form`. `declines` is a status that says of this question that nothing was accepted, where that is not what
 * it says in general (409).
 */
export interface Question {
  readonly model: string
  readonly method: Method
  readonly path: string
  readonly headers?: Readonly<Record<string, string>>
  readonly body?: unknown
  readonly declines?: number
}

/** The longest JSON answer that is read, in bytes, without the videos in it. */
const longestAnswer = 1024 * 1024

/**
 * How long a poll waits for its answer to begin, and then to go on. A video may be inside, and the line to here be slow:
 * what keeps coming is read on, but not for ever.
 */
const pollPatience: Patience = { silence: Duration.seconds(30), whole: Duration.minutes(10) }

/**
 * Sends a paid request: once, whatever happens. A 2xx is all that succeeds; `namesJob` says of a refusal that it names a job
 * which is under way, so that nothing is certain.
 */
export const submit = (
  line: Line,
  site: Site,
  question: Question,
  namesJob: (refusal: Answered) => boolean = () => false
): Effect.Effect<Answered, SubmitError> =>
  traced(
    "mutoscope.http.submit",
    aboutRequest(site, "POST", new URL(question.path, site.base)),
    Effect.flatMap(Policy, ({ submitTimeout }) =>
      exchange(line, site, question, {
        connection: "Fresh",
        patience: { silence: Duration.infinity, whole: submitTimeout },
        error: submitError,
        read: onlySuccess((refusal) => submitError(namesJob(refusal) ? doubted(refusal) : refusal))
      })
    )
  )

const doubted = (refusal: Answered): Answered => ({
  ...refusal,
  namesJob: true,
  fault: `it answered with HTTP ${refusal.status}, and names a job that is under way`
})

/** Asks about a job. A redirect is not followed. */
export const poll = (line: Line, site: Site, question: Question): Effect.Effect<Answered, PollError> =>
  exchange(line, site, question, { ...asking, read: onlySuccess(pollError) })

/**
 * Asks about a job where what is no success may be an answer too: a refusal that ends the job, say. Only that nobody
 * answered is an error; what else is none, `pollError` makes one of.
 */
export const inquire = (line: Line, site: Site, question: Question): Effect.Effect<Answered, PollError> =>
  exchange(line, site, question, { ...asking, read: Effect.succeed })

/** A request to a site, or without a credential to another. */
export const call = (
  origin: string,
  question: Question,
  credential: Option.Option<Credential>,
  headers: Readonly<Record<string, string>> = {},
  connection: Call["connection"] = "Pooled"
): Call => {
  const { method, path, body } = question
  const asked = { "accept-encoding": "identity", ...headers, ...question.headers, ...headersOf(credential) }
  if (body === undefined) return { method, origin, path, headers: asked, connection }
  const { type, content } = body instanceof Form ? body : { type: json, content: JSON.stringify(body) }
  return { method, origin, path, headers: { ...asked, "content-type": type }, body: content, connection }
}

const json = "application/json"

const headersOf = (credential: Option.Option<Credential>): Record<string, string> =>
  Option.match(credential, {
    onNone: () => ({}),
    onSome: ({ header, prefix, secret }) => ({ [header]: `${prefix}${Redacted.value(secret)}` })
  })

/** The attributes of a span about a request. */
export const aboutRequest = (site: Site, method: string, url: URL) => ({
  kind: "client" as const,
  captureStackTrace: false,
  attributes: {
    "mutoscope.provider": site.provider,
    "http.request.method": method,
    "server.address": url.hostname,
    "url.full": shownUrl(url)
  }
})

/** Makes a request a span. Nothing within begins another, so the context stays as it is: to change it for a part costs more. */
export const traced = <A, E, R>(
  name: string,
  options: ReturnType<typeof aboutRequest>,
  request: Effect.Effect<A, E, R>
): Effect.Effect<A, E, R> =>
  Effect.flatMap(Effect.makeSpan(name, options), (span) =>
    Effect.onExit(request, (exit) => Effect.map(Clock.currentTimeNanos, (now) => span.end(now, exit)))
  )

/** Whom and what a failure is about. */
export type About = Pick<Failure, "provider" | "model" | "secrets" | "host" | "keyOf" | "asked">

/** How to ask: `error` is what it is that there was no whole answer, `read` what an answer comes to. */
interface Manner<E> {
  readonly connection: Call["connection"]
  readonly patience: Patience
  readonly error: (failure: Failure) => E
  readonly read: (answer: Answered) => Effect.Effect<Answered, E>
}

const asking = { connection: "Pooled", patience: pollPatience, error: pollError } as const

const onlySuccess =
  <E>(error: (refusal: Answered) => E) =>
  (answer: Answered) =>
    isSuccess(answer) ? Effect.succeed(answer) : Effect.fail(error(answer))

/** Asks once. What has arrived when there is no whole answer is kept. */
const exchange = <E>(
  line: Line,
  site: Site,
  question: Question,
  { connection, error, patience, read }: Manner<E>
): Effect.Effect<Answered, E | AuthenticationFailed | ProviderUnavailable> =>
  Effect.flatMap(site.credential, (credential) => {
    const secrets = credential === undefined ? [] : [credential.secret]
    const about: About = {
      provider: site.provider,
      model: question.model,
      secrets,
      host: site.host,
      asked: `${question.method} ${site.base.host}${question.path.replace(/\?.*/, "")}`
    }
    const answer = new Elider(longestAnswer)
    const known = Option.fromNullable(credential)
    const asked = call(site.base.origin, question, known, site.headers, connection)
    return Effect.matchEffect(line.ask(asked, answer, patience), {
      onFailure: (cut) => Effect.fail(error(lost(cut, about, answer.end()))),
      onSuccess: (asked) =>
        Effect.clockWith((clock) => {
          const said = answered(asked, answer, about, clock.unsafeCurrentTimeMillis())
          return read(said.status === question.declines ? { ...said, declined: true } : said)
        })
    })
  })

/** An answer as it was read, with the time (milliseconds since 1970) that its `Retry-After` counts from. */
export const answered = (
  { status, headers, complete }: Asked,
  answer: Elider,
  about: About,
  now: number
): Answered => {
  const encoding = headers["content-encoding"] ?? "identity"
  const read = { ...about, _tag: "Answered" as const, status, headers, body: answer.end(), now }
  if (!complete) return { ...read, fault: `the answer is longer than ${longestAnswer} bytes` }
  if (encoding === "identity") return read
  return { ...read, fault: `the answer is encoded (${encoding}), which was not asked for` }
}

/** Whether a request was done, and its answer can be read. */
export const isSuccess = (answer: Answered): boolean =>
  answer.status >= 200 && answer.status < 300 && answer.fault === undefined

/** An answer of 200 with an error inside, as the error that it is. */
export const promoted = (answer: Answered): Answered =>
  answer.status < 200 || answer.status >= 300
    ? answer
    : Option.match(RpcStatus.parse(answer.body), {
        onNone: () => answer,
        onSome: (error) => ({
          ...answer,
          status: Option.getOrElse(RpcStatus.httpStatus(error), () => answer.status),
          fault: error.message ?? "the answer holds an error"
        })
      })

/** What became of a request that got no whole answer. */
export const lost = (cut: Cut, about: About, partial: string): Failure => ({ ...about, ...cut, partial })
