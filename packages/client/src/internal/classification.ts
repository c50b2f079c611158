/**
 * THE TABLE: what each way of failing means for a submit, a poll and a download. Nowhere else does a status become an
 * error.
 */
import type { Headers } from "@effect/platform/Headers"
import {
  AuthenticationFailed,
  ContentBlocked,
  type DownloadError,
  DownloadFailed,
  InvalidRequest,
  OperationNotFound,
  OutputRefused,
  type PollError,
  ProviderUnavailable,
  QuotaExceeded,
  RateLimited,
  type SubmitError,
  SubmitUnknown,
  UnexpectedAnswer,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import { isBare } from "./bareWords.ts"
import * as Charge from "./charge.ts"
import type { Cut } from "./cut.ts"
import { isEdgeAlone } from "./edge.ts"
import * as Moderation from "./moderation.ts"
import { pageText } from "./pageText.ts"
import { retryAfter } from "./retryAfter.ts"
import * as RpcStatus from "./rpcStatus.ts"
import { strip } from "./secrets.ts"

export { inTicks as chargedIn } from "./charge.ts"
export { withoutJob } from "./envelope.ts"
export { blockedIn } from "./refusedPoll.ts"
export { isBare }

/** What went wrong with one request. */
export type Failure = {
  readonly provider: string
  /** The model asked for, where the request was about one. */
  readonly model: string
  readonly secrets: ReadonlyArray<Redacted.Redacted>
  /** The server that was asked, as errors name it: nothing where that is the vendor's own. */
  readonly host?: string | undefined
  /** The server that the key is for, where that is another one, so that the request carried no key. */
  readonly keyOf?: string | undefined
  /** What was asked, as errors name it: `POST localhost:8000/videos`. */
  readonly asked?: string | undefined
} /** `partial` is what had arrived of the answer. */ & (
  | (Cut & { readonly partial?: string })
  | {
      readonly _tag: "Answered"
      readonly status: number
      readonly headers: Headers
      readonly body: string
      /** The time, in milliseconds, that a date in `Retry-After` is compared with. */
      readonly now: number
      /** Its asker knows that this status means that nothing was accepted, which it does not everywhere. */
      readonly declined?: boolean
      /** It is a refusal that names a job, and says that the job is under way. */
      readonly namesJob?: boolean
      /** What is wrong with an answer that looks well. */
      readonly fault?: string
    }
)

/** An answer, whether it is a failure or not. */
export type Answered = Extract<Failure, { readonly _tag: "Answered" }>

type Row = readonly [
  when: (failure: Failure) => boolean,
  submit: (failure: Failure) => SubmitError,
  poll: (failure: Failure) => PollError,
  download: (failure: Failure) => DownloadError
]

/** The error of a submit. */
export const submitError = (failure: Failure): SubmitError => row(failure)[1](failure)

/** The error of a poll. None of them discards the job. */
export const pollError = (failure: Failure): PollError => row(failure)[2](failure)

/** The error of a download. */
export const downloadError = (failure: Failure): DownloadError => row(failure)[3](failure)

// The first row that fits decides.
const rows = (): ReadonlyArray<Row> => [
  //  what happened                    submit             poll               download
  [is("NeverSent"), /*              */ unavailable, /* */ unavailable, /* */ unavailable],
  [is("Insecure"), /*               */ untrusted, /*   */ untrusted, /*   */ untrusted],
  [is("Lost"), /*                   */ unknown, /*     */ unavailable, /* */ interrupted],
  [is("TimedOut"), /*               */ unknown, /*     */ unavailable, /* */ interrupted],
  [namesJob, /*                     */ unknown, /*     */ unexpected, /*  */ notServed],
  [status(200, 299), /*             */ unknown, /*     */ unexpected, /*  */ notServed],
  [movedOn, /*                      */ redirected, /*  */ unexpected, /*  */ unexpected],
  [status(300, 399), /*             */ ledOn, /*       */ unexpected, /*  */ unexpected],
  [withoutKey, /*                   */ refused, /*     */ refused, /*     */ notServed],
  [blockedByName, /*                */ contentBlocked, /**/ unexpected, /**/ notServed],
  [keyRefused, /*                   */ refused, /*     */ refused, /*     */ refused],
  [noCredit, /*                     */ quota, /*       */ refused, /*     */ notServed],
  [blockedInWords, /*               */ contentBlocked, /**/ unexpected, /**/ notServed],
  [noSuchJob, /*                    */ asUsual, /*     */ notFound, /*    */ notServed],
  [status(400), /*                  */ invalid, /*     */ unexpected, /*  */ notServed],
  [status(401), /*                  */ refused, /*     */ refused, /*     */ refused],
  [status(402), /*                  */ quota, /*       */ refused, /*     */ notServed],
  [status(407, 407, 511), /*        */ unavailable, /* */ unavailable, /* */ unavailable],
  [saysWhy, /*                      */ refused, /*     */ unexpected, /*  */ notServed],
  [status(403), /*                  */ unclear, /*     */ unexpected, /*  */ notServed],
  [notReady, /*                     */ noSuchModel, /* */ unexpected, /*  */ unavailable],
  [status(404), /*                  */ noSuchModel, /* */ notFound, /*    */ notServed],
  [status(408), /*                  */ unknown, /*     */ unavailable, /* */ unavailable],
  [declined, /*                     */ invalid, /*     */ unavailable, /* */ unavailable],
  [status(409), /*                  */ unknown, /*     */ unavailable, /* */ unavailable],
  [status(410), /*                  */ noSuchModel, /* */ notFound, /*    */ notServed],
  [status(425), /*                  */ unavailable, /* */ unavailable, /* */ unavailable],
  [quotaUsedUp, /*                  */ quota, /*       */ slowDown, /*    */ slowDown],
  [status(429), /*                  */ slowDown, /*    */ slowDown, /*    */ slowDown],
  [status(424, 424, 444, 460, 499), /**/ unknown, /*    */ unavailable, /* */ unavailable],
  [status(400, 499), /*             */ invalid, /*     */ unexpected, /*  */ notServed],
  [status(501, 501, 505), /*        */ invalid, /*     */ unexpected, /*  */ notServed],
  [isEdgeAlone, /*                  */ unavailable, /* */ unavailable, /* */ unavailable],
  [status(500, 599), /*             */ unknown, /*     */ unavailable, /* */ unavailable],
  [() => true, /*                   */ unknown, /*     */ unexpected, /*  */ unexpected]
]

const row = (failure: Failure): Row => {
  const found = rows().find(([when]) => when(failure))
  if (found === undefined) throw new Error("the last row fits everything")
  return found
}

// --- when -------------------------------------------------------------------------------------------------------

const is = (tag: Failure["_tag"]) => (failure: Failure) => failure._tag === tag

/** From one status to another, and any of some others. */
const status =
  (from: number, to: number = from, ...others: ReadonlyArray<number>) =>
  (failure: Failure): boolean =>
    failure._tag === "Answered" &&
    ((failure.status >= from && failure.status <= to) || others.includes(failure.status))

/**
 * 301, 307 and 308 say that the same request belongs elsewhere: it was not acted upon here. 302 and 303 are also how a
 * server that has accepted a POST shows where its outcome is; 300, 304 and what is not defined prove nothing either way.
 */
const movedOn = status(301, 301, 307, 308)

/** A server that got no key says nothing about ours by asking for one. */
const withoutKey = (failure: Failure): boolean => failure.keyOf !== undefined && status(400, 403)(failure)

const namesJob = (failure: Failure): boolean => failure._tag === "Answered" && failure.namesJob === true

const declined = (failure: Failure): boolean => failure._tag === "Answered" && failure.declined === true

/** Google refuses a bad key with 400 or 403 and says so in `ErrorInfo` or in words. */
const keyRefused = (failure: Failure): boolean =>
  status(400, 403)(failure) &&
  (/API_KEY|SERVICE_DISABLED|ACCESS_TOKEN|CREDENTIALS|ACCOUNT_STATE|BILLING_DISABLED/.test(
    errorInfo(failure)
  ) ||
    /api key|credential|access token|does not have \S+ access/i.test(message(failure)))

/**
 * By a code or a sentence of a filter, with any status that refuses. The key, a limit or money may be named beside it. 408, 409 and 499
 * leave open whether something was accepted.
 */
const blockedByName = (failure: Failure): boolean =>
  status(400, 499, 511)(failure) && !status(408, 409, 499)(failure) && verdictOn(failure) === "Named"

const blockedInWords = (failure: Failure): boolean =>
  status(400, 400, 402, 403, 404, 406, 410, 418, 422, 424, 451)(failure) && verdictOn(failure) === "Worded"

const verdictOn = (failure: Failure): Moderation.Verdict =>
  failure._tag === "Answered" ? Moderation.verdictOf(failure.body) : "None"

/** Whether words of a provider, or its codes, say that content was held back. */
export const isModerated = Moderation.isModerated

/**
 * A 403 that is about the account for certain: it says so, and nothing of what was asked for. Any other may hide a filter,
 * since several vendors refuse a prompt with it.
 */
const saysWhy = (failure: Failure): boolean =>
  status(403)(failure) &&
  (/IAM|PERMISSION|CONSUMER|SECURITY_POLICY|LOCATION|REGION/.test(errorInfo(failure)) ||
    /organi[sz]ation('s|s)? polic|vpc service controls/i.test(message(failure)) ||
    (aboutAccount.test(message(failure)) && !aboutContent.test(message(failure))))

const aboutAccount =
  /\b(keys?|credentials?|tokens?|log ?in|signed? in|authenticat\w*|unauthori[sz]ed|not authori[sz]ed|accounts?|users?|teams?|billing|balance|credits?|quota|subscriptions?|plans?|tiers?|permissions?|scopes?|roles?|iam|organi[sz]ations?|workspaces?|projects?|regions?|countr(y|ies)|location|territory|ip address(es)?|allow-?list|verif(y|ied|ication)|not (enabled|activated)|does not have access|no access)\b/i

const aboutContent =
  /\b(prompts?|contents?|inputs?|images?|videos?|text|words|polic(y|ies)|guidelines?|terms|rules|safety|moderat\w*|blocked|flagged|rejected|violat\w*|inappropriate|unsafe|sensitive)\b/i

/**
 * Not every vendor says 404 of a job that it does not know: xAI calls the id malformed, Gemini the interaction's name invalid,
 * and Vertex AI says that it may not exist. Whether it was the id or the right to see it, the job cannot be reached.
 */
const noSuchJob = (failure: Failure): boolean =>
  status(400, 400, 403)(failure) &&
  /malformed request id|invalid interaction name|may not exist/i.test(message(failure))

/** Some say with a 403, or a 400, that there is no money left. */
const noCredit = (failure: Failure): boolean =>
  status(400, 400, 403)(failure) &&
  /(exhausted|insufficient|no|any|enough|overdue) (balance|credit|funds)/i.test(message(failure))

/** A server that is still writing the file says that it has none. */
const notReady = (failure: Failure): boolean =>
  status(404)(failure) && /still in.?progress|not (yet )?ready|not (yet )?complete/i.test(message(failure))

/**
 * The same 429 means "slow down" and "nothing left". A daily or monthly limit is the latter whatever else is said; a
 * wait of up to two minutes is the former; then the words decide.
 */
const quotaUsedUp = (failure: Failure): boolean => {
  if (failure._tag !== "Answered" || failure.status !== 429) return false
  const rpc = rpcStatus(failure)
  const violations = Option.flatMapNullable(rpc, (rpc) =>
    Option.getOrUndefined(Option.flatMapNullable(RpcStatus.detail(rpc, "QuotaFailure"), (d) => d.violations))
  )
  const limits = JSON.stringify(Option.getOrElse(violations, () => [])) + message(failure)
  if (/per_?(day|month)|daily|monthly/i.test(limits)) return true
  const wait = asked(failure)
  if (Option.isSome(wait) && Duration.lessThanOrEqualTo(wait.value, "2 minutes")) return false
  return Option.isSome(violations) || /quota|billing|credits|balance/i.test(message(failure))
}

// --- what it is -------------------------------------------------------------------------------------------------

const unavailable = (failure: Failure) =>
  new ProviderUnavailable({ provider: failure.provider, reason: reason(failure) })

/** A certificate that cannot be verified: nothing was sent, and nothing will be. */
const untrusted = (failure: Failure) =>
  new ProviderUnavailable({ provider: failure.provider, reason: reason(failure), permanent: true })

const interrupted = (failure: Failure) =>
  new DownloadFailed({ provider: failure.provider, reason: reason(failure) })

const unknown = (failure: Failure) =>
  new SubmitUnknown({
    provider: failure.provider,
    reason: reason(failure),
    ...(kept(failure) === "" ? {} : { answer: kept(failure) })
  })

const unexpected = (failure: Failure) =>
  new UnexpectedAnswer({
    provider: failure.provider,
    status: failure._tag === "Answered" ? failure.status : 0,
    reason: reason(failure),
    body: kept(failure)
  })

const refused = (failure: Failure) =>
  new AuthenticationFailed({ provider: failure.provider, reason: reason(failure) })

/** It may be the key, and it may be what was asked for. */
const unclear = (failure: Failure) =>
  new AuthenticationFailed({ provider: failure.provider, reason: reason(failure), unclear: true })

const notFound = (failure: Failure) =>
  new OperationNotFound({ provider: failure.provider, reason: attributed(failure) })

/** A submit has no job yet, so the same words are about something else. */
const asUsual = (failure: Failure) =>
  (status(400)(failure) ? invalid : saysWhy(failure) ? refused : unclear)(failure)

const notServed = (failure: Failure) =>
  new OutputRefused({ provider: failure.provider, reason: attributed(failure) + keyless(failure) })

const keyless = (failure: Failure): string => {
  if (!withoutKey(failure)) return ""
  const got = status(401, 402)(failure) ? "wants credentials and got none" : "got no credentials"
  return `, which ${got}, since the key is for ${failure.keyOf}`
}

const contentBlocked = (failure: Failure) =>
  new ContentBlocked({
    provider: failure.provider,
    reasons: [Moderation.explained(reason(failure))],
    ...(failure._tag === "Answered" ? Charge.inTicks(failure.body) : {})
  })

const quota = (failure: Failure) => new QuotaExceeded({ provider: failure.provider, reason: reason(failure) })

const slowDown = (failure: Failure) =>
  new RateLimited({
    provider: failure.provider,
    retryAfter: Option.getOrElse(asked(failure), () => Duration.zero)
  })

const noSuchModel = (failure: Failure) =>
  new UnsupportedOption({
    provider: failure.provider,
    model: failure.model,
    option: "model",
    value: failure.model,
    supported: [],
    ...(isElsewhere(failure)
      ? { reason: `${replied(failure)}. There is no such model, or ${wrongBase(failure)}` }
      : {})
  })

/** A server that is not the vendor's own, and answers as one does that knows no such address. */
const isElsewhere = (failure: Failure): boolean =>
  failure.host !== undefined && (status(405)(failure) || (status(404)(failure) && isBare(message(failure))))

const replied = (failure: Failure): string => {
  const what = failure._tag === "Answered" ? wordsAnd(failure) : failure.reason
  return `${failure.asked ?? failure.provider} was answered with ${what}`
}

const wrongBase = ({ asked = "", provider }: Failure): string =>
  `the base address of ${provider} is wrong${asked.endsWith("/videos") && !/\/v\d/.test(asked) ? " (many servers want /v1 at its end)" : ""}`

const invalid = (failure: Failure) => {
  if (isElsewhere(failure))
    return new InvalidRequest({
      field: "baseUrl",
      value: failure.host ?? "",
      reason: `${replied(failure)}: ${wrongBase(failure)}`
    })
  const violation = Option.flatMapNullable(rpcStatus(failure), (rpc) =>
    RpcStatus.details(rpc)
      .flatMap((detail) => detail.fieldViolations ?? [])
      .at(0)
  )
  return new InvalidRequest({
    field: Option.getOrElse(
      Option.flatMapNullable(violation, (v) => v.field),
      () => "request"
    ),
    value: "",
    reason: Option.match(
      Option.flatMapNullable(violation, (v) => v.description),
      {
        onNone: () => reason(failure),
        onSome: (description) => strip(description, failure.secrets)
      }
    )
  })
}

/** A provider that redirects a submit has moved, or is none: the address is wrong. */
const redirected = (failure: Failure) => {
  const to = failure._tag === "Answered" ? hostOf(failure.headers["location"]) : ""
  return new InvalidRequest({
    field: "baseUrl",
    value: to,
    reason: `${failure.provider} answered the submit with a redirect${to === "" ? "" : ` to ${to}`} (${reason(failure)}), which is never followed`
  })
}

/** The address that it leads to may be that of a job, so it is kept with the answer. */
const ledOn = (failure: Failure) => {
  const location = failure._tag === "Answered" ? (failure.headers["location"] ?? "") : ""
  const answer = [location === "" ? "" : `Location: ${strip(location, failure.secrets)}`, kept(failure)]
    .filter((part) => part !== "")
    .join("\n")
  const to = hostOf(location)
  return new SubmitUnknown({
    provider: failure.provider,
    reason: `it answered with a redirect${to === "" ? "" : ` to ${to}`} (${reason(failure)}), which may follow an accepted request`,
    ...(answer === "" ? {} : { answer })
  })
}

const hostOf = (location: string | undefined): string =>
  location !== undefined && URL.canParse(location) ? new URL(location).host : ""

// --- the details ------------------------------------------------------------------------------------------------

const rpcStatus = (failure: Failure): Option.Option<RpcStatus.RpcStatus> =>
  failure._tag === "Answered" ? RpcStatus.spoken(failure.body) : Option.none()

const message = (failure: Failure): string => (failure._tag === "Answered" ? sentenceIn(failure.body) : "")

/** What an error in a vendor's form says, in a sentence; empty where a body holds none. */
export const sentenceIn = (body: string): string =>
  Option.getOrElse(
    Option.flatMapNullable(RpcStatus.spoken(body), ({ message }) => message),
    () => ""
  )

const errorInfo = (failure: Failure): string =>
  Option.match(rpcStatus(failure), {
    onNone: () => "",
    onSome: (rpc) =>
      RpcStatus.details(rpc)
        .map(({ reason }) => reason ?? "")
        .join(" ")
  })

const asked = (failure: Failure): Option.Option<Duration.Duration> =>
  failure._tag !== "Answered"
    ? Option.none()
    : retryAfter({
        headers: failure.headers,
        retryDelay: Option.flatMapNullable(rpcStatus(failure), (rpc) =>
          Option.getOrUndefined(
            Option.flatMapNullable(RpcStatus.detail(rpc, "RetryInfo"), (d) => d.retryDelay)
          )
        ),
        message: message(failure),
        now: failure.now
      })

const reason = (failure: Failure): string =>
  failure._tag !== "Answered"
    ? failure.reason
    : (failure.fault ?? (strip(message(failure), failure.secrets) || `HTTP ${failure.status}`))

/** The reason in the server's own words, the status, and which server that was. */
const attributed = (failure: Failure): string => {
  if (failure._tag !== "Answered") return failure.reason
  const told = wordsAnd(failure)
  return failure.host === undefined ? told : `${told}, from ${failure.host}`
}

const wordsAnd = (failure: Answered): string => {
  const words = strip(message(failure) || pageText(failure.body), failure.secrets)
  const what = failure.fault ?? `HTTP ${failure.status}`
  return words === "" ? what : failure.fault === undefined ? `${words} (${what})` : `${what}: ${words}`
}

const kept = (failure: Failure): string => {
  const body = failure._tag === "Answered" ? failure.body : (failure.partial ?? "")
  return strip(body, failure.secrets)
}
