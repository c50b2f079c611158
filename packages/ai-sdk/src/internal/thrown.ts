/**
 * What a model throws, as a failure of the kind that all providers have.
 */
import {
  APICallError,
  InvalidArgumentError,
  LoadAPIKeyError,
  UnsupportedFunctionalityError
} from "@ai-sdk/provider"
import * as Headers from "@effect/platform/Headers"
import {
  type Answered,
  blockedIn,
  chargedIn,
  type Failure,
  isBare,
  pollError,
  sentenceIn,
  submitError,
  withoutJob
} from "@mutoscope/client/Failure"
import {
  AuthenticationFailed,
  InvalidRequest,
  type PollError,
  type SubmitError,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Option from "effect/Option"
import type { Observed } from "./observed.ts"

/** Whom an error is about. */
export interface About {
  readonly provider: string
  readonly model: string
  /** Milliseconds since 1970. */
  readonly now: number
}

/** The error of a `doStart`. Only where no request was begun, or its answer says so, was certainly nothing accepted. */
export const ofSubmit = (thrown: unknown, about: About, observed: Observed): SubmitError => {
  const { model, provider } = about
  if (LoadAPIKeyError.isInstance(thrown))
    return new AuthenticationFailed({ provider, reason: thrown.message })
  if (observed.asked === 0) {
    if (UnsupportedFunctionalityError.isInstance(thrown))
      return new UnsupportedOption({
        provider,
        model,
        option: thrown.functionality,
        value: "",
        supported: []
      })
    const field = InvalidArgumentError.isInstance(thrown) ? thrown.argument : "request"
    return new InvalidRequest({ field, value: "", reason: messageOf(thrown) })
  }
  const failure = failureOf(thrown, about, observed)
  return submitError(Option.getOrElse(withoutJobIn(failure, about, observed), () => failure))
}

/** The only answer, where it is one of 2xx that the model could make nothing of: it may be a refusal all the same. */
const withoutJobIn = (failure: Failure, about: About, observed: Observed): Option.Option<Failure> => {
  const [answer] = observed.kept
  return answer === undefined || observed.asked > 1 || answer.status >= 300 || failure._tag === "NeverSent"
    ? Option.none()
    : Option.some(withoutJob(answeredBy(about, observed)(answer), "a job"))
}

/** The end of a job whose video a filter held back; `cost` is in millionths of a US dollar. */
export type Blocked = Extract<OperationStatus, { readonly _tag: "Failed" }>

/**
 * That a video was held back may be told by refusing the question how its job is doing. A model throws that refusal, or tells
 * of it in words of its own.
 */
export const ofBlocked = (thrown: unknown, about: About, observed: Observed): Option.Option<Blocked> => {
  const failure = failureOf(thrown, about, observed)
  const refusals = failure._tag === "Answered" ? [failure] : observed.kept.map(answeredBy(about, observed))
  return Option.firstSomeOf(refusals.map(ended))
}

const ended = (answer: Answered): Option.Option<Blocked> =>
  Option.map(blockedIn(answer, answer.provider), (error) => ({
    _tag: "Failed",
    error,
    ...chargedIn(answer.body)
  }))

const answeredBy =
  ({ now, ...whom }: About, { secrets }: Observed) =>
  ({ body, headers, status }: Observed["kept"][number]): Answered => ({
    ...whom,
    secrets,
    _tag: "Answered",
    status,
    headers: Headers.fromInput(headers),
    body,
    now
  })

/** The answer to a call that asked once, where it could be read. */
export const onlyAnswer = (about: About, observed: Observed): Option.Option<Answered> => {
  const [answer] = observed.kept
  return answer === undefined || observed.asked > 1
    ? Option.none()
    : Option.some(answeredBy(about, observed)(answer))
}

/** The error of a `doStatus`. */
export const ofPoll = (thrown: unknown, about: About, observed: Observed): PollError =>
  LoadAPIKeyError.isInstance(thrown)
    ? new AuthenticationFailed({ provider: about.provider, reason: thrown.message })
    : pollError(failureOf(thrown, about, observed))

/**
 * Some models take any answer that they cannot use, and that there was none, for the end of the job. The error that it is
 * instead; none where it may be the job that failed.
 */
export const ofError = (error: string, about: About, observed: Observed): Option.Option<PollError> => {
  const { asked, secrets, statuses } = observed
  const { now, ...whom } = about
  if (asked > statuses.length)
    return Option.some(pollError({ ...whom, secrets, _tag: "Lost", reason: error, partial: "" }))
  const status = statuses.find(
    (status) =>
      isAboutAsking(status) ||
      (status < 300 && isUnreadable(error)) ||
      // A refusal without a word about the job is not its end.
      (status >= 400 && isBare(wordsOf(error, observed)))
  )
  return Option.map(Option.fromNullable(status), (status) =>
    pollError({
      ...whom,
      secrets,
      _tag: "Answered",
      status,
      headers: Headers.empty,
      body: "",
      now,
      fault: error
    })
  )
}

/** What a model's error says, or where that is nothing, the refusal that it was made of. */
export const wordsOf = (error: string, { kept }: Pick<Observed, "kept">): string =>
  isBare(error) || isUnreadable(error)
    ? sentenceIn(kept.findLast(({ status }) => status >= 400)?.body ?? "")
    : error

const isAboutAsking = (status: number): boolean =>
  (status >= 300 && status < 400) || [401, 403, 404, 407, 408, 429].includes(status) || status >= 500

/** In the words of the AI SDK, which all of its models share. */
const isUnreadable = (error: string): boolean =>
  /^(Invalid JSON response|Failed to process|Empty response body)/.test(error)

const failureOf = (
  thrown: unknown,
  { model, now, provider }: About,
  { secrets }: Pick<Observed, "secrets">
): Failure => {
  const about = { provider, model, secrets }
  if (!APICallError.isInstance(thrown)) return { ...about, _tag: "Lost", reason: messageOf(thrown) }
  const { message, responseBody = "", responseHeaders = {}, statusCode } = thrown
  if (statusCode === undefined)
    return { ...about, _tag: wasNeverSent(thrown) ? "NeverSent" : "Lost", reason: message }
  return {
    ...about,
    _tag: "Answered",
    status: statusCode,
    headers: Headers.fromInput(responseHeaders),
    body: responseBody,
    now,
    ...(statusCode < 300 ? { fault: message } : {})
  }
}

/** Only these prove that no byte of the request left this machine. */
const wasNeverSent = (error: unknown): boolean =>
  error instanceof Error &&
  (["connect", "getaddrinfo"].includes(String(Reflect.get(error, "syscall"))) ||
    Reflect.get(error, "code") === "UND_ERR_CONNECT_TIMEOUT" ||
    wasNeverSent(error.cause))

const messageOf = (thrown: unknown): string => (thrown instanceof Error ? thrown.message : String(thrown))
