/**
 * The providers of the command: a provider more is an entry more.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import type * as Providers from "@mutoscope/client/Providers"
import * as Veo from "@mutoscope/client/Veo"
import type { Price } from "@mutoscope/core/Capabilities"
import * as Money from "@mutoscope/core/Money"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { accounts, faultOf } from "./accounts.ts"
import type { Configuration, ConfigurationInvalid } from "./Configuration.ts"
import { googleTokens } from "./googleTokens.ts"
import { previewName } from "./Preview.ts"

type Registry = Providers.Registry<unknown, HttpClient.HttpClient>

/** What is configured, in the order in which a model's bare name is looked up. The preview, which always is, comes last. */
export const registry = (
  configuration: Configuration["Type"]
): Effect.Effect<Registry, ConfigurationInvalid, Configuration> =>
  Effect.gen(function* () {
    const usable = (yield* accounts).map(({ entry, name }) =>
      Either.match(entry, {
        // What is wrong with one account is no reason to do without the others.
        onLeft: (error) =>
          [name, { models: [], fault: faultOf({ name }, error), layer: Layer.fail(error) }] as const,
        onRight: (entry) => [name, withGoogle(entry)] as const
      })
    )
    return {
      ...Object.fromEntries(usable),
      [previewName]: preview(configuration)
    }
  })

/** Whoever wants a token of Google's has one of this machine's. */
const withGoogle = <E>(
  entry: Providers.Entry<E, HttpClient.HttpClient>
): Providers.Entry<E, HttpClient.HttpClient> => ({
  ...entry,
  layer: Layer.provide(entry.layer, googleTokens)
})

// --- the preview of this machine ---------------------------------------------------------------------------------

const free: Price = {
  asOf: "2026-11-24",
  source: "it runs on your own machine",
  rates: [{ perSecond: Money.zero }],
  freeOptions: ["*"]
}

const preview = ({ dataDir }: Configuration["Type"]): Providers.Entry<unknown, HttpClient.HttpClient> => {
  const shared = {
    provider: previewName,
    cancel: true,
    capabilities: { ...Veo.unrestricted, title: "Procedural preview, no AI model", price: free }
  }
  return {
    models: Veo.models({ _tag: "ApiKey", ...shared }),
    asks: false,
    standsIn: true,
    layer: Layer.unwrapScoped(
      Effect.map(startEmulator(dataDir), ({ url, apiKey }) =>
        Veo.layer({ _tag: "ApiKey", baseUrl: url, apiKey, ...shared })
      )
    )
  }
}

/** The emulator on a free port of the loopback, for this process alone: nobody else knows its key. */
const startEmulator = (dataDir: string) =>
  Effect.gen(function* () {
    const [Emulator, { join }, { randomUUID }] = yield* Effect.promise(() =>
      Promise.all([import("@mutoscope/emulator/Emulator"), import("node:path"), import("node:crypto")])
    )
    const apiKey = Redacted.make(randomUUID())
    const context = yield* Layer.build(Emulator.layer({ directory: join(dataDir, "emulator"), apiKey }))
    return { apiKey, url: Context.get(context, Emulator.Emulator).url }
  })
