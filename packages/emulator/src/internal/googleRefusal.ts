/**
 * Refusals in the shape of Google's APIs: `{"error": {"code", "message", "status", "details"}}`.
 *
 * @internal
 */
import { plainly, type Reason, type Refusal, refusalOf } from "./refusal.ts"

/** A detail of google.rpc: its `@type` and its fields. */
type Detail = { readonly "@type": string } & Readonly<Record<string, unknown>>

/** `code` is the HTTP status, `status` the name of the google.rpc.Code; `retryAfter` is in whole seconds. */
interface GoogleError {
  readonly code: number
  readonly status: string
  readonly message: string
  readonly details?: ReadonlyArray<Detail>
  readonly retryAfter?: number
}

/** Says no as Google does. */
export const refuse = (reason: Reason): Refusal => {
  const { retryAfter, ...error } = errorOf(reason)
  return refusalOf({ status: error.code, ...(retryAfter === undefined ? {} : { retryAfter }) }, { error })
}

const errorOf = (reason: Reason): GoogleError => {
  switch (reason.why) {
    case "quota":
      return quotaExceeded(reason.model)
    case "rate-limit":
      return rateLimited(reason.model)
    case "retired-model":
      return notFound(`This model models/${reason.model} is no longer available.`)
    case "unknown-model":
      return notFound(
        `models/${reason.model} is not found, or is not supported for predictLongRunning. Call ListModels to see the available models.`
      )
    case "unavailable":
      return {
        code: 503,
        status: "UNAVAILABLE",
        message: "The model is overloaded. Please try again later."
      }
    case "unauthorized":
      return unauthenticated
    case "not-stored":
      return { code: 500, status: "INTERNAL", message: "The operation could not be stored." }
    case "invalid":
      return {
        ...invalidArgument(plainly(reason).message),
        details: [
          { "@type": "type.googleapis.com/google.rpc.BadRequest", fieldViolations: reason.violations }
        ]
      }
    case "malformed":
      return invalidArgument(`Invalid JSON payload received. ${reason.detail}`)
    case "too-large":
      return {
        ...invalidArgument(`Request payload size exceeds the limit: ${reason.limit} bytes.`),
        code: 413
      }
    case "forbidden":
      return { code: 403, status: "PERMISSION_DENIED", message: reason.detail }
    case "unknown-job":
      // Google tells a stranger no more than this, be the operation another's or nobody's.
      return {
        code: 403,
        status: "PERMISSION_DENIED",
        message: `You do not have permission to access the operation ${reason.job} or it may not exist.`
      }
    case "not-found":
    case "unsupported":
      return notFound(plainly(reason).message)
    case "not-ready":
    case "no-video":
    case "gone":
      return notFound(`The video of ${reason.job} was not found.`)
  }
}

const notFound = (message: string): GoogleError => ({ code: 404, status: "NOT_FOUND", message })

const invalidArgument = (message: string): GoogleError => ({ code: 400, status: "INVALID_ARGUMENT", message })

const unauthenticated: GoogleError = {
  code: 401,
  status: "UNAUTHENTICATED",
  message: "The API key or access token is missing or not valid. Please pass a valid one.",
  details: [
    {
      "@type": "type.googleapis.com/google.rpc.ErrorInfo",
      reason: "API_KEY_INVALID",
      domain: "googleapis.com"
    }
  ]
}

/** The quota of a day: waiting a few seconds will not help. */
const quotaExceeded = (model: string): GoogleError => ({
  code: 429,
  status: "RESOURCE_EXHAUSTED",
  message:
    "You exceeded your current quota, please check your plan and billing details. Quota exceeded for metric: emulator/predict_long_running_requests, limit: 0",
  details: [quotaFailure(model, "PredictLongRunningRequestsPerDayPerProjectPerModel", "0")]
})

/** Too many requests a minute: one second later it may go. */
const rateLimited = (model: string): GoogleError => ({
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
