/**
 * Where a provider sends a webhook. It is from outside that it comes, so only https is taken: what it says travels far.
 */
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
