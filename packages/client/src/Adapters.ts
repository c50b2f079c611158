/**
 * The kinds of providers that come with this package. One more is a file, and a line here.
 *
 * @since 0.1.0
 */
import type { Adapter } from "./Adapter.ts"
import * as ComfyUi from "./ComfyUi.ts"
import * as Fal from "./Fal.ts"
import * as GeminiOmni from "./GeminiOmni.ts"
import * as OpenAiVideos from "./OpenAiVideos.ts"
import * as OpenRouter from "./OpenRouter.ts"
import * as Replicate from "./Replicate.ts"
import * as Runway from "./Runway.ts"
import * as Seedance from "./Seedance.ts"
import * as Veo from "./Veo.ts"
import * as Vertex from "./Vertex.ts"
import * as Xai from "./Xai.ts"

/** Each kind, in the order in which a model's bare name is looked for among those that are configured. */
export const all: ReadonlyArray<Adapter> = [
  Vertex.adapter,
  Veo.adapter,
  GeminiOmni.adapter,
  OpenAiVideos.adapter,
  Runway.adapter,
  Xai.adapter,
  Seedance.adapter,
  Fal.adapter,
  Replicate.adapter,
  OpenRouter.adapter,
  ComfyUi.adapter
]
