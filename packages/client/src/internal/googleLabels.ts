/**
 * Labels of requests to Vertex AI: they end up in the owner's own billing data, and no answer shows them.
 */
import { type Intent, label } from "@mutoscope/core/VideoProvider"

/** What a label's value may be: anything else has the request refused. */
const valid = /^[a-z0-9_-]{1,63}$/

/** The label of an attempt under our name; undefined for an id that no label can hold. */
export const of = (intent: Pick<Intent, "id" | "attempt">): Readonly<Record<string, string>> | undefined => {
  const value = label(intent)
  return valid.test(value) ? { mutoscope: value } : undefined
}
