/**
 * Where a provider sends a webhook. It is from outside that it comes, so only https is taken: what it says travels far.
 */
import { type Intent, label } from "@mutoscope/core/VideoProvider"
import * as Schema from "effect/Schema"

/** An https address without a user or a fragment in it. */
export const WebhookAddress = Schema.NonEmptyTrimmedString.pipe(
  Schema.filter(
    (address) => {
      if (!URL.canParse(address)) return false
      const { hash, password, protocol, username } = new URL(address)
      return protocol === "https:" && username === "" && password === "" && hash === ""
    },
    { message: () => "it is an https address" }
  )
)

/** The parameter of a webhook's address that holds the label of the job. */
const parameter = "mutoscope"

/** The address for the webhook of one job: with its label in the query, and otherwise as its owner wrote it. */
export const labelled = (address: string, intent: Pick<Intent, "id" | "attempt">): string =>
  `${address}${address.includes("?") ? "&" : "?"}${parameter}=${encodeURIComponent(label(intent))}`

/** The label in such an address; undefined where there is none. */
export const labelIn = (address: string | undefined): string | undefined =>
  address !== undefined && URL.canParse(address)
    ? (new URL(address).searchParams.getAll(parameter).at(-1) ?? undefined)
    : undefined
