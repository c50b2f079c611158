/**
 * The record of a request, made only of what is legal for its model.
 */
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type * as Capabilities from "../Capabilities.ts"
import * as Generation from "../Generation.ts"
import { named, refreshed } from "../VideoProvider.ts"
import type { VideoRequest } from "../VideoRequest.ts"
import * as Choosing from "./choosing.ts"

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
  /** What stands in the request though nobody chose it: the nearest that the model can do is taken, without a word. */
  readonly unasked?: Capabilities.Latitude["unasked"]
  /**
   * The models to try next, in their order, where it is certain that the ones before accepted nothing: they cannot do what is
   * asked, refuse the credentials, have no quota left, or are still out of reach or asking for a pause after the last retry.
   */
  readonly fallback?: ReadonlyArray<string> | undefined
  /**
   * Tries the next model also where a provider refused without saying why (HTTP 403), so that its filter may have blocked the
   * prompt: false by default, since a prompt that may be blocked is then shown to another provider.
   */
  readonly fallbackUnclear?: boolean | undefined
  /** The place in the queue. */
  readonly queue?: Generation.QueuePlace | undefined
}

/** A record that is not written yet. Fails as the first model does where none of them can, and where one is not known. */
export const plan = Effect.fnUntraced(function* (
  sources: Choosing.Sources,
  asked: VideoRequest,
  { fallback = [], fallbackUnclear, id, key, output, queue, snap = false, unasked }: PlanOptions
) {
  const { provider } = sources
  const models = Arr.dedupe(Arr.prepend(fallback, asked.model))
  const unheard = yield* refreshed(provider, models)
  yield* Effect.forEach(models, (model) => named(provider, model, unheard), { discard: true })
  const choice = yield* Choosing.choose(sources, {
    asked,
    models,
    snap,
    unasked,
    unclear: fallbackUnclear,
    tried: []
  })
  if (Either.isLeft(choice)) return yield* choice.left[0]
  const now = yield* DateTime.now
  const fields = {
    id: id ?? (yield* Generation.makeId),
    state: { _tag: "Queued" as const, attempt: 0 },
    createdAt: now,
    updatedAt: now,
    ...choice.right,
    ...(output === undefined ? {} : { output }),
    ...(key === undefined ? {} : { key }),
    ...(queue === undefined ? {} : { queue })
  }
  // Made of valid parts; checking them again would cost more than writing the record.
  return new Generation.Generation(fields, { disableValidation: true })
})
