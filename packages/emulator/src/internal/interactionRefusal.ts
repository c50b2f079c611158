/**
 * Refusals of the Interactions API: its own have a word for a code, those of Google's front end a number.
 *
 * @internal
 */
import * as Google from "./googleRefusal.ts"
import { plainly, type Reason, type Refusal, refusalOf } from "./refusal.ts"

/** What the jobs of the dialect are listed under. */
export const name = "geminiOmni"

/** Says no as the Interactions API does. */
export const refuse = (reason: Reason): Refusal => {
  switch (reason.why) {
    case "invalid":
    case "malformed":
      return own(400, "invalid_request", plainly(reason).message)
    case "unknown-job":
      return own(400, "invalid_request", `Invalid interaction name: ${reason.job}`)
    case "unknown-model":
    case "retired-model":
      return own(404, "not_found", plainly(reason).message)
    case "no-video":
    case "gone":
      return Google.refuse({
        why: "forbidden",
        detail: `You do not have permission to access the file of ${reason.job} or it may not exist.`
      })
    default:
      return Google.refuse(reason)
  }
}

/** The job has come to its end already. */
export const alreadyEnded = (status: string): Refusal =>
  own(400, "invalid_request", `The interaction is already ${status}.`)

const own = (status: number, code: string, message: string): Refusal =>
  refusalOf({ status }, { error: { message, code } })
