/**
 * What fal says of an endpoint: its OpenAPI, of which the fields of the input say what the endpoint can do.
 */
import type { Capabilities, Ignorable } from "@mutoscope/core/Capabilities"
import { AspectRatio, Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Way } from "../catalogue/fal.ts"
import { ifSensible } from "./wireFields.ts"

// --- the document ----------------------------------------------------------------------------------------------------

const record = <A, I>(value: Schema.Schema<A, I>) => Schema.Record({ key: Schema.String, value })

const Operation = Schema.Struct({
  requestBody: Schema.Struct({
    content: Schema.Struct({ "application/json": Schema.Struct({ schema: Schema.Unknown }) })
  })
})

const Document = Schema.Struct({
  paths: record(Schema.Struct({ post: ifSensible(Operation) })),
  components: ifSensible(Schema.Struct({ schemas: record(Schema.Unknown) }))
})
type Document = typeof Document.Type

const decodeDocument = Schema.decodeOption(Schema.parseJson(Document))

/** A schema, as far as it matters here. */
const Part = Schema.Struct({
  $ref: ifSensible(Schema.String),
  enum: ifSensible(Schema.Array(Schema.Unknown)),
  const: Schema.optional(Schema.Unknown),
  minimum: ifSensible(Schema.JsonNumber),
  maximum: ifSensible(Schema.JsonNumber),
  maxItems: ifSensible(Schema.JsonNumber),
  anyOf: ifSensible(Schema.Array(Schema.Unknown)),
  allOf: ifSensible(Schema.Array(Schema.Unknown)),
  properties: ifSensible(record(Schema.Unknown))
})
type Part = typeof Part.Type

const decodePart = Schema.decodeUnknownOption(Part)

/** A schema with all that it refers to and consists of. */
const partsOf = ({ components }: Document, schema: unknown, depth = 0): ReadonlyArray<Part> =>
  Option.match(depth > 4 ? Option.none() : decodePart(schema), {
    onNone: () => [],
    onSome: (part) => {
      const { $ref: reference, allOf = [], anyOf = [] } = part
      const named = reference === undefined ? undefined : components?.schemas[reference.replace(/^.*\//, "")]
      return [
        part,
        ...[...Arr.fromNullable(named), ...allOf, ...anyOf].flatMap((more) =>
          partsOf({ paths: {}, components }, more, depth + 1)
        )
      ]
    }
  })

/** The fields of the input, each with all of its parts; none where there is no input. */
const inputOf = (document: Document): Option.Option<ReadonlyMap<string, ReadonlyArray<Part>>> =>
  Option.map(
    Option.fromNullable(Object.values(document.paths).find(({ post }) => post !== undefined)?.post),
    ({ requestBody }) =>
      new Map(
        partsOf(document, requestBody.content["application/json"].schema)
          .flatMap(({ properties = {} }) => Object.entries(properties))
          .map(([name, field]) => [name, partsOf(document, field)])
      )
  )

// --- what its fields say ---------------------------------------------------------------------------------------------

/** What an endpoint takes, as far as it says; what is undefined it does not say. */
interface Taken {
  readonly has: (field: string) => boolean
  readonly durations: Capabilities["durations"] | undefined
  readonly durationForm: NonNullable<Way["duration"]>
  readonly words: (field: string) => ReadonlyArray<string> | undefined
  readonly most: (field: string) => number | undefined
}

const taken = (input: ReadonlyMap<string, ReadonlyArray<Part>>): Taken => {
  const parts = (field: string) => input.get(field) ?? []
  const values = (field: string) => {
    const all = parts(field).flatMap((part) => [
      ...(part.enum ?? []),
      ...(part.const === undefined ? [] : [part.const])
    ])
    return all.length === 0 ? undefined : all
  }
  const numbers = (field: string, name: "minimum" | "maximum" | "maxItems") =>
    parts(field).flatMap((part) => Arr.fromNullable(part[name]))
  const lengths = values("duration")
  return {
    has: (field) => input.has(field),
    durations: durationsOf(lengths, numbers("duration", "minimum"), numbers("duration", "maximum")),
    durationForm:
      lengths === undefined || lengths.some((length) => typeof length === "number")
        ? "number"
        : lengths.some((length) => /^\d+s$/.test(String(length)))
          ? "seconds"
          : "text",
    words: (field) => values(field)?.filter((word) => typeof word === "string"),
    most: (field) => numbers(field, "maxItems")[0]
  }
}

/** `8`, `"8"` and `"8s"`; what is none of them (`auto`) cannot be asked for here. */
const durationsOf = (
  values: ReadonlyArray<unknown> | undefined,
  [minimum]: ReadonlyArray<number>,
  [maximum]: ReadonlyArray<number>
): Capabilities["durations"] | undefined => {
  const seconds = Arr.dedupe(
    (values ?? []).flatMap((value) => {
      const [, digits] = /^(\d+)s?$/.exec(String(value)) ?? []
      return digits === undefined ? [] : [Number(digits)]
    })
  ).sort((a, b) => a - b)
  if (Arr.isNonEmptyArray(seconds)) return { _tag: "OneOf", seconds }
  return minimum === undefined || maximum === undefined
    ? undefined
    : { _tag: "Range", minimum: Math.ceil(minimum), maximum: Math.floor(maximum) }
}

const ratiosIn = ({ words }: Taken) => {
  const theirs = words("aspect_ratio") ?? AspectRatio.literals
  const some = AspectRatio.literals.filter((ratio) => theirs.includes(ratio))
  return Arr.isNonEmptyReadonlyArray(some) ? some : undefined
}

/** Our resolutions, and the words for them. */
const ownWords: { readonly [R in Resolution]: ReadonlyArray<string> } = {
  "480p": ["480p"],
  "720p": ["720p"],
  "1080p": ["1080p"],
  "4K": ["2160p", "4k", "4K"]
}

// --- models ----------------------------------------------------------------------------------------------------------

/** An endpoint that is in no table: what it can do, and how it is told. */
export interface Learnt {
  readonly capabilities: Capabilities
  readonly way: Way
}

/** What a document says; none where it is none, on the left why the endpoint makes no videos of prompts. */
const read = (body: string): Option.Option<Either.Either<Taken, string>> =>
  Option.map(Option.flatMap(decodeDocument(body), inputOf), (input) =>
    input.has("prompt") ? Either.right(taken(input)) : Either.left("it takes no prompt")
  )

/** A model of the table as its endpoint is now. What the table has words for is all that it can be asked for. */
export const updated = (
  body: string,
  model: Capabilities,
  way: Way
): Option.Option<Either.Either<Capabilities, string>> =>
  Option.map(
    read(body),
    Either.map((can) => {
      const theirs = can.words("resolution")
      const words = typeof way.resolution === "object" ? way.resolution : undefined
      const resolutions =
        theirs === undefined || words === undefined
          ? []
          : Resolution.literals.filter((ours) => theirs.includes(words[ours] ?? ""))
      return {
        ...model,
        ...(way.duration === undefined || can.durations === undefined ? {} : { durations: can.durations }),
        ...(Arr.isNonEmptyReadonlyArray(resolutions) ? { resolutions } : {}),
        ...(way.aspectRatio === true && can.has("aspect_ratio")
          ? { aspectRatios: ratiosIn(can) ?? model.aspectRatios }
          : {})
      }
    })
  )

/** An endpoint that is in no table, by what it says alone. `assumed` has what it does not say. */
export const learnt = (body: string, assumed: Capabilities): Option.Option<Either.Either<Learnt, string>> =>
  Option.map(
    read(body),
    Either.map((can) => {
      const first = (...names: ReadonlyArray<string>) => names.find(can.has)
      const startImage = first("image_url", "start_image_url", "first_frame_url", "first_frame_image_url")
      const lastFrame = first("end_image_url", "tail_image_url", "last_frame_url", "last_frame_image_url")
      const referenceImages = first("image_urls", "reference_image_urls", "reference_images")
      const theirs = can.words("resolution")
      const words = can.has("resolution") ? wordsFor(theirs) : {}
      const resolutions = Resolution.literals.filter((ours) => words[ours] !== undefined)
      const ratios = can.has("aspect_ratio") ? ratiosIn(can) : undefined
      const ignored: ReadonlyArray<Ignorable> = [
        ...(ratios === undefined ? (["aspectRatio"] as const) : []),
        ...(resolutions.length === 0 ? (["resolution"] as const) : []),
        ...(can.has("duration") ? [] : (["duration"] as const)),
        ...(can.has("generate_audio") ? [] : (["audio"] as const))
      ]
      return {
        capabilities: {
          ...assumed,
          title: `${assumed.model} on fal`,
          aspectRatios: ratios ?? assumed.aspectRatios,
          resolutions: Arr.isNonEmptyReadonlyArray(resolutions) ? resolutions : assumed.resolutions,
          durations: can.durations ?? assumed.durations,
          negativePrompt: can.has("negative_prompt"),
          seed: can.has("seed"),
          startImage: startImage !== undefined,
          lastFrame: lastFrame !== undefined,
          referenceImages:
            referenceImages === undefined ? 0 : (can.most(referenceImages) ?? assumed.referenceImages),
          ...(ignored.length === 0 ? {} : { ignored })
        },
        way: {
          endpoint: assumed.model,
          ...(can.has("duration") ? { duration: can.durationForm } : {}),
          aspectRatio: ratios !== undefined,
          resolution: words,
          audio: can.has("generate_audio"),
          negativePrompt: can.has("negative_prompt"),
          seed: can.has("seed"),
          ...(startImage === undefined ? {} : { startImage }),
          ...(lastFrame === undefined ? {} : { lastFrame }),
          ...(referenceImages === undefined ? {} : { referenceImages })
        }
      }
    })
  )

/** Their word for each of ours; where they do not say their words, the usual ones. */
const wordsFor = (theirs: ReadonlyArray<string> | undefined): { readonly [R in Resolution]?: string } =>
  Object.fromEntries(
    Resolution.literals.flatMap((ours) => {
      const word = ownWords[ours].find((word) => theirs === undefined || theirs.includes(word))
      return word === undefined ? [] : [[ours, word]]
    })
  )
