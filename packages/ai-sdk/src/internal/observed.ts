/**
 * The `fetch` that models are given: it follows no redirect, so that nothing paid is sent twice and no key goes elsewhere,
 * and it notes what was answered, since models tell less than they were told.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { secretName } from "@mutoscope/client/Secrets"
import * as Redacted from "effect/Redacted"

/** What went over the wire within one call of a model. */
export interface Observed {
  /** Requests that were begun. */
  asked: number
  /** The statuses of their answers. */
  readonly statuses: Array<number>
  /** What the refusals among them say: the beginning of each body. */
  readonly refusals: Array<string>
  /** The keys that went along, which an answer may repeat. */
  readonly secrets: Array<Redacted.Redacted>
}

const current = new AsyncLocalStorage<Observed>()

/** Any `fetch`, watched. */
export const watched =
  (fetch: typeof globalThis.fetch): typeof globalThis.fetch =>
  async (input, init) => {
    const observed = current.getStore()
    if (observed !== undefined) {
      observed.asked++
      observed.secrets.push(...secretsOf(new Headers(init?.headers)))
    }
    const response = await fetch(input, { ...init, redirect: "manual" })
    observed?.statuses.push(response.status)
    if (observed !== undefined && response.status >= 400) observed.refusals.push(await beginning(response))
    return response
  }

/** The most of a refusal that is looked at, in bytes. */
const mostOfRefusal = 64 * 1024

/** Read from a copy, which the model does not miss. A body that breaks off is told of to the model. */
const beginning = async (response: Response): Promise<string> => {
  const reader = response.clone().body?.getReader()
  const parts: Array<Uint8Array> = []
  let length = 0
  try {
    while (reader !== undefined && length < mostOfRefusal) {
      const { done, value } = await reader.read()
      if (done) break
      parts.push(value)
      length += value.byteLength
    }
  } catch {
    return ""
  }
  void reader?.cancel().catch(() => {})
  return Buffer.concat(parts).subarray(0, mostOfRefusal).toString()
}

/** Without the word before it that says what kind of key it is. */
const secretsOf = (headers: Headers): ReadonlyArray<Redacted.Redacted> =>
  Array.from(headers).flatMap(([name, value]) =>
    secretName.test(name) ? [Redacted.make(value.replace(/^\S+ /, ""))] : []
  )

/** Calls a model, and notes in `observed` what it asked. */
export const observing = <A>(observed: Observed, call: () => PromiseLike<A>): Promise<A> =>
  current.run(observed, async () => await call())

/** Nothing yet. */
export const nothing = (): Observed => ({ asked: 0, statuses: [], refusals: [], secrets: [] })
