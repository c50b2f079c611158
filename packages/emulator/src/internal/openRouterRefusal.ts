/**
 * Refusals in the shape of OpenRouter: `{"error": {"code", "message"}}`, where the code is the HTTP status.
 *
 * @internal
 */
import { type Plain, plainly, type Reason, type Refusal, refusalOf } from "./refusal.ts"

/** Says no as OpenRouter does. */
export const refuse = (reason: Reason): Refusal => {
  const said = { ...plainly(reason), ...own(reason) }
  return refusalOf(said, { error: { code: said.status, message: said.message } })
}

/** Where it has a status of its own, or other words. */
const own = (reason: Reason): Partial<Plain> => {
  switch (reason.why) {
    case "quota":
      return { status: 402, message: "Insufficient credits. Add more to your account and try again." }
    case "unknown-model":
      return { status: 400, message: `${reason.model} is not a valid model ID` }
    case "retired-model":
      return { message: `No endpoints found for ${reason.model}.` }
    case "not-ready":
      return { status: 409 }
    case "gone":
      return { status: 410 }
    default:
      return {}
  }
}
