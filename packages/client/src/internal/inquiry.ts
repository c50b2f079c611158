/**
 * One question and its short answer on undici's wire. It is the whole of what happens for a poll, so it allocates
 * little: what arrives goes straight into the elider, and nobody is told before the end.
 */
import * as Headers from "@effect/platform/Headers"
import * as Effect from "effect/Effect"
import type { Dispatcher } from "undici"
import { NotSent } from "./connection.ts"
import { type Cut, cutBy, timedOut } from "./cut.ts"
import type { Elider } from "./elision.ts"
import type { Head } from "./exchange.ts"
import type { Asked } from "./line.ts"

/** The handler that undici reports to. It tells its listener once how it ended, unless it was cancelled. */
export class Inquiry implements Dispatcher.DispatchHandler {
  readonly #answer: Elider
  readonly #listener: (outcome: Effect.Effect<Asked, Cut>) => void
  readonly #timer: ReturnType<typeof setTimeout> | undefined
  #controller: Dispatcher.DispatchController | undefined
  #head: Head | undefined
  #over = false

  /** With a deadline in milliseconds, after which it is given up. */
  constructor(answer: Elider, deadline: number, listener: (outcome: Effect.Effect<Asked, Cut>) => void) {
    this.#answer = answer
    this.#listener = listener
    if (Number.isFinite(deadline)) this.#timer = setTimeout(this.#expire, deadline)
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#over) controller.abort(cancelled)
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head["headers"]): void {
    // 1xx answers come before the real one.
    if (status >= 200) this.#head = { status, headers }
  }

  onResponseData(_: Dispatcher.DispatchController, chunk: Uint8Array): void {
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
    this.#over = true
    clearTimeout(this.#timer)
    this.#controller?.abort(cancelled)
  }

  readonly #expire = (): void => this.#abort(Effect.fail(timedOut))

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
    this.#over = true
    clearTimeout(this.#timer)
    this.#listener(outcome)
  }
}

const cancelled = new Error("cancelled")
