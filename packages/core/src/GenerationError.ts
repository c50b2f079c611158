/**
 * Everything that can go wrong between a prompt and a file, grouped by what the caller can do about it.
 *
 * Every error is a schema: it crosses JSON, the database and the network unchanged.
 *
 * @since 0.1.0
 */
import * as Duration from "effect/Duration"
import * as Match from "effect/Match"
import * as Schema from "effect/Schema"
import { format, MicroUsd } from "./Money.ts"

// --- change the request ----------------------------------------------------------------------------------------

/** The request itself is wrong; nothing was sent or stored. `value` is the offending value as text. */
export class InvalidRequest extends Schema.TaggedError<InvalidRequest>()("InvalidRequest", {
  field: Schema.String,
  value: Schema.String,
  reason: Schema.String,
  nearest: Schema.optional(Schema.Union(Schema.String, Schema.Finite))
}) {
  override get message() {
    return this.reason
  }
}

/**
 * The model cannot do what was asked; `nearest` is the closest thing that it can. With `retiredOn` (YYYY-MM-DD) the model
 * itself is gone since that day, and `nearest` what to ask for instead. `reason` is why a model cannot be used though it
 * may well exist.
 */
export class UnsupportedOption extends Schema.TaggedError<UnsupportedOption>()("UnsupportedOption", {
  provider: Schema.String,
  model: Schema.String,
  option: Schema.String,
  value: Schema.String,
  supported: Schema.Array(Schema.String),
  nearest: Schema.optional(Schema.String),
  retiredOn: Schema.optional(Schema.String),
  reason: Schema.optional(Schema.String)
}) {
  override get message() {
    if (this.retiredOn !== undefined)
      return `${this.provider}/${this.value} was retired on ${this.retiredOn}${this.nearest === undefined ? "" : `; ask for ${this.nearest} instead`}`
    const supported = this.supported.join(", ")
    if (this.option === "model") {
      const { reason, value } = this
      if (reason !== undefined) return `${value} cannot be used: ${reason}`
      return `There is no model ${value}${supported === "" ? "" : `; did you mean one of ${supported}?`}`
    }
    const nearest = this.nearest === undefined ? "" : `; nearest: ${this.nearest}`
    return `${this.model} does not support ${this.option} ${this.value}${supported === "" ? "" : `; supported: ${supported}`}${nearest}`
  }
}

// --- look at the account ---------------------------------------------------------------------------------------

/**
 * The key or token is missing, wrong, expired, or not allowed to do this. `unclear` is true where the provider refused a submit
 * without saying why (HTTP 403): then its filter may have blocked the content as well, and the prompt is shown to no other
 * model unless the caller allows that.
 */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>()("AuthenticationFailed", {
  provider: Schema.String,
  reason: Schema.String,
  unclear: Schema.optional(Schema.Boolean)
}) {
  override get message() {
    return this.unclear === true
      ? `${this.provider} refused the request, and does not say whether the key or the content is the reason: ${this.reason}`
      : `${this.provider} refused the credentials: ${this.reason}`
  }
}

/** The account has used up what it may use. Waiting a few seconds will not help. */
export class QuotaExceeded extends Schema.TaggedError<QuotaExceeded>()("QuotaExceeded", {
  provider: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.provider}: quota exceeded: ${this.reason}`
  }
}

/**
 * A limit that the user set would be passed, so nothing was sent: the most `jobs` or the most money of one `run`, or the
 * most money of one `day` (UTC). `most`, `spent` and `estimate` are jobs or millionths of a dollar; without an estimate
 * the price is unknown, and no limit of money could be kept. `model` is the model of the job, with its provider's name and a
 * slash before it.
 */
export class BudgetSpent extends Schema.TaggedError<BudgetSpent>()("BudgetSpent", {
  limit: Schema.Literal("jobs", "run", "day"),
  most: Schema.NonNegativeInt,
  spent: Schema.NonNegativeInt,
  estimate: Schema.optional(MicroUsd),
  model: Schema.optional(Schema.String)
}) {
  override get message() {
    if (this.limit === "jobs") return `The limit of ${this.most} jobs for this run is reached`
    const limit = `the limit of ${format(MicroUsd.make(this.most))} for this ${this.limit}`
    return this.estimate === undefined
      ? `The price is unknown, so ${limit} could not be kept`
      : `${format(this.estimate)} more would pass ${limit}, of which ${format(MicroUsd.make(this.spent))} is spent`
  }
}

/**
 * It waits in the queue, and nothing is sent: the whole queue is `paused`, or it was set `aside`, since its batch does not
 * want it any more.
 */
export class HeldBack extends Schema.TaggedError<HeldBack>()("HeldBack", {
  generationId: Schema.String,
  why: Schema.Literal("paused", "aside")
}) {
  override get message() {
    return this.why === "paused"
      ? `Generation ${this.generationId} is not sent while the queue is paused`
      : `Generation ${this.generationId} was set aside: its batch does not want it any more`
  }
}

// --- try again later -------------------------------------------------------------------------------------------

/** Asked to slow down; nothing was accepted. */
export class RateLimited extends Schema.TaggedError<RateLimited>()("RateLimited", {
  provider: Schema.String,
  retryAfter: Schema.Duration
}) {
  override get message() {
    const wait = Duration.toMillis(this.retryAfter)
    return `${this.provider} asked us to slow down${wait > 0 ? ` for ${Duration.format(this.retryAfter)}` : ""}`
  }
}

/**
 * The provider could not be reached, or had a bad moment. From a submit it means that certainly nothing was accepted;
 * where that is not certain the error is `SubmitUnknown`. `permanent` says that asking again will not help, as with a
 * certificate that cannot be trusted.
 */
export class ProviderUnavailable extends Schema.TaggedError<ProviderUnavailable>()("ProviderUnavailable", {
  provider: Schema.String,
  reason: Schema.String,
  permanent: Schema.optional(Schema.Boolean)
}) {
  override get message() {
    return `${this.provider} is unavailable: ${this.reason}`
  }
}

/**
 * The provider answered with something that could not be understood. `body` is the beginning of the answer, with
 * secrets and base64 taken out.
 */
export class UnexpectedAnswer extends Schema.TaggedError<UnexpectedAnswer>()("UnexpectedAnswer", {
  provider: Schema.String,
  status: Schema.Int,
  reason: Schema.String,
  body: Schema.String
}) {
  override get message() {
    return `${this.provider} gave an answer that makes no sense (HTTP ${this.status}): ${this.reason}`
  }
}

// --- go on with the record -------------------------------------------------------------------------------------

/** We stopped waiting; the provider did not stop rendering. Resume the generation to go on waiting. */
export class GenerationTimeout extends Schema.TaggedError<GenerationTimeout>()("GenerationTimeout", {
  generationId: Schema.String,
  operationId: Schema.String,
  waited: Schema.Duration,
  /** The provider's last word for the job's state, where it is not a known one. */
  word: Schema.optional(Schema.String)
}) {
  override get message() {
    const unknown =
      this.word === undefined ? "" : ` in a state that is not known, ${JSON.stringify(this.word)}`
    return `Not finished after ${Duration.format(this.waited)}; operation ${this.operationId} is still running${unknown}`
  }
}

/**
 * The request may or may not have been accepted (and charged): the answer was lost or could not be read. It is never
 * sent again unasked. `answer` is what came back, if anything did.
 */
export class SubmitUnknown extends Schema.TaggedError<SubmitUnknown>()("SubmitUnknown", {
  provider: Schema.String,
  reason: Schema.String,
  answer: Schema.optional(Schema.String)
}) {
  override get message() {
    return `It is unknown whether ${this.provider} accepted the request: ${this.reason}`
  }
}

/** The bytes stopped coming, or never came. What has arrived is kept, and a resume goes on from there. */
export class DownloadFailed extends Schema.TaggedError<DownloadFailed>()("DownloadFailed", {
  provider: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `The download from ${this.provider} failed: ${this.reason}`
  }
}

/** Another process works on this generation, so this one touches nothing. */
export class LeaseLost extends Schema.TaggedError<LeaseLost>()("LeaseLost", {
  generationId: Schema.String
}) {
  override get message() {
    return `Generation ${this.generationId} is in the hands of another process`
  }
}

// --- the end of this job ---------------------------------------------------------------------------------------

/** The provider accepted the job and could not render it. `reason` is the API's own. */
export class GenerationFailed extends Schema.TaggedError<GenerationFailed>()("GenerationFailed", {
  provider: Schema.String,
  reason: Schema.String,
  code: Schema.optional(Schema.String)
}) {
  override get message() {
    return `${this.provider} could not render the video: ${this.reason}`
  }
}

/**
 * The provider's safety filter refused the prompt or held the result back. `reasons` are the provider's own words; `cost` is
 * what it says that it charged for a submit that it refused, in millionths of a US dollar, absent where it does not say.
 */
export class ContentBlocked extends Schema.TaggedError<ContentBlocked>()("ContentBlocked", {
  provider: Schema.String,
  reasons: Schema.Array(Schema.String),
  cost: Schema.optional(MicroUsd)
}) {
  override get message() {
    return `${this.provider} blocked the content${this.reasons.length === 0 ? "" : `: ${this.reasons.join("; ")}`}`
  }
}

/** The job is done and there is no video in its result. */
export class EmptyResult extends Schema.TaggedError<EmptyResult>()("EmptyResult", {
  provider: Schema.String
}) {
  override get message() {
    return `${this.provider} finished without a video`
  }
}

/** A file that a provider served whole and that is no video: what is needed to recognise it when it is served again. */
export const RefusedFile = Schema.Struct({
  /** Its length in bytes. */
  bytes: Schema.NonNegativeInt,
  /** Its SHA-256, in lower-case hexadecimal digits. */
  sha256: Schema.String,
  /** The strong ETag that it was served with; absent where there was none. */
  validator: Schema.optional(Schema.String),
  /** The file in the quarantine that keeps its bytes; absent where they are not kept. */
  path: Schema.optional(Schema.NonEmptyString)
})
export type RefusedFile = typeof RefusedFile.Type

/** What was downloaded is not a whole MP4. The provider may serve the right file later, so a resume looks again. */
export class NotAVideo extends Schema.TaggedError<NotAVideo>()("NotAVideo", {
  /** What it looks like, in words. */
  found: Schema.String,
  /** The file itself; absent where it was not received whole, and in records of earlier versions. */
  file: Schema.optional(RefusedFile)
}) {
  override get message() {
    return `What was downloaded is not a complete video: ${this.found}`
  }
}

/**
 * The provider knows no job of this id, or no longer: it answered 404 or 410, or says so in words. It says nothing of what became of the job,
 * so nothing is given up for it. `reason` is what the provider said.
 */
export class OperationNotFound extends Schema.TaggedError<OperationNotFound>()("OperationNotFound", {
  provider: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.provider} does not know this job (any more): ${this.reason}`
  }
}

/**
 * The server that has the finished video does not serve it now: it refused it, wanted credentials that are for another
 * server, or answered with something that is no video. It may only be late. `reason` is what the server said.
 */
export class OutputRefused extends Schema.TaggedError<OutputRefused>()("OutputRefused", {
  provider: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `${this.provider} does not serve the finished video: ${this.reason}`
  }
}

/** The provider no longer has the finished video. */
export class OutputExpired extends Schema.TaggedError<OutputExpired>()("OutputExpired", {
  provider: Schema.String,
  reason: Schema.String,
  /** True where the provider itself says so of the job; absent where it is a conclusion from a refused download. */
  stated: Schema.optional(Schema.Boolean)
}) {
  override get message() {
    return `${this.provider} no longer has the video: ${this.reason}`
  }
}

/** What a job ends with that was accepted, and could not be followed or fetched. */
export const DeliveryTrouble = Schema.Union(
  DownloadFailed,
  OutputRefused,
  NotAVideo,
  OutputExpired,
  OperationNotFound,
  UnexpectedAnswer,
  ProviderUnavailable,
  GenerationTimeout,
  RateLimited,
  EmptyResult
)
export type DeliveryTrouble = typeof DeliveryTrouble.Type

/**
 * Nothing was sent: the last `failures` jobs of this provider were accepted, and none delivered a video. `trouble` is how the
 * last one ended; from `retryAt` on, one job is tried.
 */
export class ProviderPaused extends Schema.TaggedError<ProviderPaused>()("ProviderPaused", {
  /** The name of the provider, with its account. */
  provider: Schema.String,
  /** How many jobs in a row ended in trouble. */
  failures: Schema.NonNegativeInt,
  /** How the last one ended. */
  trouble: DeliveryTrouble,
  /** When one job may be tried again. */
  retryAt: Schema.optional(Schema.DateTimeUtc)
}) {
  override get message() {
    return `Nothing more is sent to ${this.provider}: its last ${this.failures} jobs delivered no video. ${this.trouble.message}`
  }
}

/** The generation was cancelled. */
export class Cancelled extends Schema.TaggedError<Cancelled>()("Cancelled", {
  generationId: Schema.String
}) {
  override get message() {
    return `Generation ${this.generationId} was cancelled`
  }
}

// --- look at this machine --------------------------------------------------------------------------------------

/**
 * The record or the file could not be read or written. `onePlace` says that it is about the place of one video, so that
 * others may be stored all the same.
 */
export class StorageError extends Schema.TaggedError<StorageError>()("StorageError", {
  operation: Schema.String,
  reason: Schema.String,
  onePlace: Schema.optional(Schema.Boolean)
}) {
  override get message() {
    return `Storage: could not ${this.operation}: ${this.reason}`
  }
}

/** There is no such generation, or the reference fits more than one. */
export class GenerationNotFound extends Schema.TaggedError<GenerationNotFound>()("GenerationNotFound", {
  reference: Schema.String,
  matches: Schema.optionalWith(Schema.Array(Schema.String), { default: () => [] })
}) {
  override get message() {
    return this.matches.length === 0
      ? `There is no generation ${this.reference}`
      : `${this.reference} fits more than one generation: ${this.matches.join(", ")}`
  }
}

/** There is a record with this key already: the job that `generationId` names. */
export class KeyTaken extends Schema.TaggedError<KeyTaken>()("KeyTaken", {
  key: Schema.String,
  generationId: Schema.String
}) {
  override get message() {
    return `The key ${this.key} belongs to generation ${this.generationId}`
  }
}

/**
 * The provider gave a job an operation that another record has already: the generation that `generationId` names. One of
 * them would be given the other's video.
 */
export class DuplicateOperation extends Schema.TaggedError<DuplicateOperation>()("DuplicateOperation", {
  provider: Schema.String,
  operationId: Schema.String,
  generationId: Schema.String
}) {
  override get message() {
    return `${this.provider} answered with operation ${this.operationId}, which belongs to generation ${this.generationId}`
  }
}

// --- which call fails with what --------------------------------------------------------------------------------

/** The ends that a provider itself can announce for a job. With `OutputExpired` the job was done, and its video is gone. */
export const OperationFailure = Schema.Union(
  GenerationFailed,
  ContentBlocked,
  EmptyResult,
  QuotaExceeded,
  OutputExpired
)
export type OperationFailure = typeof OperationFailure.Type

/**
 * How a submit fails. Only `SubmitUnknown` leaves open whether the job exists; after each of the others it certainly
 * does not.
 */
export const SubmitError = Schema.Union(
  InvalidRequest,
  UnsupportedOption,
  AuthenticationFailed,
  QuotaExceeded,
  RateLimited,
  ProviderUnavailable,
  ContentBlocked,
  SubmitUnknown
)
export type SubmitError = typeof SubmitError.Type

/** How asking about an operation fails. None of these says anything about the job itself. */
export const PollError = Schema.Union(
  AuthenticationFailed,
  RateLimited,
  ProviderUnavailable,
  OperationNotFound,
  UnexpectedAnswer
)
export type PollError = typeof PollError.Type

/** How fetching a finished video fails. */
export const DownloadError = Schema.Union(
  DownloadFailed,
  OutputRefused,
  OutputExpired,
  AuthenticationFailed,
  RateLimited,
  ProviderUnavailable,
  UnexpectedAnswer
)
export type DownloadError = typeof DownloadError.Type

/** Everything that `generate` and `resume` fail with. */
export const GenerationError = Schema.Union(
  InvalidRequest,
  UnsupportedOption,
  AuthenticationFailed,
  QuotaExceeded,
  BudgetSpent,
  HeldBack,
  RateLimited,
  ProviderUnavailable,
  UnexpectedAnswer,
  GenerationTimeout,
  GenerationFailed,
  ContentBlocked,
  EmptyResult,
  SubmitUnknown,
  DownloadFailed,
  NotAVideo,
  OperationNotFound,
  OutputRefused,
  OutputExpired,
  ProviderPaused,
  StorageError,
  GenerationNotFound,
  LeaseLost,
  Cancelled
)
export type GenerationError = typeof GenerationError.Type

/** The four kinds of error that a result is reported under. */
export const ErrorType = Schema.Literal("quota_exceeded", "timeout", "generation_failed", "unknown")
export type ErrorType = typeof ErrorType.Type

/** The kind that an error is reported under. */
export const errorType: (error: GenerationError) => ErrorType = Match.type<GenerationError>().pipe(
  Match.withReturnType<ErrorType>(),
  Match.tag("QuotaExceeded", "BudgetSpent", "RateLimited", () => "quota_exceeded"),
  Match.tag("GenerationTimeout", () => "timeout"),
  Match.tag("GenerationFailed", "ContentBlocked", "EmptyResult", () => "generation_failed"),
  Match.orElse(() => "unknown")
)

/** Whether it is the account, or our own limit, that is in the way: then every other job would meet the same. */
export const isAboutAccount = ({ _tag }: { readonly _tag: string }): boolean =>
  _tag === "AuthenticationFailed" || _tag === "QuotaExceeded" || _tag === "BudgetSpent"

/** Whether it is about the place of one video, which others need not meet. */
export const isOfOnePlace = (error: {
  readonly _tag: string
  readonly onePlace?: boolean | undefined
}): boolean => error._tag === "StorageError" && error.onePlace === true

/** Whether asking again may heal it. Of a submit this is only ever asked when nothing was accepted. */
export const isTransient = (error: {
  readonly _tag: string
  readonly permanent?: boolean | undefined
}): boolean =>
  error._tag === "RateLimited" ||
  (error._tag === "ProviderUnavailable" && error.permanent !== true) ||
  error._tag === "UnexpectedAnswer" ||
  error._tag === "OperationNotFound" ||
  error._tag === "OutputRefused" ||
  error._tag === "DownloadFailed" ||
  error._tag === "NotAVideo"
