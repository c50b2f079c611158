/**
 * What a client asks of a model on a host of many: fields differ from model to model, and the emulator takes those that
 * most of them have.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { IgnoredInput } from "../OperationRecord.ts"
import { describe, frameOf } from "./description.ts"
import * as Fields from "./fields.ts"
import type { Ask } from "./submission.ts"

const pattern = (expression: RegExp, message: string) =>
  Schema.String.pipe(Schema.pattern(expression)).annotations(Fields.saying(message))

/** `8`, `"8"` or `"8s"`. */
const Length = Schema.Union(
  Fields.Seconds,
  Schema.String.pipe(Schema.pattern(/^([1-9]|[1-5]\d|60)s?$/))
).annotations(Fields.saying("must be from 1 to 60 seconds"))

/** The input of a model: what is known of it, and what else it may be told. */
export const Input = Schema.Struct(
  {
    prompt: Fields.Prompt,
    duration: Fields.maybe(Length),
    aspect_ratio: Fields.maybe(pattern(/^(auto|[1-9]\d?:[1-9]\d?)$/, "must be WIDTH:HEIGHT")),
    resolution: Fields.maybe(
      pattern(/^(\d{3,4}p|[124]k|\d{3,4}[x*]\d{3,4})$/i, "must be like 720p, or WIDTHxHEIGHT")
    ),
    size: Fields.maybe(pattern(/^\d{3,4}[x*]\d{3,4}$/, "must be WIDTHxHEIGHT or WIDTH*HEIGHT")),
    generate_audio: Fields.maybe(Fields.flag),
    negative_prompt: Fields.maybe(Fields.Text),
    seed: Fields.maybe(Fields.Seed),
    emulator_scenario: Fields.maybe(Fields.ScenarioText)
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)
export type Input = typeof Input.Type

/** The same as an OpenAPI document of an endpoint, in the form that fal has. */
export const openApi = (endpoint: string) => ({
  openapi: "3.0.4",
  info: {
    title: `Queue OpenAPI for ${endpoint}`,
    version: "1.0.0",
    "x-fal-metadata": { endpointId: endpoint, category: "text-to-video" }
  },
  components: {
    securitySchemes: { apiKeyAuth: { type: "apiKey", in: "header", name: "Authorization" } },
    schemas: {
      Input: {
        type: "object",
        required: ["prompt"],
        properties: {
          prompt: { type: "string" },
          duration: { type: "integer", minimum: 1, maximum: 60, default: 5 },
          aspect_ratio: {
            type: "string",
            enum: ["auto", "16:9", "9:16", "1:1", "4:3", "3:4"],
            default: "auto"
          },
          resolution: { enum: ["480p", "720p", "1080p", "1k", "2k", "4k"], type: "string", default: "720p" },
          generate_audio: { type: "boolean", default: true },
          negative_prompt: { anyOf: [{ type: "string" }, { type: "null" }] },
          seed: { anyOf: [{ type: "integer" }, { type: "null" }] },
          image_url: { anyOf: [{ type: "string" }, { type: "null" }] },
          end_image_url: { anyOf: [{ type: "string" }, { type: "null" }] }
        }
      }
    }
  },
  paths: {
    [`/${endpoint}/requests/{request_id}/status`]: { get: {} },
    [`/${endpoint}`]: {
      post: {
        requestBody: {
          required: true,
          content: { "application/json": { schema: { $ref: "#/components/schemas/Input" } } }
        }
      }
    }
  },
  security: [{ apiKeyAuth: [] }]
})

/** The job that an input asks for, of any model. */
export const toAsk = (model: string, input: Input): Effect.Effect<Omit<Ask, "known">> =>
  Effect.map(
    describe({
      prompt: input.prompt,
      negativePrompt: input.negative_prompt,
      seed: input.seed,
      frame: frame(input),
      duration: Number.parseInt(String(input.duration ?? 5), 10),
      audio: input.generate_audio ?? true
    }),
    (video) => ({ model, video, ignoredInputs: inputs(input), scenario: input.emulator_scenario })
  )

const frame = ({ aspect_ratio = "auto", resolution = "720p", size }: Input): Fields.Frame => {
  const pixels = size ?? (/^\d+[x*]/i.test(resolution) ? resolution : undefined)
  if (pixels !== undefined) {
    const [width = 0, height = 0] = pixels.split(/[x*]/i).map(even)
    return { width, height }
  }
  const [width = 16, height = 9] = aspect_ratio === "auto" ? [] : aspect_ratio.split(":").map(Number)
  return frameOf(`${width}:${height}`, lines[resolution.toLowerCase()] ?? Number.parseInt(resolution, 10))
}

const even = (pixels: string) => 2 * Math.round(Number(pixels) / 2)

const lines: { readonly [resolution: string]: number } = { "1k": 1080, "2k": 1440, "4k": 2160 }

/** Fields that hold images and videos have names that say so. */
const inputs = (input: Input): ReadonlyArray<IgnoredInput> =>
  Object.entries(input)
    .filter(([name]) => /image|frame|video/.test(name))
    .flatMap(([field, value]) =>
      Array.isArray(value)
        ? value.map((_, index) => ({ field: `${field}[${index}]` }))
        : typeof value === "string"
          ? [{ field }]
          : []
    )
