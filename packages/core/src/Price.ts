/**
 * What a model costs, as data: every part of a request that its provider charges for, with the source and the day of the
 * price.
 *
 * @since 0.2.0
 */
import * as Schema from "effect/Schema"
import { MicroUsd } from "./Money.ts"
import { AspectRatio, Resolution } from "./VideoRequest.ts"

/** An input that a request may come with. */
export const Input = Schema.Literal("startImage", "lastFrame", "referenceImages", "extend")
export type Input = typeof Input.Type

/** Which requests a rate holds for. A condition that is absent holds for every request. */
const conditions = {
  /** The resolution of the video. */
  resolution: Schema.optional(Resolution),
  /** The shape of the video. A rate with one never holds where the provider chooses the shape. */
  aspectRatio: Schema.optional(AspectRatio),
  /** Whether the video has sound. */
  audio: Schema.optional(Schema.Boolean),
  /** An input that the request comes with. Rates with the input replace all the others for such a request. */
  with: Schema.optional(Input)
}

/** The price of a clip: `perClip` plus `perSecond` for each second of video. */
export const Rate = Schema.Struct({
  ...conditions,
  /** For each second of video, in millionths of a US dollar; default 0. */
  perSecond: Schema.optional(MicroUsd),
  /** For each clip whatever its length, in millionths of a US dollar; default 0. */
  perClip: Schema.optional(MicroUsd)
})
export type Rate = typeof Rate.Type

/** A part of the price that comes on top of the rate. */
export const Extra = Schema.Struct({
  /** What is charged for, in the singular: `an input image`. */
  name: Schema.NonEmptyString,
  /**
   * What is counted: the request itself, once (`clip`); the images and videos in `inputs` (`inputs`); or the bytes of the
   * prompt in UTF-8 (`promptBytes`), an upper bound of its tokens.
   */
  count: Schema.Literal("clip", "inputs", "promptBytes"),
  /** The inputs that are counted; only with `count: "inputs"`. */
  inputs: Schema.optional(Schema.NonEmptyArray(Input)),
  /** The price of `per` of them, in millionths of a US dollar. Absent: known to be charged for, at an unknown price. */
  price: Schema.optional(MicroUsd),
  /** How many of them `price` buys; default 1. */
  per: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /** It may be charged or not, so it raises only the most that the request may cost; default false. */
  perhaps: Schema.optional(Schema.Boolean)
})
export type Extra = typeof Extra.Type

/**
 * The price of a model. The first rate whose conditions hold for a request applies, and each extra on top of it. A request
 * with a part that has no price here has an unknown price.
 */
export const Price = Schema.Struct({
  /** The day on which the prices were read, as YYYY-MM-DD. */
  asOf: Schema.String,
  /** Where the prices were read, for people; absent where nobody noted it. */
  source: Schema.optional(Schema.NonEmptyString),
  /** The prices of a clip, the first that holds first. */
  rates: Schema.NonEmptyArray(Rate),
  /** What comes on top; default none. */
  extras: Schema.optional(Schema.Array(Extra)),
  /** The least that a clip costs, in millionths of a US dollar; default 0. */
  minimum: Schema.optional(MicroUsd),
  /**
   * The unit of billing, a credit for example, in millionths of a US dollar: a charge may be rounded up to a whole number of
   * them, which raises only the most that a request may cost.
   */
  unit: Schema.optional(MicroUsd),
  /** The provider options that are known to cost nothing; `*` for any. A request with another has an unknown price. */
  freeOptions: Schema.optional(Schema.Array(Schema.NonEmptyString)),
  /** Identifies a price that the user set; absent for one of a table or of a provider's list. */
  own: Schema.optional(Schema.NonEmptyString)
})
export type Price = typeof Price.Type

/**
 * How many tokens a model counts for a clip, for prices by the token: `perSecond` and `perClip` are output tokens; the first
 * row whose conditions hold applies.
 */
export const Tokens = Schema.Struct({
  /** Output tokens of the video, the first row that holds first. */
  output: Schema.NonEmptyArray(
    Schema.Struct({
      resolution: Schema.optional(Resolution),
      aspectRatio: Schema.optional(AspectRatio),
      /** Tokens for each second of video. */
      perSecond: Schema.NonNegative,
      /** Tokens for each clip besides; default 0. */
      perClip: Schema.optional(Schema.NonNegative)
    })
  ),
  /** The most output tokens of words and thoughts beside the video; default 0. */
  words: Schema.optional(Schema.NonNegativeInt),
  /** The most input tokens of an image; absent where images are not counted. */
  image: Schema.optional(Schema.NonNegativeInt),
  /** Whether the prompt is counted; default false. */
  prompt: Schema.optional(Schema.Boolean),
  /** Inputs whose tokens are not known: a request with one has no known price. */
  unknown: Schema.optional(Schema.Array(Input))
})
export type Tokens = typeof Tokens.Type

/** Prices of a million tokens, in millionths of a US dollar. */
export interface TokenPrices {
  /** Of the video, and of words and thoughts where `words` is absent. */
  readonly output: MicroUsd
  /** Of words and thoughts beside the video. */
  readonly words?: MicroUsd | undefined
  /** Of the prompt and the images; 0 where it is absent. */
  readonly input?: MicroUsd | undefined
}

const million = 1_000_000

/** The rates and extras of a model that is billed by the token, rounded up to whole millionths of a dollar. */
export const ofTokens = (
  tokens: Tokens,
  { input, output, words = output }: TokenPrices
): Pick<Price, "rates" | "extras"> => {
  const cost = (count: number, price: MicroUsd) => MicroUsd.make(Math.ceil((count * price) / million - slack))
  const row = ({ perClip, perSecond, ...where }: Tokens["output"][number]): Rate => ({
    ...where,
    perSecond: cost(perSecond, output),
    ...(perClip === undefined ? {} : { perClip: cost(perClip, output) })
  })
  const [first, ...others] = tokens.output
  const images: readonly [Input, ...Array<Input>] = ["startImage", "lastFrame", "referenceImages"]
  const counted = input !== undefined && input > 0
  return {
    rates: [row(first), ...others.map(row)],
    extras: [
      ...(tokens.words === undefined
        ? []
        : [
            {
              name: `up to ${tokens.words} tokens of words and thoughts`,
              count: "clip" as const,
              price: cost(tokens.words, words),
              perhaps: true
            }
          ]),
      ...(counted && tokens.prompt === true
        ? [
            {
              name: "the tokens of the prompt",
              count: "promptBytes" as const,
              price: input,
              per: million,
              perhaps: true
            }
          ]
        : []),
      ...(counted && tokens.image !== undefined
        ? [
            {
              name: "the tokens of an input image",
              count: "inputs" as const,
              inputs: images,
              price: cost(tokens.image, input),
              perhaps: true
            }
          ]
        : []),
      ...(tokens.unknown ?? []).map((one) => ({
        name: "the tokens of an input video",
        count: "inputs" as const,
        inputs: [one] as const
      }))
    ]
  }
}

// What a product of doubles may be too large by.
const slack = 1e-6
