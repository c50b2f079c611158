/**
 * Which model gets a request: the first of those that the caller named that can make what is asked.
 */
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Capabilities from "../Capabilities.ts"
import type { Generation, Tried } from "../Generation.ts"
import type { UnsupportedOption } from "../GenerationError.ts"
import { named, narrowedTo, refreshed, type VideoProvider } from "../VideoProvider.ts"
import { VideoRequest } from "../VideoRequest.ts"
import { fingerprint } from "./fingerprint.ts"
import * as Quoting from "./quoting.ts"

/**
 * What a caller wants: the request as it was made, the models in their order, what was tried in vain before, and whether the
 * next is tried also after a refusal that may be about the content.
 */
export interface Wanted extends Capabilities.Latitude {
  readonly asked: VideoRequest
  readonly models: Arr.NonEmptyReadonlyArray<string>
  readonly tried: ReadonlyArray<Tried>
  readonly unclear?: boolean | undefined
}

/** Whose models there are, and what was charged for them before. */
export interface Sources {
  readonly provider: VideoProvider["Type"]
  readonly records: Quoting.Receipts
}

/** All of a record that follows its model. */
export type Choice = Pick<Generation, "provider" | "model" | "request" | Optional>

type Optional =
  | "asked"
  | "warnings"
  | "ignored"
  | "fingerprint"
  | "estimate"
  | "quoted"
  | "tried"
  | "fallback"

/**
 * The choice, by what the models can do now; or, where none of them can, why not, in their order. Whose word on that could
 * not be had is among the warnings.
 */
export const choose = (sources: Sources, wanted: Wanted): Effect.Effect<Either.Either<Choice, Refusals>> =>
  Effect.flatMap(refreshed(sources.provider, wanted.models), (unheard) =>
    Effect.map(
      from(sources, wanted, wanted.models, []),
      Either.map((choice) =>
        unheard.length === 0 ? choice : { ...choice, warnings: [...(choice.warnings ?? []), ...unheard] }
      )
    )
  )

/** Why the models cannot do what was asked, one for each. */
export type Refusals = Arr.NonEmptyReadonlyArray<UnsupportedOption>

const from = (
  sources: Sources,
  wanted: Wanted,
  [model, ...rest]: Wanted["models"],
  refusals: ReadonlyArray<UnsupportedOption>
): Effect.Effect<Either.Either<Choice, Refusals>> =>
  named(sources.provider, model).pipe(
    Effect.flatMap((capabilities) => choiceOf(sources, capabilities, model, wanted)),
    Effect.matchEffect({
      onFailure: (error) => {
        const all = Arr.append(refusals, error)
        return Arr.isNonEmptyReadonlyArray(rest)
          ? from(sources, wanted, rest, all)
          : Effect.succeed(Either.left(all))
      },
      onSuccess: (choice) => {
        const tried = [...wanted.tried, ...refusals.map(triedWith)]
        return Effect.succeed(
          Either.right({
            ...choice,
            tried: tried.length === 0 ? undefined : tried,
            fallback: Arr.isNonEmptyReadonlyArray(rest) ? { models: rest, ...latitudeOf(wanted) } : undefined
          })
        )
      }
    })
  )

const latitudeOf = ({ snap, unasked = [], unclear = false }: Wanted) => ({
  snap,
  ...(unasked.length === 0 ? {} : { unasked }),
  ...(unclear ? { unclear } : {})
})

/** A model that cannot do what was asked, as one that was tried. */
export const triedWith = (error: UnsupportedOption): Tried => ({
  provider: error.provider,
  model: error.model,
  error
})

const choiceOf = Effect.fnUntraced(function* (
  { provider, records }: Sources,
  known: Capabilities.Capabilities,
  model: string,
  { asked, snap, unasked }: Wanted
) {
  const wanted = model === asked.model ? asked : retold(asked, model)
  const capabilities = yield* narrowedTo(provider, known, wanted)
  const { ignored, request, warnings } = yield* Capabilities.fit(capabilities, wanted, { snap, unasked })
  return {
    provider: capabilities.provider,
    model: capabilities.model,
    request,
    asked: request === asked ? undefined : asked,
    warnings: warnings.length === 0 ? undefined : warnings,
    ignored: ignored.length === 0 ? undefined : ignored,
    fingerprint: Option.getOrUndefined(yield* fingerprint(capabilities, request)),
    ...(yield* Quoting.quoted(records, capabilities, request))
  }
})

const retold = (asked: VideoRequest, model: string) =>
  new VideoRequest({ ...asked, model }, { disableValidation: true })
