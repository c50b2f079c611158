/**
 * The `fetch` that models are given: it follows no redirect, so that nothing paid is sent twice and no key goes elsewhere,
 * and it notes what was answered, since models tell less than they were told.
 */
import { AsyncLocalStorage } from "node:async_hooks"
import { secretsIn } from "@mutoscope/client/Secrets"
import type * as Redacted from "effect/Redacted"

/** What went over the wire within one call of a model. */
export interface Observed {
  /** Requests that were begun. */
  asked: number
  /** The statuses of their answers. */
  readonly statuses: Array<number>
  /** The answers that are kept, as far as they could be read: a model may tell no more of one than that there was one. */
  readonly kept: Array<{ readonly status: number; readonly headers: Headers; readonly body: string }>
  /** Which answers are kept. That to a poll may hold a whole video, but where the vendor is known not to send it so. */
  readonly keeps: "All" | "Refusals"
  /** The call has returned; what its model asks afterwards is no part of it. */
  over: boolean
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
      observed.secrets.push(...secretsIn(Object.fromEntries(new Headers(init?.headers))))
    }
    const response = await fetch(input, { ...init, redirect: "manual" })
    observed?.statuses.push(response.status)
    if (observed !== undefined && isKept(observed, response))
      observed.kept.push({
        status: response.status,
        headers: response.headers,
        body: await bodyOf(response)
      })
    return response
  }

const isKept = ({ keeps, over }: Observed, { headers, status }: Response): boolean =>
  !over &&
  (keeps === "All" || status >= 400) &&
  !/^(video|audio|image|application\/octet-stream)/.test(headers.get("content-type") ?? "")

/** The body of an answer, which the model can still read. One that breaks off is the model's to tell of. */
const bodyOf = (response: Response): Promise<string> =>
  response
    .clone()
    .text()
    .catch(() => "")

/** Calls a model, and notes in `observed` what it asked. */
export const observing = <A>(observed: Observed, call: () => PromiseLike<A>): Promise<A> =>
  current.run(observed, async () => {
    try {
      return await call()
    } finally {
      observed.over = true
    }
  })

/** Nothing yet. */
export const nothing = (keeps: Observed["keeps"]): Observed => ({
  asked: 0,
  statuses: [],
  kept: [],
  keeps,
  over: false,
  secrets: []
})
