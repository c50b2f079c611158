/**
 * What models can do and cost now, asked before anything is decided on it: only of the providers that the models' names
 * could mean, all at once.
 */
import { isNamed as isGoogle } from "@mutoscope/client/Google"
import { refreshed, VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { accounts, faultOf } from "./accounts.ts"
import { Configuration, type ConfigurationInvalid } from "./Configuration.ts"
import { Output } from "./Output.ts"
import { defaultModel, latitude, type RequestFlags } from "./request.ts"

/**
 * Has what is known of the models brought up to date, or of all that are listed, and says of whom that was not possible.
 * Before that the person is told which accounts are not set up well: their models are not there at all.
 */
export const upToDate = (
  models?: ReadonlyArray<string>
): Effect.Effect<ReadonlyArray<string>, ConfigurationInvalid, VideoProvider | Configuration | Output> =>
  Effect.gen(function* () {
    const { note } = yield* Output
    for (const { entry, name } of yield* accounts)
      if (Either.isLeft(entry)) yield* note(`${name} is not used: ${faultOf({ name }, entry.left)}.`)
    return yield* refreshed(
      yield* VideoProvider,
      models?.filter((name) => !isGoogle(name))
    )
  })

/** The same for the models that flags and settings name; `others` are named elsewhere, such as in the lines of a file. */
export const upToDateFor = (
  flags: Pick<RequestFlags, "model"> & Parameters<typeof latitude>[0],
  others: ReadonlyArray<string> = []
): Effect.Effect<ReadonlyArray<string>, ConfigurationInvalid, VideoProvider | Configuration | Output> =>
  Effect.gen(function* () {
    const { settings } = yield* Configuration
    const { fallback } = yield* latitude(flags)
    const model = Option.getOrElse(flags.model, () => settings.model ?? defaultModel)
    return yield* upToDate(Arr.dedupe([model, ...fallback, ...others]))
  })

/** Says of whom it was not possible. */
export const tellUnheard = (unheard: ReadonlyArray<string>): Effect.Effect<void, never, Output> =>
  Effect.flatMap(Output, ({ note }) => Effect.forEach(unheard, (one) => note(`${one}.`), { discard: true }))
