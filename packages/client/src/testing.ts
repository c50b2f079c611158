/**
 * The contract of every `VideoProvider`, as tests that bring their own server: for the providers of this package, and for
 * yours. Each case is an Effect, so that any test runner runs it.
 *
 * ```ts
 * for (const { name, run } of Testing.contract(subject)) it.effect(name, () => run)
 * ```
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Blocking from "./internal/contract/blocking.ts"
import * as Cancelling from "./internal/contract/cancelling.ts"
import * as Distorting from "./internal/contract/distorting.ts"
import * as Downloading from "./internal/contract/downloading.ts"
import * as Polling from "./internal/contract/polling.ts"
import * as Reconciling from "./internal/contract/reconciling.ts"
import * as Refusing from "./internal/contract/refusing.ts"
import type { Case, ContractBroken, Subject } from "./internal/contract/subject.ts"
import * as Submitting from "./internal/contract/submitting.ts"

export {
  type Case,
  ContractBroken,
  type ListedJob,
  type Purpose,
  type Subject,
  type Wire
} from "./internal/contract/subject.ts"
export { json, type Received, type Reply } from "./internal/liar.ts"

/** Every test of the contract for a provider. */
export const contract = (subject: Subject): ReadonlyArray<Case> => [
  ...Submitting.cases(subject),
  ...Refusing.cases(subject),
  ...Blocking.cases(subject),
  ...Reconciling.cases(subject),
  ...Polling.cases(subject),
  ...Distorting.cases(subject),
  ...Cancelling.cases(subject),
  ...Downloading.cases(subject)
]

/** Runs all of them in turn, for those who have no test runner at hand: the names of those that broke, and how. */
export const run = (
  subject: Subject
): Effect.Effect<ReadonlyArray<{ readonly name: string; readonly broken: ContractBroken }>> =>
  Effect.map(
    Effect.forEach(contract(subject), ({ name, run }) =>
      Effect.match(run, {
        onFailure: (broken) => [{ name, broken }],
        onSuccess: () => []
      })
    ),
    (results) => results.flat()
  )
