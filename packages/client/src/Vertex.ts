/**
 * Vertex AI, one account of it: Veo, and with a bucket for its videos Gemini Omni too, each asked for at a location of its
 * own, with the same token.
 *
 * @since 0.1.0
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import { AuthenticationFailed } from "@mutoscope/core/GenerationError"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as Adapter from "./Adapter.ts"
import * as GeminiOmni from "./GeminiOmni.ts"
import { withInputLimits } from "./internal/inputLimits.ts"
import { vertexBase } from "./internal/veoForm.ts"
import * as JobApi from "./JobApi.ts"
import * as Veo from "./Veo.ts"

/** A bucket of Google's storage, and a folder in it: `gs://bucket/folder`. */
export const Bucket = Adapter.text.pipe(
  Schema.pattern(/^gs:\/\/[a-z0-9][a-z0-9._-]+(\/\S*)?$/, { message: () => "it is like gs://bucket/folder" })
)

/** Whose Vertex AI, and where: Veo is asked for at `location`, Omni at `omniLocation`. */
export const Options = Schema.Struct({
  project: Adapter.text,
  location: Schema.optional(Adapter.text),
  omniLocation: Schema.optional(Adapter.text),
  token: Schema.optional(Adapter.secret),
  storageUri: Schema.optional(Bucket),
  baseUrl: Schema.optional(Adapter.text),
  storageUrl: Schema.optional(Adapter.text)
})
export type Options = typeof Options.Type

/** Where Veo is asked for unless told otherwise. */
export const defaultLocation = "us-central1"

/** Where Omni is asked for unless told otherwise: it has been seen nowhere else. */
export const defaultOmniLocation = "global"

/** The token of the moment for an account, by its name. */
export type TokenSupplier = (account: string) => Effect.Effect<Redacted.Redacted, AuthenticationFailed>

/**
 * Who gives a token to an account that is told none; asked at every request, since a token lasts about an hour and a job
 * may last longer. Unless somebody is provided, such an account fails with `AuthenticationFailed`.
 */
export class Tokens extends Context.Reference<Tokens>()("@mutoscope/client/Vertex/Tokens", {
  defaultValue: (): TokenSupplier => nobody
}) {}

const nobody: TokenSupplier = (provider) =>
  new AuthenticationFailed({ provider, reason: "it has no token, and nobody supplies one" })

/** An account as a `VideoProvider`. Fails with a `ConfigError` where a token must not be sent to one of its addresses. */
export const make = (
  account: string,
  options: Options
): Effect.Effect<
  Context.Tag.Service<VideoProvider>,
  ConfigError.ConfigError,
  HttpClient.HttpClient | Scope.Scope
> =>
  Effect.gen(function* () {
    const supply = yield* Tokens
    const accessToken = options.token === undefined ? supply(account) : Effect.succeed(options.token)
    const veo = yield* Veo.make(veoOf(account, options, accessToken))
    const omni = yield* JobApi.make(omniOf(account, options, accessToken))
    const named = (model: string) => (Option.isSome(omni.capabilities(model)) ? omni : veo)
    // A record holds a model's own id, and is looked after even where the bucket is no longer configured.
    const recorded = (model: string) => (model.startsWith("gemini-omni-") ? omni : veo)
    return VideoProvider.of({
      submit: (intent) => named(intent.request.model).submit(intent),
      poll: (operation) => recorded(operation.model).poll(operation),
      cancel: (operation) => recorded(operation.model).cancel(operation),
      reconcile: (intent, options) => named(intent.request.model).reconcile(intent, options),
      download: (operation, video, from, request) =>
        recorded(operation.model).download(operation, video, from, request),
      capabilities: (model) => named(model).capabilities(model),
      models: [...veo.models, ...omni.models]
    })
  })

/** {@link make} as a layer. */
export const layer = (
  account: string,
  options: Options
): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.scoped(VideoProvider, make(account, options))

/** One for a registry. */
export const adapter = Adapter.of({
  name: "vertex",
  title: "Vertex AI: Veo, and with a bucket Gemini Omni",
  settings: Options,
  secrets: ["token"],
  about: {
    project: "The project of Google Cloud",
    location: `Where Veo is asked for: ${defaultLocation} (default), or global`,
    omniLocation: `Where Gemini Omni is asked for: ${defaultOmniLocation} (default)`,
    token: "An access token, instead of Google's Application Default Credentials",
    storageUri: "gs://bucket/folder for the videos; turns Gemini Omni on",
    baseUrl: "Another server that speaks for Vertex AI",
    storageUrl: "Another server that speaks for Google's storage; it gets the token too"
  },
  entry: (account, options) => {
    const omni = withInputLimits(omniOf(account, options, nobody(account)))
    return {
      models: [...Veo.models({ _tag: "Vertex", provider: account }), ...omni.models],
      other: omni.other,
      asks: false,
      address: options.baseUrl ?? vertexBase(options.location ?? defaultLocation),
      layer: layer(account, options)
    }
  }
})

const veoOf = (
  account: string,
  { location = defaultLocation, token: _, ...options }: Options,
  accessToken: ReturnType<TokenSupplier>
): Veo.VertexOptions => ({ _tag: "Vertex", provider: account, location, accessToken, ...options })

/** Without a bucket its videos have no place to go, and it has no models. */
const omniOf = (
  account: string,
  { omniLocation: location = defaultOmniLocation, storageUri, token: _, ...options }: Options,
  accessToken: ReturnType<TokenSupplier>
): JobApi.JobApi => {
  const api = GeminiOmni.vertexApi(account, {
    ...options,
    location,
    accessToken,
    storageUri: storageUri ?? ""
  })
  return storageUri === undefined ? { ...api, models: [], other: undefined } : api
}
