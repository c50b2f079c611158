/**
 * Refusals in the shape of Google's APIs: `{"error": {"code", "message", "status", "details"}}`.
 *
 * @internal
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Data from "effect/Data"

/** A detail of google.rpc: its `@type` and its fields. */
export type Detail = { readonly "@type": string } & Readonly<Record<string, unknown>>

/** `code` is the HTTP status, `status` the name of the google.rpc.Code; `retryAfter` is in whole seconds. */
export class GoogleError extends Data.TaggedError("GoogleError")<{
  readonly code: number
  readonly status: string
  readonly message: string
  readonly details?: ReadonlyArray<Detail>
  readonly retryAfter?: number
}> {
  get response(): HttpServerResponse.HttpServerResponse {
    const { code, status, message, details } = this
    return HttpServerResponse.unsafeJson(
      { error: { code, message, status, ...(details === undefined ? {} : { details }) } },
      {
        status: code,
        headers: {
          ...(this.retryAfter === undefined ? {} : { "retry-after": String(this.retryAfter) }),
          // What is left of an unread body must not be taken for the next request.
          ...(code === 413 ? { connection: "close" } : {})
        }
      }
    )
  }
}

export interface FieldViolation {
  readonly field: string
  readonly description: string
}

export const invalidArgument = (violations: ReadonlyArray<FieldViolation>) =>
  new GoogleError({
    code: 400,
    status: "INVALID_ARGUMENT",
    message: violations.map(({ field, description }) => `${field}: ${description}`).join("; "),
    details: [{ "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: violations }]
  })

/** A body that is no JSON, which no field can be blamed for. */
export const malformedBody = (reason: string) =>
  new GoogleError({
    code: 400,
    status: "INVALID_ARGUMENT",
    message: `Invalid JSON payload received. ${reason}`
  })

export const tooLarge = (limit: number) =>
  new GoogleError({
    code: 413,
    status: "INVALID_ARGUMENT",
    message: `Request payload size exceeds the limit: ${limit} bytes.`
  })

/** Google tells a stranger no more than this, be the operation another's or nobody's. */
export const unknownOperation = (name: string) =>
  new GoogleError({
    code: 403,
    status: "PERMISSION_DENIED",
    message: `You do not have permission to access the operation ${name} or it may not exist.`
  })

export const unknownModel = (model: string) =>
  new GoogleError({
    code: 404,
    status: "NOT_FOUND",
    message: `models/${model} is not found, or is not supported for predictLongRunning. Call ListModels to see the available models.`
  })

export const retiredModel = (model: string) =>
  new GoogleError({
    code: 404,
    status: "NOT_FOUND",
    message: `This model models/${model} is no longer available.`
  })

export const notFound = (what: string) =>
  new GoogleError({ code: 404, status: "NOT_FOUND", message: `${what} was not found.` })

export const unauthenticated = (message: string, reason: string) =>
  new GoogleError({
    code: 401,
    status: "UNAUTHENTICATED",
    message,
    details: [{ "@type": "type.googleapis.com/google.rpc.ErrorInfo", reason, domain: "googleapis.com" }]
  })

export const forbidden = (message: string) =>
  new GoogleError({ code: 403, status: "PERMISSION_DENIED", message })

export const unavailable = new GoogleError({
  code: 503,
  status: "UNAVAILABLE",
  message: "The model is overloaded. Please try again later."
})

export const internal = (message: string) => new GoogleError({ code: 500, status: "INTERNAL", message })

/** The quota of a day: waiting a few seconds will not help. */
export const quotaExceeded = (model: string) =>
  new GoogleError({
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message:
      "You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: emulator/predict_long_running_requests, limit: 0",
    details: [quotaFailure(model, "PredictLongRunningRequestsPerDayPerProjectPerModel", "0")]
  })

/** Too many requests a minute: one second later it may go. */
export const rateLimited = (model: string) =>
  new GoogleError({
    code: 429,
    status: "RESOURCE_EXHAUSTED",
    message: "Too many requests for this minute. Please retry in 1s.",
    details: [
      quotaFailure(model, "PredictLongRunningRequestsPerMinutePerProjectPerModel", "10"),
      { "@type": "type.googleapis.com/google.rpc.RetryInfo", retryDelay: "1s" }
    ],
    retryAfter: 1
  })

const quotaFailure = (model: string, quotaId: string, quotaValue: string): Detail => ({
  "@type": "type.googleapis.com/google.rpc.QuotaFailure",
  violations: [
    {
      quotaMetric: "emulator/predict_long_running_requests",
      quotaId,
      quotaDimensions: { location: "global", model },
      quotaValue
    }
  ]
})
