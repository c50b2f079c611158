/**
 * `--model google`: which of Google's models a request goes to. The preview answers to their names, and is none of them.
 */
import * as Google from "@videogen/client/Google"
import type { Latitude } from "@videogen/core/Capabilities"
import type { InvalidRequest, UnsupportedOption } from "@videogen/core/GenerationError"
import { VideoProvider } from "@videogen/core/VideoProvider"
import { VideoRequest } from "@videogen/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { previewName } from "./Preview.ts"

/** Google's models that are configured, the first that would be asked first. */
export const models = Effect.map(VideoProvider, ({ models }) =>
  Google.modelsOf(models.filter(({ provider }) => provider !== previewName))
)

/** A request to one of its models, and why to that one; any other request as it is. */
export const chosen = (
  request: VideoRequest,
  unasked: Latitude["unasked"]
): Effect.Effect<
  { readonly request: VideoRequest; readonly why: Option.Option<string> },
  UnsupportedOption | InvalidRequest,
  VideoProvider
> =>
  Google.isNamed(request.model)
    ? Effect.map(
        Effect.flatMap(models, (models) => Google.choose(request, models, unasked)),
        ({ model, why }) => ({ request: new VideoRequest({ ...request, model }), why: Option.some(why) })
      )
    : Effect.succeed({ request, why: Option.none() })
