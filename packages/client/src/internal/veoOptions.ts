/**
 * Which Veo, and how it knows us: as plain options, and from the environment.
 */
import type * as Capabilities from "@mutoscope/core/Capabilities"
import type { AuthenticationFailed } from "@mutoscope/core/GenerationError"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import type * as Redacted from "effect/Redacted"

/** What holds in both forms. */
export interface Shared {
  /** The name that operations of this API carry: `veo`. */
  readonly provider?: string | undefined
  /** What the server can do beyond, or short of, what Google's models can. See `Veo.unrestricted`. */
  readonly capabilities?: Partial<Capabilities.Capabilities> | undefined
  /** Whether the server knows `{operation}:cancel`: false. Google's does not. */
  readonly cancel?: boolean | undefined
}

/** The API-key form, at a proxy or a server of one's own. */
export interface ApiKeyOptions extends Shared {
  readonly _tag: "ApiKey"
  readonly apiKey: Redacted.Redacted
  /** Where the server is, up to and without `/v1beta`. */
  readonly baseUrl: string
}

/** Vertex AI. */
export interface VertexOptions extends Shared {
  readonly _tag: "Vertex"
  /** An OAuth access token; asked for at every request, since it lasts about an hour and a job may last longer. */
  readonly accessToken: Effect.Effect<Redacted.Redacted, AuthenticationFailed>
  readonly project: string
  /** `us-central1` and the like, or `global`. */
  readonly location: string
  /** Another server that speaks for Vertex AI. */
  readonly baseUrl?: string | undefined
  /** Where finished videos are put: `gs://bucket/path`. Without it they come inside the answer. */
  readonly storageUri?: string | undefined
  /** Another server that speaks for Google's storage, and gets the token too. */
  readonly storageUrl?: string | undefined
}

/** Which Veo, and how it knows us. */
export type Options = ApiKeyOptions | VertexOptions

/** `VEO_API_KEY` and `VEO_BASE_URL`. */
export const apiKeyConfig: Config.Config<ApiKeyOptions> = Config.all({
  _tag: Config.succeed("ApiKey" as const),
  apiKey: Config.redacted("VEO_API_KEY"),
  baseUrl: Config.string("VEO_BASE_URL")
})

/** `GOOGLE_CLOUD_PROJECT`, `GOOGLE_CLOUD_LOCATION` (us-central1) and a token of the moment in `GOOGLE_ACCESS_TOKEN`. */
export const vertexConfig: Config.Config<VertexOptions> = Config.all({
  _tag: Config.succeed("Vertex" as const),
  project: Config.nonEmptyString("GOOGLE_CLOUD_PROJECT"),
  location: Config.withDefault(Config.nonEmptyString("GOOGLE_CLOUD_LOCATION"), "us-central1"),
  accessToken: Config.map(Config.redacted("GOOGLE_ACCESS_TOKEN"), (token) => Effect.succeed(token))
})
