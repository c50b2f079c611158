/**
 * The body of `predictLongRunning`: what it may hold, and what it means for the renderer.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { Wire } from "../Dialect.ts"
import type { IgnoredInput } from "../OperationRecord.ts"
import * as Body from "./body.ts"
import { describe, frameOf } from "./description.ts"
import {
  Base64,
  flag,
  Labels,
  maybe,
  oneOf,
  Prompt,
  ScenarioText,
  Seed,
  saying,
  Text,
  wholeNumber
} from "./fields.ts"
import { refuse } from "./googleRefusal.ts"
import type { VeoModel } from "./veoModels.ts"

const Media = Schema.Struct({
  bytesBase64Encoded: maybe(Base64),
  encodedVideo: maybe(Base64),
  gcsUri: maybe(Schema.String),
  uri: maybe(Schema.String),
  mimeType: maybe(Schema.String),
  encoding: maybe(Schema.String)
})
type Media = typeof Media.Type

const Instance = Schema.Struct({
  prompt: Prompt,
  image: maybe(Media),
  lastFrame: maybe(Media),
  video: maybe(Media),
  mask: maybe(Media),
  referenceImages: maybe(Schema.Array(Schema.Struct({ image: Media })))
})

const lines = { "480p": 480, "720p": 720, "1080p": 1080, "4k": 2160, "4K": 2160 } as const

const Parameters = Schema.Struct({
  aspectRatio: maybe(oneOf("16:9", "9:16", "1:1", "4:3")),
  resolution: maybe(
    Schema.Literal("480p", "720p", "1080p", "4k", "4K").annotations(
      saying("must be one of 480p, 720p, 1080p, 4k")
    )
  ),
  durationSeconds: maybe(wholeNumber(2, 60)),
  seed: maybe(Seed),
  sampleCount: maybe(
    Schema.Literal(1).annotations(saying("must be 1: the emulator makes one video a request"))
  ),
  negativePrompt: maybe(Text),
  generateAudio: maybe(flag),
  storageUri: maybe(
    Schema.String.pipe(Schema.pattern(/^gs:\/\/[^/]+(\/.*)?$/)).annotations(
      saying("must be gs://BUCKET/PATH")
    )
  ),
  emulatorScenario: maybe(ScenarioText)
})

const Prediction = Schema.Struct({
  instances: Schema.Array(Instance).pipe(
    Schema.filter((list) => (list.length === 1 ? undefined : "must hold exactly one instance"))
  ),
  parameters: maybe(Parameters),
  labels: maybe(Labels)
})

/** The request in a body; whatever is not said is as the model has it. */
export const read = (wire: Wire, model: VeoModel) =>
  Effect.gen(function* () {
    const {
      instances: [instance],
      labels = {},
      parameters = {}
    } = yield* Body.json(wire, Prediction)
    if (instance === undefined) return yield* refuse({ why: "invalid", violations: [notOne] })
    const { aspectRatio = "16:9", resolution = "720p", emulatorScenario, storageUri } = parameters
    return {
      video: yield* describe({
        prompt: instance.prompt,
        negativePrompt: parameters.negativePrompt,
        seed: parameters.seed,
        frame: frameOf(aspectRatio, lines[resolution]),
        duration: parameters.durationSeconds ?? 8,
        audio: parameters.generateAudio ?? model.audio
      }),
      ignoredInputs: inputs(instance),
      label: labels["mutoscope"],
      storageUri,
      scenario: emulatorScenario
    }
  })

const notOne = { field: "instances", description: "must hold exactly one instance" }

const inputs = (instance: typeof Instance.Type): ReadonlyArray<IgnoredInput> => [
  ...(["image", "lastFrame", "video", "mask"] as const).flatMap((field) => input(field, instance[field])),
  ...(instance.referenceImages ?? []).flatMap(({ image }, index) => input(`referenceImages[${index}]`, image))
]

const input = (field: string, media: Media | undefined): ReadonlyArray<IgnoredInput> => {
  if (media === undefined) return []
  const mimeType = media.mimeType ?? media.encoding
  const base64 = media.bytesBase64Encoded ?? media.encodedVideo
  return [
    {
      field,
      ...(mimeType === undefined ? {} : { mimeType }),
      ...(base64 === undefined ? {} : { bytes: Buffer.byteLength(base64, "base64") })
    }
  ]
}
