/**
 * PORT: the way that questions travel and answers come back. Our own transport has a short one; every other
 * `HttpClient` is made into one by `clientLine.ts`.
 */
import type { Headers } from "@effect/platform/Headers"
import type { HttpClient } from "@effect/platform/HttpClient"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import type * as Scope from "effect/Scope"
import type * as Stream from "effect/Stream"
import type { Connection } from "./connection.ts"
import type { Cut } from "./cut.ts"
import type { Elider } from "./elision.ts"

/** What may be done at an address. */
export type Method = "GET" | "POST" | "PUT" | "DELETE"

/** A request: credentials and all. `path` begins with a slash, and has the query; the type of a body is a header. */
export interface Call {
  readonly method: Method
  readonly origin: string
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string | Uint8Array
  readonly connection: typeof Connection.Service
}

/** An answer's head, and whether all of its body was taken or it was longer than the elider holds. */
export interface Asked {
  readonly status: number
  readonly headers: Headers
  readonly complete: boolean
}

/** An answer whose body is still to be read. */
export interface Opened {
  readonly status: number
  readonly headers: Headers
  /** The body, which fails with what is made of a cut. */
  readonly bytes: <E>(error: (cut: Cut) => E) => Stream.Stream<Uint8Array, E>
  /** Gives the body up before the scope does. */
  readonly close: Effect.Effect<void>
}

/** How long to wait for each next part of an answer, its head the first, and for all of it. */
export interface Patience {
  readonly silence: Duration.Duration
  readonly whole: Duration.Duration
}

/** One request for each call: nothing is repeated, no redirect is followed, nothing is inflated, no tracer is told. */
export interface Line {
  /**
   * Asks, and reads the answer's body into an elider, which holds what has arrived however this ends. With patience at
   * its end, or its fiber interrupted, the connection is closed.
   */
  readonly ask: (call: Call, answer: Elider, patience: Patience) => Effect.Effect<Asked, Cut>
  /** Asks, for a body that is read as it comes. A server that is silent for so long, before or within it, is given up. */
  readonly open: (call: Call, silence: Duration.Duration) => Effect.Effect<Opened, Cut, Scope.Scope>
}

const LineTypeId: unique symbol = Symbol.for("@mutoscope/client/internal/Line")

interface HasLine {
  readonly [LineTypeId]: Line
}

/** The client, with its line. A client that is made from this one has none: what it adds must not be passed by. */
export const withLine = (client: HttpClient, line: Line): HttpClient =>
  Object.assign(client, { [LineTypeId]: line } satisfies HasLine)

/** Whether a client has a line of its own. */
export const hasLine = (client: HttpClient): client is HttpClient & HasLine =>
  Predicate.hasProperty(client, LineTypeId)

/** The line of a client that has one. */
export const lineOf = (client: HasLine): Line => client[LineTypeId]
