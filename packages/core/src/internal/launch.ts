/**
 * The moment from which a submit can no longer be called off.
 */
import * as Effect from "effect/Effect"

export interface Launch {
  /** From now on nothing is sent. It comes too late, and says `false`, for what is on its way. */
  readonly callOff: () => boolean
  /** Sends, where it has not been called off; else does something else. */
  readonly go: <A, E, R>(
    send: Effect.Effect<A, E, R>,
    calledOff: Effect.Effect<A, E, R>
  ) => Effect.Effect<A, E, R>
}

/** Nothing is on its way yet. */
export const make = (): Launch => {
  let onItsWay = false
  let calledOff = false
  return {
    callOff: () => {
      calledOff = true
      return !onItsWay
    },
    go: (send, otherwise) =>
      Effect.suspend(() => {
        if (calledOff) return otherwise
        onItsWay = true
        return Effect.ensuring(
          send,
          Effect.sync(() => {
            onItsWay = false
          })
        )
      })
  }
}
