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
    resolution: Fields.maybe(pattern(/^(\d{3,4}p|[124]k)$/i, "must be like 720p")),
    size: Fields.maybe(pattern(/^\d{3,4}\*\d{3,4}$/, "must be WIDTH*HEIGHT")),
    generate_audio: Fields.maybe(Fields.flag),
    negative_prompt: Fields.maybe(Fields.Text),
    seed: Fields.maybe(Fields.Seed),
    emulator_scenario: Fields.maybe(Fields.ScenarioText)
  },
  Schema.Record({ key: Schema.String, value: Schema.Unknown })
)
export type Input = typeof Input.Type

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
  if (size !== undefined) {
    const [width = 0, height = 0] = size.split("*").map(even)
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
