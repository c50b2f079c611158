/**
 * Our own transport as a line: from the call to undici's wire with nothing in between.
 */
import * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import type { Dispatcher } from "undici"
import { NotSent } from "./connection.ts"
import { type Cut, cutBy } from "./cut.ts"
import { Exchange } from "./exchange.ts"
import { Inquiry } from "./inquiry.ts"
import type { Call, Line } from "./line.ts"

/** A line over the dispatcher for each kind of connection. */
export const undiciLine = (dispatchers: Readonly<Record<Call["connection"], Dispatcher>>): Line => ({
  ask: (call, answer, patience) =>
    Effect.async((resume) => {
      const inquiry = new Inquiry(answer, patience, resume)
      try {
        dispatchers[call.connection].dispatch(options(call), inquiry)
      } catch (cause) {
        inquiry.onResponseError(null, new NotSent(cause))
      }
      return Effect.sync(() => inquiry.cancel())
    }),
  open: (call, silence) =>
    Effect.suspend(() => {
      const exchange = new Exchange((handler) =>
        dispatchers[call.connection].dispatch(watched(call, silence), handler)
      )
      const close = Effect.sync(exchange.cancel)
      const opened = Effect.mapBoth(exchange.head, {
        onFailure: (error) => cutBy(error, "Before"),
        onSuccess: ({ status, headers }) => ({
          status,
          headers: Headers.fromInput(headers),
          bytes: bytes(exchange),
          close
        })
      })
      // To close it needs nothing of this fiber, which `Effect.addFinalizer` would keep for it.
      return Effect.scopeWith((scope) => Effect.zipRight(Scope.addFinalizer(scope, close), opened))
    })
})

const bytes =
  (exchange: Exchange) =>
  <E>(error: (cut: Cut) => E): Stream.Stream<Uint8Array, E> =>
    Stream.repeatEffectChunkOption(exchange.take((cause) => error(cutBy(cause, "Within"))))

const options = ({ method, origin, path, headers, body }: Call): Dispatcher.DispatchOptions => ({
  method,
  origin,
  path,
  headers,
  body: body ?? null
})

const watched = (call: Call, silence: Duration.Duration): Dispatcher.DispatchOptions =>
  Duration.isFinite(silence)
    ? {
        ...options(call),
        headersTimeout: Duration.toMillis(silence),
        bodyTimeout: Duration.toMillis(silence)
      }
    : options(call)
