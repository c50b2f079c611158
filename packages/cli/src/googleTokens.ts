/**
 * Tokens of Google's Application Default Credentials, whose library renews them in time.
 */
import { Tokens } from "@mutoscope/client/Vertex"
import { AuthenticationFailed } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** One for every account that is told none. */
export const googleTokens: Layer.Layer<never> = Layer.succeed(Tokens, (account) =>
  Effect.tryPromise({
    try: async () => Redacted.make((await (await googleAuth()).getAccessToken()) ?? ""),
    catch: (cause) =>
      new AuthenticationFailed({
        provider: account,
        reason: `no Application Default Credentials (${cause instanceof Error ? cause.message : String(cause)})`
      })
  })
)

type GoogleAuth = { readonly getAccessToken: () => Promise<string | null | undefined> }

let auth: Promise<GoogleAuth> | undefined

const googleAuth = (): Promise<GoogleAuth> => {
  auth ??= import("google-auth-library").then(
    ({ GoogleAuth }) => new GoogleAuth({ scopes: ["https://www.googleapis.com/auth/cloud-platform"] })
  )
  return auth
}
