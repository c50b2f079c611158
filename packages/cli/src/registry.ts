/**
 * The providers of the command: a provider more is an entry more.
 */
import type * as HttpClient from "@effect/platform/HttpClient"
import * as Adapter from "@videogen/client/Adapter"
import * as GeminiOmni from "@videogen/client/GeminiOmni"
import type * as Providers from "@videogen/client/Providers"
import * as Veo from "@videogen/client/Veo"
import type { Price } from "@videogen/core/Capabilities"
import { AuthenticationFailed } from "@videogen/core/GenerationError"
import * as Money from "@videogen/core/Money"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import { accounts } from "./accounts.ts"
import type { Configuration, ConfigurationInvalid } from "./Configuration.ts"
import { previewName } from "./Preview.ts"

type Registry = Providers.Registry<unknown, HttpClient.HttpClient>

/** What is configured, in the order in which a model's bare name is looked up. The preview, which always is, comes last. */
export const registry = (
  configuration: Configuration["Type"]
): Effect.Effect<Registry, ConfigurationInvalid, Configuration> =>
  Effect.gen(function* () {
    const usable = yield* Effect.forEach(yield* accounts, ({ entry, name }) =>
      Either.match(entry, {
        // What is wrong with one account is no reason to do without the others.
        onLeft: (error) => Effect.as(Effect.logWarning(`${name} is not used: ${String(error)}`), []),
        onRight: (entry) => Effect.succeed([[name, entry] as const])
      })
    )
    return {
      ...vertex(configuration),
      ...omni(configuration),
      ...Object.fromEntries(usable.flat()),
      [previewName]: preview(configuration)
    }
  })

// --- Vertex AI ---------------------------------------------------------------------------------------------------

/** Where Vertex AI is unless told otherwise. */
export const defaultLocation = "us-central1"

/** Where Omni is there, unless told otherwise: it has been seen nowhere else. */
export const defaultOmniLocation = "global"

/** The name of Omni on Vertex AI. */
export const omniName = "vertex-omni"

const vertex = ({ settings }: Configuration["Type"]): Registry => {
  const { vertexProject: project, vertexLocation: location = defaultLocation } = settings
  if (project === undefined) return {}
  const options = {
    _tag: "Vertex" as const,
    provider: "vertex",
    project,
    location,
    storageUri: settings.vertexStorageUri,
    accessToken: accessToken("vertex", settings)
  }
  return { vertex: { models: Veo.models(options), layer: Veo.layer(options) } }
}

/** Its videos go into a bucket, and nowhere else. */
const omni = ({ settings }: Configuration["Type"]): Registry => {
  const { vertexProject: project, vertexStorageUri: storageUri } = settings
  if (project === undefined || storageUri === undefined) return {}
  const api = GeminiOmni.vertexApi(omniName, {
    project,
    location: settings.vertexOmniLocation ?? defaultOmniLocation,
    storageUri,
    accessToken: accessToken(omniName, settings)
  })
  return { [omniName]: Adapter.entryOf(api) }
}

/** The token that is configured, or one of Google's Application Default Credentials, whose library renews it in time. */
const accessToken = (provider: string, { vertexToken }: Configuration["Type"]["settings"]) =>
  vertexToken === undefined
    ? Effect.tryPromise({
        try: async () => Redacted.make((await (await googleAuth()).getAccessToken()) ?? ""),
        catch: (cause) =>
          new AuthenticationFailed({
            provider,
            reason: `no Application Default Credentials (${cause instanceof Error ? cause.message : String(cause)})`
          })
      })
    : Effect.succeed(vertexToken)

type GoogleAuth = { readonly getAccessToken: () => Promise<string | null | undefined> }

let auth: Promise<GoogleAuth> | undefined

const googleAuth = (): Promise<GoogleAuth> => {
  auth ??= import("google-auth-library").then(
    ({ GoogleAuth }) => new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] })
  )
  return auth
}

// --- the preview of this machine ---------------------------------------------------------------------------------

const free: Price = { asOf: "2026-11-24", rates: [{ perSecond: Money.zero }] }

const preview = ({ dataDir }: Configuration["Type"]): Providers.Entry<unknown, HttpClient.HttpClient> => {
  const shared = {
    provider: previewName,
    cancel: true,
    capabilities: { ...Veo.unrestricted, title: "Procedural preview, no AI model", price: free }
  }
  return {
    models: Veo.models({ _tag: "ApiKey", ...shared }),
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
      Promise.all([import("@videogen/emulator/Emulator"), import("node:path"), import("node:crypto")])
    )
    const apiKey = Redacted.make(randomUUID())
    const context = yield* Layer.build(Emulator.layer({ directory: join(dataDir, "emulator"), apiKey }))
    return { apiKey, url: Context.get(context, Emulator.Emulator).url }
  })
