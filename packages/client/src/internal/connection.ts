/**
 * Which connection a request travels on, and the proof that one never did.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
import * as Predicate from "effect/Predicate"

/**
 * `Pooled` shares the few kept-alive connections of a host. `Fresh` opens a connection for this request alone: a paid
 * request must not die because the server was just closing an idle socket. Other HTTP clients may ignore it.
 */
export class Connection extends Context.Reference<Connection>()("@videogen/client/internal/Connection", {
  defaultValue: (): "Pooled" | "Fresh" => "Pooled"
}) {}

/** The cause of a request error where no byte of the request was written. */
export class NotSent extends Error {
  override readonly name = "NotSent"
  constructor(cause: unknown) {
    super("the request was never sent", { cause })
  }
}

/** How long a request may take, to the last byte of its answer. Only for clients of which {@link keepsDeadlines} holds. */
export class Deadline extends Context.Reference<Deadline>()("@videogen/client/internal/Deadline", {
  defaultValue: (): Duration.Duration => Duration.infinity
}) {}

/** How long a server may say nothing, before its answer and within it. For the same clients. */
export class Silence extends Context.Reference<Silence>()("@videogen/client/internal/Silence", {
  defaultValue: (): Duration.Duration => Duration.infinity
}) {}

const DeadlinesTypeId: unique symbol = Symbol.for("@videogen/client/internal/Deadlines")

/** Whether a client looks at {@link Deadline} and {@link Silence} by itself. */
export const keepsDeadlines = (client: HttpClient): boolean => Predicate.hasProperty(client, DeadlinesTypeId)

/** The client, as one that keeps deadlines. */
export const withDeadlines = (client: HttpClient): HttpClient =>
  Object.assign(client, { [DeadlinesTypeId]: DeadlinesTypeId })

/** The cause of an error where a deadline has passed. */
export class DeadlinePassed extends Error {
  override readonly name = "DeadlinePassed"
}
