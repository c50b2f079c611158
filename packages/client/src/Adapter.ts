/**
 * What a registry has to know of a kind of provider in order to offer it: its name, its settings, and how one is made of
 * them. One account of it is one entry of a registry.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as ConfigError from "effect/ConfigError"
import * as Either from "effect/Either"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { withInputLimits } from "./internal/inputLimits.ts"
import type { JobApi } from "./JobApi.ts"
import * as Jobs from "./JobApi.ts"
import type { Entry } from "./Providers.ts"

/** One setting of a provider, as people write it: `apiKey`. */
export interface Setting {
  readonly name: string
  /** One sentence for the person who looks it up. */
  readonly about: string
  readonly required: boolean
  /** Never shown, and never taken from a flag or a file that others get to see. */
  readonly secret: boolean
}

/** A kind of provider. */
export interface Adapter {
  /** The name of its first account, in operations and before a model's: `fal`. */
  readonly name: string
  /** What people call it. */
  readonly title: string
  readonly settings: ReadonlyArray<Setting>
  /**
   * An account of it. `account` is the name that its operations carry; `settings` are texts, numbers, flags and JSON. What
   * is wrong with them is a `ConfigError` that shows no secret.
   */
  readonly connect: (
    account: string,
    settings: Readonly<Record<string, unknown>>
  ) => Either.Either<Entry<ConfigError.ConfigError, HttpClient.HttpClient>, ConfigError.ConfigError>
}

/** A text or secret that people put into a file or a variable. */
export const text = Schema.NonEmptyTrimmedString

/** A secret. It may be anything but empty, which nobody means. */
export const secret = Schema.transform(Schema.String, Schema.RedactedFromSelf(Schema.String), {
  strict: true,
  decode: (value) => Redacted.make(value.trim()),
  encode: Redacted.value
})

/** What an adapter has of its own: its settings are a schema, and of each `about` has a sentence. */
export interface Definition<A, I> {
  readonly name: string
  readonly title: string
  readonly settings: Schema.Schema<A, I>
  readonly about: { readonly [Name in keyof I & string]-?: string }
  readonly secrets: ReadonlyArray<keyof I & string>
}

/** What settings make, or what is wrong with them though they look well; that is shown, so it holds no secret. */
type Made<A> = A | Either.Either<A, ConfigError.ConfigError>

const orRight = <A extends object>(made: Made<A>): Either.Either<A, ConfigError.ConfigError> =>
  Either.isEither(made) ? made : Either.right(made)

/** An adapter of an API that is described as a `JobApi`. */
export const make = <A, I>({
  api,
  ...definition
}: Definition<A, I> & {
  /** The API of an account. */
  readonly api: (account: string, settings: A) => Made<JobApi>
}): Adapter =>
  of({
    ...definition,
    entry: (account, settings) =>
      Either.flatMap(orRight(api(account, settings)), (api) => {
        const fault = Jobs.faultOf(api)
        return fault === undefined
          ? Either.right(entryOf(api))
          : Either.left(ConfigError.InvalidData([account], `${account}: ${fault}`))
      })
  })

/** An adapter of any other provider. */
export const of = <A, I>(
  definition: Definition<A, I> & {
    /** The entry of an account. */
    readonly entry: (
      account: string,
      settings: A
    ) => Made<Entry<ConfigError.ConfigError, HttpClient.HttpClient>>
  }
): Adapter => {
  const decode = Schema.decodeUnknownEither(definition.settings, { onExcessProperty: "error", errors: "all" })
  const settings = Object.entries<string>(definition.about).map(([name, about]) => ({
    name,
    about,
    required: isRequired(definition.settings, name),
    secret: definition.secrets.some((secret) => secret === name)
  }))
  return {
    name: definition.name,
    title: definition.title,
    settings,
    connect: (account, given) =>
      Either.flatMap(
        Either.mapLeft(decode(given), (error) => unusable(account, error)),
        (settings) => orRight(definition.entry(account, settings))
      )
  }
}

/** An API as an entry of a registry. */
export const entryOf = (api: JobApi): Entry<ConfigError.ConfigError, HttpClient.HttpClient> => {
  const { models, other } = withInputLimits(api)
  return {
    models,
    other,
    address: api.baseUrl,
    asks: api.catalogue !== undefined,
    layer: layerOf(api)
  }
}

const layerOf = (api: JobApi): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Jobs.layer(api)

const isRequired = <A, I>(schema: Schema.Schema<A, I>, name: string): boolean =>
  Option.isNone(
    Option.filter(
      Option.some(Schema.encodedSchema(schema).ast),
      (ast) =>
        ast._tag === "TypeLiteral" &&
        ast.propertySignatures.some((property) => property.name === name && property.isOptional)
    )
  )

// Only the names of the settings: their values may be secrets.
const unusable = (account: string, error: ParseResult.ParseError): ConfigError.ConfigError => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  const names = [...new Set(issues.map(({ path }) => path.join(".")))]
  const missing = issues.every(({ _tag }) => _tag === "Missing")
  return ConfigError.InvalidData(
    [account],
    `${account}: ${names.join(", ")} ${missing ? (names.length > 1 ? "are missing" : "is missing") : "cannot be used"}`
  )
}
