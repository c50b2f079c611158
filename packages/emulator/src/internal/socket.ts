/**
 * The connection below a request: for bodies with a limit, and for breaking off. Needs Node's HTTP server.
 *
 * @internal
 */
import type * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as NodeHttpServerRequest from "@effect/platform-node/NodeHttpServerRequest"
import * as Effect from "effect/Effect"
import type { Reason } from "./refusal.ts"

/** Resets the connection: the client sees ECONNRESET. The handler is interrupted as the connection closes. */
export const reset = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  breakOff(() => NodeHttpServerRequest.toIncomingMessage(request).socket.resetAndDestroy())

/** Closes the connection once what was written has been sent. */
export const hangUp = (request: HttpServerRequest.HttpServerRequest): Effect.Effect<never> =>
  breakOff(() => NodeHttpServerRequest.toIncomingMessage(request).socket.destroySoon())

const breakOff = (close: () => void): Effect.Effect<never> =>
  Effect.zipRight(Effect.sync(close), Effect.never)

/**
 * The body. One that is longer than `limit` bytes is left unread, so that the refusal can still be written: the
 * platform's own limit closes the connection instead.
 */
export const bodyBytes = (
  request: HttpServerRequest.HttpServerRequest,
  limit: number
): Effect.Effect<Buffer<ArrayBuffer>, Reason> =>
  Effect.async<Buffer<ArrayBuffer>, Reason>((resume) => {
    const message = NodeHttpServerRequest.toIncomingMessage(request)
    if (Number(message.headers["content-length"] ?? 0) > limit) return resume(tooLarge(limit))
    const chunks: Array<Buffer> = []
    let length = 0
    const onData = (chunk: Buffer) => {
      length += chunk.length
      chunks.push(chunk)
      if (length > limit) settle(tooLarge(limit))
    }
    const onEnd = () => settle(Effect.succeed(Buffer.concat(chunks)))
    const onError = () => settle(brokenOff)
    const settle = (result: Effect.Effect<Buffer<ArrayBuffer>, Reason>) => {
      message.off("data", onData).off("end", onEnd).off("error", onError).pause()
      resume(result)
    }
    message.on("data", onData).on("end", onEnd).on("error", onError)
    return Effect.sync(() => message.off("data", onData).off("end", onEnd).off("error", onError))
  })

const tooLarge = (limit: number): Effect.Effect<never, Reason> => Effect.fail({ why: "too-large", limit })

const brokenOff: Effect.Effect<never, Reason> = Effect.fail({
  why: "malformed",
  detail: "The connection broke off."
})
