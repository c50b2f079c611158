/**
 * Where a Veo is asked, and with what: its options, put to use.
 */
import { ProviderUnavailable } from "@mutoscope/core/GenerationError"
import type { Intent } from "@mutoscope/core/VideoProvider"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import { baseFault } from "./address.ts"
import * as GoogleLabels from "./googleLabels.ts"
import { type Site, unusualHost } from "./http.ts"
import * as VeoForm from "./veoForm.ts"
import type { Options } from "./veoOptions.ts"
import type * as VeoRequest from "./veoRequest.ts"

/** A Veo's addresses and credential, and the parameters of every submit that its request says nothing of. */
export interface Place {
  readonly site: Site
  readonly addresses: VeoForm.Addresses
  readonly extras: VeoRequest.Extras
  /** What a request is labelled with; the form with API keys has no labels. */
  readonly labels: (intent: Pick<Intent, "id" | "attempt">) => Readonly<Record<string, string>> | undefined
}

/** Fails where an address must not be used: Google's own for API keys, or one that a credential would travel to in the clear. */
export const place = (options: Options): Either.Either<Place, ConfigError.ConfigError> => {
  const base = baseOf(options)
  const fault = VeoForm.baseFault(options._tag, base)
  if (fault !== undefined) return Either.left(ConfigError.InvalidData(["baseUrl"], fault))
  const storage = options._tag === "Vertex" ? options.storageUrl : undefined
  const storageFault = storage === undefined ? undefined : baseFault(storage)
  if (storageFault !== undefined) return Either.left(ConfigError.InvalidData(["storageUrl"], storageFault))
  const provider = options.provider ?? "veo"
  return Either.right({
    site: {
      provider,
      base: new URL(base),
      credential: credentialOf(options, provider),
      isKeyed: true,
      host: unusualHost(
        new URL(base),
        options._tag === "Vertex" ? VeoForm.vertexBase(options.location) : undefined
      )
    },
    addresses: addressesOf(options, base),
    labels: (intent) => (options._tag === "Vertex" ? GoogleLabels.of(intent) : undefined),
    extras:
      options._tag === "Vertex" && options.storageUri !== undefined ? { storageUri: options.storageUri } : {}
  })
}

/** Without a slash at its end. */
const baseOf = (options: Options): string =>
  (options.baseUrl ?? (options._tag === "Vertex" ? VeoForm.vertexBase(options.location) : "")).replace(
    /\/+$/,
    ""
  )

const addressesOf = (options: Options, base: string): VeoForm.Addresses =>
  options._tag === "Vertex"
    ? VeoForm.vertex({ ...options, base, storage: options.storageUrl })
    : VeoForm.apiKey(base)

/** A token that does not come is no answer that was lost: nothing has been sent yet. */
const credentialOf = (options: Options, provider: string): Site["credential"] =>
  options._tag === "ApiKey"
    ? Effect.succeed({ header: "x-goog-api-key", prefix: "", secret: options.apiKey })
    : options.accessToken.pipe(
        Effect.map((secret) => ({ header: "authorization", prefix: "Bearer ", secret })),
        Effect.timeoutFail({
          duration: "30 seconds",
          onTimeout: () => new ProviderUnavailable({ provider, reason: "no access token in 30 seconds" })
        })
      )
