/**
 * What the provider has that may be a submit whose outcome is unknown, for a person to judge.
 */
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import type { Operation } from "@mutoscope/core/Operation"
import { type Reconciliation, VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { Undecided } from "./Undecided.ts"
import { oneLine } from "./wording.ts"

/** So many jobs are listed. */
const mostListed = 10

/** The longest id that is shown whole: it is to be copied. */
const longestId = 1024

/** Asks the provider, and says what it has in lines for a person. Jobs of other records are left out. */
export const listing = ({ id, provider, request, state }: Undecided) =>
  Effect.gen(function* () {
    const { attempt, startedAt } = state
    const api = yield* VideoProvider
    const answer = yield* Effect.either(api.reconcile({ id, provider, request, attempt, startedAt }))
    if (Either.isLeft(answer)) return [`The provider could not be asked for its jobs: ${answer.left.message}`]
    return yield* linesOf(answer.right)
  })

const linesOf = (answer: Reconciliation) => {
  switch (answer._tag) {
    case "NotSupported":
      return Effect.succeed(["The provider has no list of jobs to look in"])
    case "Found":
      return Effect.succeed(["At the provider, under the name of this submit:", shown(answer.operation)])
    case "Candidates":
      return Effect.map(Effect.filter(answer.operations, isFree), (free) =>
        free.length === 0
          ? ["The provider lists no job of that time that could be it, which proves nothing"]
          : [
              "The provider has of that model and time (any of them may be it, or none):",
              ...free.slice(0, mostListed).map(shown),
              ...(free.length > mostListed ? [`  and ${free.length - mostListed} more`] : [])
            ]
      )
  }
}

const shown = ({ id }: Operation) => `  ${oneLine(id, longestId)}`

/** Whether no record has the job. A reference that fits several records is one of theirs. */
const isFree = ({ id }: Operation) =>
  Effect.flatMap(GenerationStore, (records) => records.find(id)).pipe(
    Effect.as(false),
    Effect.catchTag("GenerationNotFound", ({ matches }) => Effect.succeed(matches.length === 0))
  )
