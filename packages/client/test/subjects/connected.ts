/**
 * A kind of provider as whoever configures it gets it.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Adapters from "../../src/Adapters.ts"
import type * as Testing from "../../src/testing.ts"

/** The first account of a kind, with settings as a file would have them. */
export const connected =
  (
    name: string,
    settings: (options: { readonly baseUrl: string; readonly apiKey: string }) => object
  ): Testing.Subject["layer"] =>
  ({ apiKey, baseUrl }): Layer.Layer<VideoProvider, unknown, HttpClient> =>
    Layer.unwrapEffect(
      Effect.gen(function* () {
        const adapter = yield* Effect.fromNullable(Adapters.all.find((adapter) => adapter.name === name))
        const entry = yield* adapter.connect(name, {
          ...settings({ baseUrl, apiKey: Redacted.value(apiKey) })
        })
        return entry.layer
      })
    )
