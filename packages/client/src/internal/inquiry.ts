/**
 * One question and its short answer on undici's wire. It is the whole of what happens for a poll, so it allocates
 * little: what arrives goes straight into the elider, and nobody is told before the end.
 */
import * as Headers from "@effect/platform/Headers"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { Dispatcher } from "undici"
import { NotSent } from "./connection.ts"
import { type Cut, cutBy, fellSilent, timedOut } from "./cut.ts"
import type { Elider } from "./elision.ts"
import type { Head } from "./exchange.ts"
import type { Asked, Patience } from "./line.ts"

/** The handler that undici reports to. It tells its listener once how it ended, unless it was cancelled. */
export class Inquiry implements Dispatcher.DispatchHandler {
  readonly #answer: Elider
  readonly #listener: (outcome: Effect.Effect<Asked, Cut>) => void
  readonly #silence: Timer | undefined
  readonly #whole: Timer | undefined
  #controller: Dispatcher.DispatchController | undefined
  #head: Head | undefined
  #over = false

  /** With the patience at the end of which it is given up. */
  constructor(answer: Elider, patience: Patience, listener: (outcome: Effect.Effect<Asked, Cut>) => void) {
    this.#answer = answer
    this.#listener = listener
    this.#silence = after(patience.silence, this.#fallSilent)
    this.#whole = after(patience.whole, this.#expire)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(cancelled)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head["headers"]): void {
    // 1xx answers come before the real one.
    if (status < 200) return
    this.#head = { status, headers }
    this.#silence?.refresh()
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#silence?.refresh()
    if (this.#over || this.#answer.write(chunk)) return
    this.#abort(this.#asked(false))
  }

  onResponseEnd(): void {
    this.#end(this.#asked(true))
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    const cause = this.#controller === undefined ? new NotSent(error) : error
    this.#end(Effect.fail(cutBy(cause, this.#head === undefined ? "Before" : "Within")))
  }

  /** Gives up: closes the connection, or sees to it that the request is never written. */
  cancel(): void {
    if (this.#over) return
    this.#close()
    this.#controller?.abort(cancelled)
  }

  readonly #expire = (): void => this.#abort(Effect.fail(this.#controller === undefined ? notSent : timedOut))

  readonly #fallSilent = (): void =>
    this.#head === undefined ? this.#expire() : this.#abort(Effect.fail(fellSilent))

  #close(): void {
    this.#over = true
    clearTimeout(this.#silence)
    clearTimeout(this.#whole)
  }

  // The connection goes first: whoever is told may ask again at once.
  #abort(outcome: Effect.Effect<Asked, Cut>): void {
    if (this.#over) return
    this.cancel()
    this.#listener(outcome)
  }

  #asked(complete: boolean): Effect.Effect<Asked, Cut> {
    const { status, headers } = this.#head ?? { status: 0, headers: {} }
    return Effect.succeed({ status, headers: Headers.fromInput(headers), complete })
  }

  #end(outcome: Effect.Effect<Asked, Cut>): void {
    if (this.#over) return
    this.#close()
    this.#listener(outcome)
  }
}

type Timer = ReturnType<typeof setTimeout>

const after = (time: Duration.Duration, expire: () => void): Timer | undefined =>
  Duration.isFinite(time) ? setTimeout(expire, Duration.toMillis(time)) : undefined

const cancelled = new Error("cancelled")

/** No connection was ready for it, and undici never writes a request that is aborted when it starts. */
const notSent: Cut = { _tag: "NeverSent", reason: "no connection in time" }
