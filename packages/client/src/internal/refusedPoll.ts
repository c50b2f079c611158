/**
 * The end of a job that is told by refusing the question how it is doing.
 */
import { ContentBlocked } from "@mutoscope/core/GenerationError"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Answered } from "./classification.ts"
import { explained, verdictOf } from "./moderation.ts"
import { spoken } from "./rpcStatus.ts"
import { strip } from "./secrets.ts"
import { maybe } from "./wireFields.ts"

/** The statuses of a question that was understood. With others it is the question, or the server, that is in trouble. */
const isAnswered = (status: number): boolean =>
  (status >= 200 && status < 300) || [400, 403, 406, 410, 412, 415, 418, 422, 424, 451].includes(status)

/** Why a filter held a job's video back; none unless a code or a sentence of a known filter says so. */
export const blockedIn = (answer: Answered, provider: string): Option.Option<ContentBlocked> => {
  const { body, fault, secrets, status } = answer
  if (fault !== undefined || !isAnswered(status) || verdictOf(body) !== "Named") return Option.none()
  const error = Option.getOrUndefined(spoken(body))
  const reason = error?.message || String(error?.code ?? error?.type ?? `HTTP ${status}`)
  return Option.some(new ContentBlocked({ provider, reasons: [explained(strip(reason, secrets))] }))
}

const Wordless = Schema.parseJson(
  Schema.Struct({ status: maybe(Schema.Unknown), error: maybe(Schema.Unknown) })
)
const decode = Schema.decodeOption(Wordless)

/** Whether a refusal says, in the place where jobs say it, that its job waits or runs. */
export const isUnderway = (body: string): boolean =>
  Option.exists(decode(body), ({ status }) => typeof status === "string" && underway.test(status))

const underway =
  /^(queued|in[_ -]?queue|pending|created|submitted|accepted|starting|processing|in[_ -]?progress|running)$/i

/** Whether an answer has an error and does not say how the job is doing. */
export const isWithoutStatus = (body: string): boolean =>
  body.includes('"error"') &&
  Option.exists(
    decode(body),
    ({ error, status }) => status === undefined && error !== undefined && error !== ""
  )
