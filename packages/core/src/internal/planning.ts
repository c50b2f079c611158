/**
 * The record of a request, made only of what is legal for its model.
 */
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Capabilities from "../Capabilities.ts"
import * as Generation from "../Generation.ts"
import { named, type VideoProvider } from "../VideoProvider.ts"
import type { VideoRequest } from "../VideoRequest.ts"
import { fingerprint } from "./fingerprint.ts"

type Provider = VideoProvider["Type"]

/** What a caller may say about a record; all of it can be left out. */
export interface PlanOptions {
  /** The id of the record. */
  readonly id?: Generation.GenerationId | undefined
  /** The file (ending in .mp4) or folder to store the video in. */
  readonly output?: string | undefined
  /** The caller's own name for the job. */
  readonly key?: Generation.JobKey | undefined
  /** Take the nearest that the model can do where it cannot do what is asked. What was changed is among the warnings. */
  readonly snap?: boolean | undefined
  /** The place in the queue. */
  readonly queue?: Generation.QueuePlace | undefined
}

/** A record that is not written yet. */
export const plan = Effect.fnUntraced(function* (
  provider: Provider,
  asked: VideoRequest,
  { id, key, output, queue, snap = false }: PlanOptions
) {
  const capabilities = yield* named(provider, asked.model)
  const { request, warnings } = yield* Capabilities.fit(capabilities, asked, { snap })
  const now = yield* DateTime.now
  const fields = {
    id: id ?? (yield* Generation.makeId),
    request,
    provider: capabilities.provider,
    model: capabilities.model,
    state: { _tag: "Queued" as const, attempt: 0 },
    createdAt: now,
    updatedAt: now,
    ...(output === undefined ? {} : { output }),
    ...(key === undefined ? {} : { key }),
    ...(queue === undefined ? {} : { queue }),
    ...(warnings.length === 0 ? {} : { warnings }),
    ...(request === asked ? {} : { asked }),
    ...Option.match(yield* fingerprint(capabilities, request), {
      onNone: () => ({}),
      onSome: (fingerprint) => ({ fingerprint })
    }),
    ...Option.match(Capabilities.estimate(capabilities, request), {
      onNone: () => ({}),
      onSome: (estimate) => ({ estimate })
    })
  }
  // Made of valid parts; checking them again would cost more than writing the record.
  return new Generation.Generation(fields, { disableValidation: true })
})
