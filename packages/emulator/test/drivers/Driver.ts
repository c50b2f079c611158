/** How a plain client of a dialect does what clients of every dialect do. */
import type { Emulator } from "@mutoscope/emulator/Emulator"
import type * as Effect from "effect/Effect"
import type * as Schema from "effect/Schema"

export type Headers = Record<string, string>

type Call = Effect.Effect<Response, Error, Emulator>

/** What an answer to a poll says of its job. `refused` is a job that ended as one whose content is not allowed. */
export type State = "waiting" | "done" | "failed" | "refused" | "empty" | "cancelled"

/**
 * - `submit`: posts a job for a prompt, with a scenario in the field of the body that the dialect has for it.
 * - `jobIn`: what the job is called from now on, in the body of an accepted submit.
 * - `stateIn`: the state, in the body of a poll.
 * - `cancel`: if the wire has such a thing; `afterCancel` is the status of a poll from then on, if it is not 200.
 * - `download`: asks for the video of a job that is done, at the address that its poll tells.
 * - `Refusal`: the shape of every refusal.
 * - `statuses`: where they are other than `usual`.
 */
export interface Driver {
  readonly keyed: (key: string) => Headers
  readonly submit: (
    prompt: string,
    options?: { readonly scenario?: string; readonly headers?: Headers }
  ) => Call
  readonly jobIn: (body: unknown) => string
  readonly poll: (job: string, headers?: Headers) => Call
  readonly stateIn: (body: unknown) => State
  readonly cancel?: (job: string) => Call
  readonly afterCancel?: number
  readonly download: (job: string, headers?: Headers) => Effect.Effect<Response, unknown, Emulator>
  readonly unknownJob: string
  readonly Refusal: Schema.Schema.AnyNoContext
  readonly statuses?: Partial<Statuses>
}

export const usual = {
  accepted: 200,
  quota: 429,
  "rate-limit": 429,
  unavailable: 503,
  unauthorized: 401,
  "retired-model": 404,
  unknownJob: 404,
  expired: 404
}

export type Statuses = typeof usual
