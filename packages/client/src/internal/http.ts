/**
 * The three clients that a provider speaks through, made from one `HttpClient`: a submit that is sent once and on a
 * connection of its own, a poll, and (in `download.ts`) a download. None of them lets a key out of its site.
 */
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as Headers from "@effect/platform/Headers"
import * as HttpClient from "@effect/platform/HttpClient"
import type { HttpClientError } from "@effect/platform/HttpClientError"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import type { HttpClientResponse } from "@effect/platform/HttpClientResponse"
import type {
  AuthenticationFailed,
  PollError,
  ProviderUnavailable,
  SubmitError
} from "@videogen/core/GenerationError"
import { Policy } from "@videogen/core/Policy"
import * as Chunk from "effect/Chunk"
import * as Clock from "effect/Clock"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { type Answered, type Failure, pollError, submitError } from "./classification.ts"
import { Connection, Deadline, DeadlinePassed, keepsDeadlines, NotSent, withDeadlines } from "./connection.ts"
import { Elider, longestString } from "./elision.ts"
import * as RpcStatus from "./rpcStatus.ts"
import { secretName, shownUrl } from "./secrets.ts"

/** The proof of who we are, as one header. */
export interface Credential {
  readonly header: string
  readonly prefix: string
  readonly secret: Redacted.Redacted
}

/** One configured API: where it is, and how it knows us. The credential is asked for anew for every request. */
export interface Site {
  readonly provider: string
  readonly base: URL
  readonly credential: Effect.Effect<Credential, AuthenticationFailed | ProviderUnavailable>
}

/** What to ask of a site. The address is always within it; `body` is sent as JSON. */
export interface Question {
  readonly model: string
  readonly method: "GET" | "POST"
  readonly url: URL
  readonly body?: unknown
}

/** The longest JSON answer that is read, in bytes, without the videos in it. */
const longestAnswer = 1024 * 1024

/** How long a poll waits for its answer. */
const pollTimeout = Duration.seconds(30)

/** Sends a paid request: once, whatever happens. A 2xx without an error in it is all that succeeds. */
export const submit = (
  client: HttpClient.HttpClient,
  site: Site,
  question: Question
): Effect.Effect<Answered, SubmitError> =>
  Effect.all([site.credential, Policy]).pipe(
    Effect.flatMap(([credential, { submitTimeout }]) =>
      ask(client, site, question, credential, submitTimeout).pipe(
        Effect.map(promoted),
        Effect.filterOrFail(isSuccess, (answer): Failure => answer),
        Effect.mapError(submitError)
      )
    ),
    Effect.provideService(Connection, "Fresh"),
    Effect.withSpan("videogen.http.submit", span(site, question))
  )

/** Asks about a job. A redirect is not followed. */
export const poll = (
  client: HttpClient.HttpClient,
  site: Site,
  question: Question
): Effect.Effect<Answered, PollError> =>
  Effect.flatMap(site.credential, (credential) =>
    askInTime(client, site, question, credential).pipe(
      Effect.filterOrFail(isSuccess, (answer): Failure => answer),
      Effect.mapError(pollError)
    )
  )

/**
 * An `HttpClient` that tells no tracer and no server about our requests: the stock spans carry whole addresses, and
 * the stock trace headers would reach the provider. Spans of our own stand in for them.
 */
export const quiet = (client: HttpClient.HttpClient): HttpClient.HttpClient => {
  const untraced = HttpClient.withTracerDisabledWhen(client, () => true)
  return keepsDeadlines(client) ? withDeadlines(untraced) : guarded(untraced)
}

/** What our own transport does not need: another client may log what it sends, and that of `fetch` follows redirects. */
const guarded = (client: HttpClient.HttpClient): HttpClient.HttpClient =>
  client.pipe(
    HttpClient.withTracerPropagation(false),
    HttpClient.transformResponse((response) =>
      response.pipe(
        Effect.provideService(FetchHttpClient.RequestInit, { redirect: "manual" }),
        Effect.locallyWith(Headers.currentRedactedNames, (names) => [...names, secretName])
      )
    )
  )

/** A request to a site, or without a credential to another. */
export const request = (
  question: Question,
  credential: Option.Option<Credential>,
  headers: Readonly<Record<string, string>> = {}
): HttpClientRequest.HttpClientRequest => {
  const bare = HttpClientRequest.make(question.method)(question.url.href, {
    headers: { "accept-encoding": "identity", ...headers, ...headersOf(credential) }
  })
  return question.body === undefined ? bare : HttpClientRequest.bodyUnsafeJson(bare, question.body)
}

const headersOf = (credential: Option.Option<Credential>): Record<string, string> =>
  Option.match(credential, {
    onNone: () => ({}),
    onSome: ({ header, prefix, secret }) => ({ [header]: `${prefix}${Redacted.value(secret)}` })
  })

/** The attributes of a span about a request. */
export const span = (site: Site, { method, url }: { readonly method: string; readonly url: URL }) => ({
  kind: "client" as const,
  captureStackTrace: false,
  attributes: {
    "videogen.provider": site.provider,
    "http.request.method": method,
    "server.address": url.hostname,
    "url.full": shownUrl(url)
  }
})

/** Asks once. What has arrived when the time is over is kept. */
const ask = (
  client: HttpClient.HttpClient,
  site: Site,
  question: Question,
  credential: Credential,
  timeout: Duration.DurationInput
): Effect.Effect<Answered, Failure> =>
  Effect.suspend(() => {
    const about = aboutOf(site, question, credential)
    const answer = new Elider(longestAnswer)
    return answered(client, question, credential, about, answer, streamBody).pipe(
      Effect.timeoutFail({
        duration: timeout,
        onTimeout: (): Failure => ({ ...about, _tag: "TimedOut", reason: late, partial: answer.end() })
      })
    )
  })

/**
 * Asks once, and leaves it to the transport to watch the time where it can: a poll is a small thing, and two fibers
 * for its timeout would cost more than all the rest of it.
 */
const askInTime = (
  client: HttpClient.HttpClient,
  site: Site,
  question: Question,
  credential: Credential
): Effect.Effect<Answered, Failure> =>
  Effect.suspend(() => {
    const about = aboutOf(site, question, credential)
    const asked = answered(client, question, credential, about, new Elider(longestAnswer), readBody)
    return keepsDeadlines(client)
      ? Effect.provideService(asked, Deadline, pollTimeout)
      : Effect.timeoutFail(asked, {
          duration: pollTimeout,
          onTimeout: (): Failure => ({ ...about, _tag: "TimedOut", reason: late, partial: "" })
        })
  })

const late = "no answer in time"

const aboutOf = (site: Site, { model }: Question, { secret }: Credential): About => ({
  provider: site.provider,
  model,
  secrets: [secret]
})

const answered = (
  client: HttpClient.HttpClient,
  question: Question,
  credential: Credential,
  about: About,
  answer: Elider,
  into: typeof readBody
): Effect.Effect<Answered, Failure> =>
  client.execute(request(question, Option.some(credential))).pipe(
    Effect.flatMap((response) => read(response, answer, about, into)),
    Effect.mapError((error) => lost(error, about, answer.end()))
  )

/** Whom and what a failure is about. */
export type About = Pick<Failure, "provider" | "model" | "secrets">

/** Reads an answer into an elider, and takes the time that its `Retry-After` counts from. */
export const read = (
  response: HttpClientResponse,
  answer: Elider,
  about: About,
  into: typeof readBody = streamBody
): Effect.Effect<Answered, HttpClientError> =>
  Effect.gen(function* () {
    const encoding = response.headers["content-encoding"] ?? "identity"
    const fits = yield* into(response, answer)
    const fault = !fits
      ? `the answer is longer than ${longestAnswer} bytes`
      : encoding !== "identity"
        ? `the answer is encoded (${encoding}), which was not asked for`
        : undefined
    return {
      ...about,
      _tag: "Answered",
      status: response.status,
      headers: response.headers,
      body: answer.end(),
      now: yield* Clock.currentTimeMillis,
      ...(fault === undefined ? {} : { fault })
    }
  })

/** A short answer is taken whole, which is cheap; of a longer one, or one of unknown length, only what is wanted. */
const readBody = (response: HttpClientResponse, answer: Elider): Effect.Effect<boolean, HttpClientError> =>
  Number(response.headers["content-length"]) <= longestString
    ? Effect.map(response.text, (text) => answer.writeWhole(text))
    : streamBody(response, answer)

const streamBody = (response: HttpClientResponse, answer: Elider): Effect.Effect<boolean, HttpClientError> =>
  Stream.toPull(response.stream).pipe(
    Effect.flatMap((pull) => readAll(pull, answer)),
    Effect.scoped,
    // The stock clients have no stream for an empty body.
    Effect.catchIf(
      (error) => error.reason === "EmptyBody",
      () => Effect.succeed(true)
    )
  )

// Pulled by hand: to run a stream costs more than to ask for the answer that comes through it.
const readAll = <E>(
  pull: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>>,
  answer: Elider
): Effect.Effect<boolean, E> =>
  Effect.matchEffect(pull, {
    onSuccess: (chunks) =>
      Chunk.every(chunks, (bytes) => answer.write(bytes)) ? readAll(pull, answer) : Effect.succeed(false),
    onFailure: Option.match({ onNone: () => Effect.succeed(answer.write(nothing)), onSome: Effect.fail })
  })

const nothing = new Uint8Array(0)

const isSuccess = (answer: Answered): boolean =>
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

/** What became of a request that got no answer. */
export const lost = (error: HttpClientError, about: About, partial: string): Failure => {
  const causes = chain(error.cause)
  const reason = causes.map(describe).findLast((text) => text !== "") ?? error.reason
  if (causes.some((cause) => cause instanceof DeadlinePassed)) {
    return { ...about, _tag: "TimedOut", reason: late, partial }
  }
  if (error._tag === "ResponseError") return { ...about, _tag: "Lost", reason, partial }
  if (causes.some(isUntrusted)) return { ...about, _tag: "Insecure", reason: `not to be trusted: ${reason}` }
  if (error.reason !== "Transport" || causes.some(isNotSent)) return { ...about, _tag: "NeverSent", reason }
  return { ...about, _tag: "Lost", reason, partial }
}

const chain = (cause: unknown): ReadonlyArray<Error> =>
  cause instanceof Error ? [cause, ...chain(cause.cause)] : []

const property = (error: Error, name: "code" | "syscall"): string => {
  const value: unknown = Reflect.get(error, name)
  return typeof value === "string" ? value : ""
}

const describe = (error: Error): string =>
  silences[property(error, "code")] ?? (error.message || property(error, "code"))

const silences: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_TIMEOUT: late,
  UND_ERR_BODY_TIMEOUT: "it fell silent"
}

const isUntrusted = (error: Error): boolean =>
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/.test(property(error, "code"))

/** Only these prove that no byte of the request left this machine. */
const isNotSent = (error: Error): boolean =>
  error instanceof NotSent ||
  ["connect", "getaddrinfo"].includes(property(error, "syscall")) ||
  property(error, "code") === "UND_ERR_CONNECT_TIMEOUT"
