/**
 * Answers that an edge (Cloudflare) gives in place of the server behind it, with which it never had a connection.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Failure } from "./classification.ts"

/**
 * The server behind refused the connection (521), has no route (523) or no TLS that can be trusted (525, 526): it was not
 * shown the request. With 520, 522, 524, 527 and 530 it may have been.
 */
const neverReached: ReadonlyArray<number> = [521, 523, 525, 526]

/**
 * Whether an answer is the edge's own and means that nothing arrived behind it. A server may answer with any of these
 * statuses, and an edge pass that on, so headers and body must both be the edge's.
 */
export const isEdgeAlone = (failure: Failure): boolean =>
  failure._tag === "Answered" &&
  neverReached.includes(failure.status) &&
  failure.headers["server"]?.toLowerCase() === "cloudflare" &&
  failure.headers["cf-ray"] !== undefined &&
  isErrorPage(failure.status, failure.body)

/** The three forms of an error: a line, a problem in JSON, a page. */
const isErrorPage = (status: number, body: string): boolean =>
  body.trim() === `error code: ${status}` ||
  Option.exists(decodeProblem(body), ({ error_code }) => error_code === status) ||
  (/^\s*<(!doctype|html)/i.test(body) &&
    /cloudflare/i.test(body) &&
    new RegExp(`error( code)?:? ${status}\\b|\\b${status}: `, "i").test(body))

const decodeProblem = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ cloudflare_error: Schema.Literal(true), error_code: Schema.Int }))
)
