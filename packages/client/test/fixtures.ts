/** What many tests need: a request, an intent, and a Veo at an address. */
import type { HttpClient } from "@effect/platform/HttpClient"
import { GenerationId } from "@mutoscope/core/Generation"
import { type Intent, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Config from "effect/Config"
import type * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as Veo from "../src/Veo.ts"

/** A key that must never be seen anywhere but in the header of a request to its own server. */
export const canary = "CANARY-5f2b9c-do-not-leak"

export const request = (fields: Partial<typeof VideoRequest.Type> = {}): VideoRequest =>
  new VideoRequest({
    prompt: "a lighthouse",
    model: "veo-3.1",
    aspectRatio: "16:9",
    duration: 4,
    resolution: "720p",
    ...fields
  })

export const intent = (fields: Partial<typeof VideoRequest.Type> = {}): Intent => ({
  id: GenerationId.make("0123456789abcdef"),
  attempt: 1,
  provider: "veo",
  request: request(fields),
  startedAt: DateTime.unsafeMake(0)
})

export const operationName = "models/veo-3.1-generate-preview/operations/abc123"

export const operation = { provider: "veo", id: operationName, model: "veo-3.1-generate-preview" }

export const fromTheStart = { offset: 0, validator: Option.none<string>() }

export const options = (baseUrl: string, more: Partial<Veo.ApiKeyOptions> = {}): Veo.ApiKeyOptions => ({
  _tag: "ApiKey",
  apiKey: Redacted.make(canary),
  baseUrl,
  ...more
})

/** Runs something with a Veo over the real transport. */
export const withVeo =
  (options: Veo.Options) =>
  <A, E>(
    use: (veo: Context.Tag.Service<VideoProvider>) => Effect.Effect<A, E>
  ): Effect.Effect<A, E | ConfigError.ConfigError> =>
    Effect.flatMap(VideoProvider, use).pipe(Effect.provide(veoLayer(options)))

export const veoLayer = (options: Veo.Options): Layer.Layer<VideoProvider, ConfigError.ConfigError> =>
  Veo.layerConfig(Config.succeed(options)).pipe(
    Layer.provide(HttpTransport.layer satisfies Layer.Layer<HttpClient>)
  )
