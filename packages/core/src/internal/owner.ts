/**
 * Who holds generations in this process: a name of its own, and a heartbeat for as long as it lives.
 */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import * as Generation from "../Generation.ts"
import type { StorageError } from "../GenerationError.ts"
import { GenerationStore } from "../GenerationStore.ts"
import { Policy } from "../Policy.ts"

/** A new owner, alive until the scope closes, and then known not to be. It says so three times in each lease. */
export const make: Effect.Effect<string, StorageError, GenerationStore | Scope.Scope> = Effect.gen(
  function* () {
    const records = yield* GenerationStore
    const { lease } = yield* Policy
    const owner = yield* Generation.makeId
    const beat = records.heartbeat(owner, lease)
    yield* beat
    yield* Effect.addFinalizer(() => Effect.ignoreLogged(records.retire(owner)))
    yield* beat.pipe(
      Effect.catchAll((error) => Effect.logWarning("The heartbeat could not be written", error)),
      Effect.schedule(Schedule.spaced(Duration.times(lease, 1 / 3))),
      Effect.forkScoped
    )
    return owner
  }
)
