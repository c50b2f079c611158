/**
 * What a run over the queue makes of the ends of its generations: which count, which are worth telling, which stop the run.
 */
import * as Either from "effect/Either"
import type { Generation, GenerationId, InState } from "../Generation.ts"
import { type GenerationError, isAboutAccount, isOfOnePlace } from "../GenerationError.ts"

/** How one generation ended for this run. */
export interface End {
  readonly generation: Generation
  readonly result: Either.Either<InState<"Completed">, GenerationError>
}

/** The ends so far. */
export interface Ends {
  completed: number
  failed: number
  /** What keeps the rest from being taken. */
  halted: GenerationError | undefined
  /** What is in the queue still and has no place for its video. */
  readonly unstorable: Set<GenerationId>
}

/** No ends yet. */
export const none = (): Ends => ({ completed: 0, failed: 0, halted: undefined, unstorable: new Set() })

/** Counts an end; false where it is none that anybody need be told of. */
export const count = (ends: Ends, { generation: { id }, result }: End): boolean => {
  if (Either.isRight(result)) {
    ends.completed++
    return true
  }
  const error = result.left
  // Stopped with the others by what one of them met.
  if (error === ends.halted) return false
  // It is still in the queue, and nothing came of it; or it was taken once more, before that was known of it.
  if (error._tag === "HeldBack" || error._tag === "ProviderPaused" || ends.unstorable.has(id)) return false
  if (isOfOnePlace(error)) ends.unstorable.add(id)
  if (haltsAll(error) || ends.unstorable.size >= mostUnstorable) ends.halted = error
  else if (error._tag !== "LeaseLost") ends.failed++
  // What stops the run is told with the run; as an end of those that happened to meet it, it would be told many times.
  return !isAboutAccount(error)
}

/** Each of the others would meet the same, and some of it would cost. */
const haltsAll = (error: GenerationError) =>
  isAboutAccount(error) || (error._tag === "StorageError" && !isOfOnePlace(error))

/** So many videos that have no place of their own make it likely that no other has one either. */
const mostUnstorable = 100
