/**
 * Which connection a request travels on, and the proof that one never did.
 */
import * as Context from "effect/Context"

/**
 * `Pooled` shares the few kept-alive connections of a host. `Fresh` opens a connection for this request alone: a paid
 * request must not die because the server was just closing an idle socket. Other HTTP clients may ignore it.
 */
export class Connection extends Context.Reference<Connection>()("@mutoscope/client/internal/Connection", {
  defaultValue: (): "Pooled" | "Fresh" => "Pooled"
}) {}

/** The cause of a request error where no byte of the request was written. */
export class NotSent extends Error {
  override readonly name = "NotSent"
  constructor(cause: unknown) {
    super("the request was never sent", { cause })
  }
}
