/**
 * One request and its answer on undici's wire: the head as soon as it is there, the body in batches, and back-pressure
 * to the socket in between.
 */
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Dispatcher } from "undici"
import { NotSent } from "./connection.ts"

/** The head of an answer. */
export interface Head {
  readonly status: number
  readonly headers: Readonly<Record<string, string | Array<string> | undefined>>
}

/** What is read ahead of the reader, in bytes: enough that the socket never waits for a disk that keeps up. */
const readAhead = 2 * 1024 * 1024

/** More was answered than the reader wants to hold. */
export class TooLarge extends Error {
  override readonly name = "TooLarge"
}

/** The handler that undici reports to, and the body that the response is read from. */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #send: (handler: Dispatcher.DispatchHandler) => void
  #onHead: (head: Effect.Effect<Head, Error>) => void = () => {}
  #controller: Dispatcher.DispatchController | undefined
  #cancelled = false
  #answered = false
  #buffers: Array<Uint8Array> = []
  #buffered = 0
  #ended = false
  #failure: Error | undefined
  #wake: (() => void) | undefined
  #waking = false

  /** Nothing is sent before the head is waited for. */
  constructor(send: (handler: Dispatcher.DispatchHandler) => void) {
    this.#send = send
  }

  /** Whether the whole body is here or will never be. */
  get isOver(): boolean {
    return this.#ended || this.#failure !== undefined
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.#controller = controller
    if (this.#cancelled) controller.abort(new Error("cancelled"))
  }

  onResponseStart(_: Dispatcher.DispatchController, status: number, headers: Head["headers"]): void {
    // 1xx answers come before the real one.
    if (status < 200) return
    this.#answered = true
    this.#onHead(Effect.succeed({ status, headers }))
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Uint8Array): void {
    this.#buffers.push(chunk)
    this.#buffered += chunk.byteLength
    if (this.#buffered >= readAhead) controller.pause()
    if (this.#wake !== undefined && !this.#waking) this.#wakeSoon()
  }

  onResponseEnd(): void {
    this.#ended = true
    this.#wake?.()
  }

  onResponseError(_: Dispatcher.DispatchController | null, error: Error): void {
    if (this.#cancelled) return
    if (this.#answered) {
      this.#failure = error
      this.#wake?.()
    } else {
      this.#onHead(Effect.fail(this.#controller === undefined ? new NotSent(error) : error))
    }
  }

  /** Gives up: closes the connection, or sees to it that the request is never written. */
  readonly cancel = (): void => {
    if (this.#ended || this.#cancelled) return
    this.#cancelled = true
    this.#buffers = []
    this.#controller?.abort(new Error("cancelled"))
  }

  /** Sends the request, and waits for the head of its answer. For once. */
  readonly head: Effect.Effect<Head, Error> = Effect.async((resume) => {
    this.#onHead = resume
    try {
      this.#send(this)
    } catch (cause) {
      resume(Effect.fail(new NotSent(cause)))
    }
    return Effect.sync(this.cancel)
  })

  /**
   * All that has arrived since the last take, waiting where that is nothing; fails with none at the end, and with what is
   * made of a failure.
   */
  readonly take = <E>(
    error: (cause: Error) => E
  ): Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>> => {
    const some: Effect.Effect<Chunk.Chunk<Uint8Array>, Option.Option<E>> = Effect.suspend(() => {
      if (this.#buffered > 0) return Effect.succeed(Chunk.unsafeFromArray(this.#drain()))
      if (this.isOver) return Effect.fail(Option.map(Option.fromNullable(this.#failure), error))
      return Effect.flatMap(this.#something, () => some)
    })
    return some
  }

  /** The whole body, or `TooLarge` where it is longer than `limit` bytes. */
  readonly whole = (limit: number): Effect.Effect<Uint8Array, Error> => {
    const parts: Array<Uint8Array> = []
    let length = 0
    const more: Effect.Effect<Uint8Array, Error> = Effect.suspend(() => {
      for (const part of this.#drain()) {
        parts.push(part)
        length += part.byteLength
      }
      if (length > limit) {
        this.cancel()
        return Effect.fail(new TooLarge(`more than ${limit} bytes`))
      }
      if (this.#failure !== undefined) return Effect.fail(this.#failure)
      return this.#ended ? Effect.succeed(joined(parts)) : Effect.zipRight(this.#something, more)
    })
    return more
  }

  readonly #something: Effect.Effect<void> = Effect.async<void>((resume) => {
    // It may have come while the fiber was on its way here.
    if (this.#buffered > 0 || this.isOver) return resume(Effect.void)
    this.#wake = () => {
      this.#wake = undefined
      resume(Effect.void)
    }
    return Effect.sync(() => {
      this.#wake = undefined
    })
  })

  /** After everything that the socket has now: one batch of many buffers costs the reader as much as one of one. */
  #wakeSoon(): void {
    this.#waking = true
    setImmediate(() => {
      this.#waking = false
      this.#wake?.()
    })
  }

  #drain(): Array<Uint8Array> {
    const buffers = this.#buffers
    const paused = this.#buffered >= readAhead
    this.#buffers = []
    this.#buffered = 0
    // Last, since it may bring more at once.
    if (paused) this.#controller?.resume()
    return buffers
  }
}

const joined = (parts: ReadonlyArray<Uint8Array>): Uint8Array =>
  parts.length === 1 && parts[0] !== undefined ? parts[0] : Buffer.concat(parts)
