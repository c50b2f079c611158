/**
 * Saying no: the reason, which is the same in every dialect, and the answer, which is not.
 *
 * @internal
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"

/** A request that is refused, and the answer that says so in the words of its dialect. */
export class Refusal extends Data.TaggedError("Refusal")<{
  readonly response: HttpServerResponse.HttpServerResponse
}> {}

export interface FieldViolation {
  readonly field: string
  readonly description: string
}

/** Why, in nobody's words. `job` is what the client calls it, `limit` is in bytes. */
export type Reason =
  | { readonly why: "quota" | "rate-limit" | "retired-model" | "unknown-model"; readonly model: string }
  | { readonly why: "unavailable" | "unauthorized" | "not-stored" }
  | { readonly why: "invalid"; readonly violations: ReadonlyArray<FieldViolation> }
  | { readonly why: "malformed" | "forbidden"; readonly detail: string }
  | { readonly why: "too-large"; readonly limit: number }
  | { readonly why: "not-found" | "unsupported"; readonly what: string }
  | { readonly why: "unknown-job"; readonly job: string }
  /** No video: not yet, or not of this job, which ended otherwise, or not any more. */
  | { readonly why: "not-ready" | "no-video" | "gone"; readonly job: string }

/** How a dialect says no. */
export type Refuse = (reason: Reason) => Refusal

/** What is said where a dialect has nothing of its own to say; `retryAfter` is in whole seconds. */
export interface Plain {
  readonly status: number
  readonly message: string
  readonly retryAfter?: number
}

/** The plain words for a reason. */
export const plainly = (reason: Reason): Plain => {
  switch (reason.why) {
    case "quota":
      return {
        status: 429,
        message: `The quota for ${reason.model} is used up. Check your plan and billing.`
      }
    case "rate-limit":
      return { status: 429, message: "Too many requests. Please try again in 1s.", retryAfter: 1 }
    case "retired-model":
      return { status: 404, message: `The model ${reason.model} is no longer available.` }
    case "unknown-model":
      return { status: 404, message: `The model ${reason.model} does not exist.` }
    case "unavailable":
      return { status: 503, message: "The service is overloaded. Please try again later." }
    case "unauthorized":
      return { status: 401, message: "The API key is missing or not valid." }
    case "not-stored":
      return { status: 500, message: "The job could not be stored." }
    case "invalid":
      return {
        status: 400,
        message: reason.violations.map(({ field, description }) => `${field}: ${description}`).join("; ")
      }
    case "malformed":
      return { status: 400, message: `The body cannot be read. ${reason.detail}` }
    case "forbidden":
      return { status: 403, message: reason.detail }
    case "too-large":
      return { status: 413, message: `The body is larger than ${reason.limit} bytes.` }
    case "not-found":
      return { status: 404, message: `${reason.what} was not found.` }
    case "unsupported":
      return { status: 404, message: `${reason.what} is nothing that the emulator can do.` }
    case "unknown-job":
      return { status: 404, message: `The job ${reason.job} was not found.` }
    case "not-ready":
      return { status: 404, message: `The video of ${reason.job} is not ready yet.` }
    case "no-video":
      return { status: 404, message: `The job ${reason.job} has no video.` }
    case "gone":
      return { status: 404, message: `The video of ${reason.job} is no longer available.` }
  }
}

/** A refusal with this body. */
export const refusalOf = (said: Omit<Plain, "message">, body: object): Refusal =>
  new Refusal({
    response: HttpServerResponse.unsafeJson(body, {
      status: said.status,
      headers: {
        ...(said.retryAfter === undefined ? {} : { "retry-after": String(said.retryAfter) }),
        // What is left of an unread body must not be taken for the next request.
        ...(said.status === 413 ? { connection: "close" } : {})
      }
    })
  })
