/**
 * Looking for a submit whose answer was lost among what the provider has.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { StateOf } from "../Generation.ts"
import type { PollError, StorageError } from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import type { Operation } from "../Operation.ts"
import { VideoProvider } from "../VideoProvider.ts"

/**
 * The operation of an unknown submit, if there is proof. Our own label is proof; of mere candidates only one that no
 * record knows, where no other submit to the same model is unknown. That nothing is found proves nothing.
 */
export const reconcile = (
  { generation }: Claim,
  { attempt, startedAt }: StateOf<"SubmitUnknown">
): Effect.Effect<Option.Option<Operation>, PollError | StorageError, VideoProvider | GenerationStore> =>
  Effect.gen(function* () {
    const { id, provider, request } = generation
    const api = yield* VideoProvider
    const result = yield* api.reconcile({ id, provider, request, attempt, startedAt })
    switch (result._tag) {
      case "NotSupported":
        return Option.none()
      case "Found":
        return Option.some(result.operation)
      case "Candidates": {
        if (yield* hasRival(generation)) return Option.none()
        const [only, ...others] = yield* Effect.filter(result.operations, isUnclaimed)
        return others.length === 0 ? Option.fromNullable(only) : Option.none()
      }
    }
  })

const hasRival = ({ id, model, provider }: Claim["generation"]) =>
  Effect.flatMap(GenerationStore, (records) =>
    records.list({ states: ["SubmitUnknown", "Submitting"] })
  ).pipe(
    Effect.map((unknown) =>
      unknown.some((other) => other.id !== id && other.provider === provider && other.model === model)
    )
  )

const isUnclaimed = (operation: Operation) =>
  Effect.flatMap(GenerationStore, (records) => records.find(operation.id)).pipe(
    Effect.as(false),
    // Fitting more than one is no less claimed.
    Effect.catchTag("GenerationNotFound", ({ matches }) => Effect.succeed(matches.length === 0))
  )
