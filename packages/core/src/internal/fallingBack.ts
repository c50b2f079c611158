/**
 * Another model's turn, where the last one certainly accepted nothing.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { pollInterval } from "../Capabilities.ts"
import * as Generation from "../Generation.ts"
import type { LeaseLost, StorageError, SubmitError } from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import { VideoProvider } from "../VideoProvider.ts"
import * as Choosing from "./choosing.ts"
import type { Course } from "./course.ts"
import { about } from "./observed.ts"
import * as Record from "./record.ts"

/**
 * The record with the next model that can make what was asked, queued to be sent to it; else what is to be noted of what was
 * tried. It is one move of the record: whoever finds it afterwards sends it to the new model, whoever finds it before does
 * not know what became of the old one's answer, and sends nothing.
 */
export const turn = (
  course: Course,
  claim: Claim,
  intent: Record.Intent,
  error: SubmitError
): Effect.Effect<
  Either.Either<Claim, Generation.Amendment>,
  LeaseLost | StorageError,
  GenerationStore | VideoProvider
> =>
  Effect.gen(function* () {
    const { generation } = claim
    const { fallback, model, provider, tried = [] } = generation
    if (fallback === undefined || !leavesOthers(error, fallback)) return Either.left({})
    const api = yield* VideoProvider
    const now = [...tried, { provider, model, error }]
    const asked = Generation.asked(generation)
    const sources = { provider: api, records: yield* GenerationStore }
    const chosen = yield* Choosing.choose(sources, { ...fallback, asked, tried: now })
    if (Either.isLeft(chosen))
      return Either.left({ tried: [...now, ...chosen.left.map(Choosing.triedWith)], fallback: undefined })
    const turned = yield* Record.turned(claim, intent, error, chosen.right)
    yield* about(generation)(Effect.logWarning(`${error.message}; next: ${chosen.right.request.model}`))
    course.turnTo(Option.map(api.capabilities(chosen.right.request.model), pollInterval))
    return Either.right(turned)
  })

/**
 * Whether a refusal is this provider's alone. What is wrong with the request, or its content, is so for all of them; and where
 * the content may be the reason, the prompt is shown to another only if the caller allowed it.
 */
const leavesOthers = (error: SubmitError, { unclear = false }: Generation.Fallback): boolean => {
  switch (error._tag) {
    case "AuthenticationFailed":
      return error.unclear !== true || unclear
    case "QuotaExceeded":
    case "RateLimited":
    case "ProviderUnavailable":
    case "UnsupportedOption":
      return true
    case "ContentBlocked":
    case "InvalidRequest":
    case "SubmitUnknown":
      return false
  }
}
