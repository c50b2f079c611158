/**
 * `--model google`: which of Google's models a request goes to. The preview answers to their names, and is none of them.
 */
import * as Google from "@mutoscope/client/Google"
import type { Latitude } from "@mutoscope/core/Capabilities"
import type { InvalidRequest, UnsupportedOption } from "@mutoscope/core/GenerationError"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
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
