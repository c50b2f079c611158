/**
 * Finding a model by a name that a person gave.
 */
import { type Capabilities, isNamed } from "@mutoscope/core/Capabilities"
import * as Option from "effect/Option"

/** The model of that name among some. */
export const find = (models: ReadonlyArray<Capabilities>, name: string): Option.Option<Capabilities> =>
  Option.fromNullable(models.find((model) => isNamed(model, name)))

/**
 * The model of that name among a provider's; one that is in no table is what the provider assumes of it, where it was
 * named with the provider's own name before it, or as a record has it.
 */
export const named =
  (
    provider: string,
    models: ReadonlyArray<Capabilities>,
    other: ((model: string) => Option.Option<Capabilities>) | undefined
  ) =>
  (name: string): Option.Option<Capabilities> =>
    Option.orElse(find(models, name), () =>
      other === undefined ? Option.none() : other(own(provider, name))
    )

/** A name without the provider's before it. */
export const own = (provider: string, name: string): string =>
  name.startsWith(`${provider}/`) ? name.slice(provider.length + 1) : name
