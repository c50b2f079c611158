/**
 * What models can do and cost now, asked before anything is decided on it: only of the providers that the models' names
 * could mean, all at once.
 */
import { isNamed as isGoogle } from "@videogen/client/Google"
import { refreshed, VideoProvider } from "@videogen/core/VideoProvider"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Configuration } from "./Configuration.ts"
import { Output } from "./Output.ts"
import { defaultModel, latitude, type RequestFlags } from "./request.ts"

/** Has what is known of the models brought up to date, or of all that are listed; says of whom that was not possible. */
export const upToDate = (
  models?: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, never, VideoProvider> =>
  Effect.flatMap(VideoProvider, (provider) =>
    refreshed(
      provider,
      models?.filter((name) => !isGoogle(name))
    )
  )

/** The same for the models that flags and settings name; `others` are named elsewhere, such as in the lines of a file. */
export const upToDateFor = (
  flags: Pick<RequestFlags, "model" | "fallback" | "snap">,
  others: ReadonlyArray<string> = []
): Effect.Effect<ReadonlyArray<string>, never, VideoProvider | Configuration> =>
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const { fallback } = yield* latitude(flags)
    const model = Option.getOrElse(flags.model, () => settings.model ?? defaultModel)
    return yield* upToDate(Arr.dedupe([model, ...fallback, ...others]))
  })

/** Says of whom it was not possible. */
export const tellUnasked = (unasked: ReadonlyArray<string>): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, ({ note }) => Effect.forEach(unasked, (one) => note(`${one}.`), { discard: true }))
