/**
 * Leaving a generation to the provider: waiting only until its operation is on record.
 */
import * as Generation from "@mutoscope/core/Generation"
import type { GenerationError } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { Policy } from "@mutoscope/core/Policy"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Output } from "./Output.ts"
import { previewName } from "./Preview.ts"
import type { Wish } from "./ProgressView.ts"
import * as Waiting from "./Waiting.ts"

/** Returns once the operation is on record; what becomes of the generation before that is told like any end. */
export const detach = <A, R>(
  id: Generation.GenerationId,
  policy: Policy["Type"],
  wish: Wish,
  run: Effect.Effect<A, GenerationError, R>,
  key?: Generation.JobKey
) =>
  Effect.gen(function* () {
    yield* Effect.raceFirst(Effect.provideService(run, Policy, policy), submitted(id)).pipe(
      Effect.catchAll((error) => Effect.flatMap(Waiting.stopped(id, error, key), Effect.fail))
    )
    const generation = yield* Effect.flatMap(GenerationStore, (records) =>
      key === undefined ? records.get(id) : records.find(key)
    )
    yield* tell(generation, wish)
  })

const submitted = (id: Generation.GenerationId) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const look = Effect.map(Effect.option(records.get(id)), Option.exists(hasOperation))
    yield* Effect.repeat(Effect.delay(look, "50 millis"), { until: (found) => found })
  })

const hasOperation = (generation: Generation.Generation) => Option.isSome(Generation.operation(generation))

const tell = (generation: Generation.Generation, { json, quiet }: Wish) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    yield* data(
      json ? JSON.stringify({ event: "submitted", ...Generation.summary(generation) }) : generation.id
    )
    if (quiet || json) return
    if (generation.provider === previewName) yield* note("The preview is rendered only while mutoscope runs.")
    yield* note(`  fetch the video:  mutoscope resume ${generation.id}`)
    yield* note(`  stop the job:     mutoscope cancel ${generation.id}`)
  })
