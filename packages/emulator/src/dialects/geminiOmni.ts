/**
 * The wire of Gemini Omni: the Interactions API behind an API key and on Vertex AI, as far as videos go.
 *
 * @since 0.1.0
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import { answering, baseUrl, type Dialect, type Handler, type Routes, type Wire } from "../Dialect.ts"
import * as Body from "../internal/body.ts"
import * as Delivery from "../internal/delivery.ts"
import { describe, frameOf } from "../internal/description.ts"
import * as Fields from "../internal/fields.ts"
import { begun, statusOf, toInteraction } from "../internal/interactionAnswer.ts"
import { alreadyEnded, name, refuse } from "../internal/interactionRefusal.ts"
import * as Jobs from "../internal/jobs.ts"
import * as Key from "../internal/key.ts"
import type { FieldViolation } from "../internal/refusal.ts"
import { submit } from "../internal/submission.ts"
import type { IgnoredInput } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"

const parents = [
  "/v1beta",
  "/v1",
  "/v1beta1",
  "/v1/projects/:project/locations/:location",
  "/v1beta1/projects/:project/locations/:location"
] as const

/** Every version says the same. The files are beside those of Veo: see `internal/googleDownloads.ts`. */
const routes = (wire: Wire): Routes => {
  const answered = answering(wire)
  return parents.reduce<Routes>(
    (router, parent) =>
      router.pipe(
        HttpRouter.post(`${parent}/interactions`, answered(create(wire))),
        HttpRouter.get(`${parent}/interactions/:id`, answered(get(wire))),
        HttpRouter.del(`${parent}/interactions/:id`, answered(remove(wire))),
        HttpRouter.post(`${parent}/interactions/:id/cancel`, answered(cancel(wire)))
      ),
    HttpRouter.empty
  )
}

const id = Effect.map(HttpRouter.params, (params) => params["id"] ?? "")

// --- a submit --------------------------------------------------------------------------------------------------

const models = [
  "gemini-omni-1.2-flash",
  "gemini-omni-1.1-flash",
  "gemini-omni-1.1-flash-preview",
  "gemini-omni-flash-preview",
  "emulator"
]

const Block = Schema.Struct({
  type: Fields.oneOf("text", "image", "audio", "video", "document"),
  text: Fields.maybe(Schema.String),
  data: Fields.maybe(Fields.Base64),
  uri: Fields.maybe(Schema.String),
  mime_type: Fields.maybe(Schema.String)
})
type Block = typeof Block.Type

const Turn = Schema.Struct({ type: Fields.oneOf("user_input"), content: Schema.Array(Block) })

/** The shortest and the longest video, in seconds. */
const range = { minimum: 3, maximum: 10 } as const

/** `6s`: a number alone is refused. */
const Duration = Schema.String.pipe(
  Schema.filter((text) => {
    const [, seconds] = /^(\d+(?:\.\d{1,9})?)s$/.exec(text) ?? []
    if (seconds === undefined) return 'must be a duration like "6s"'
    if (Number(seconds) < range.minimum) return `is too short: minimum allowed ${range.minimum}s`
    return Number(seconds) > range.maximum ? `is too long: maximum allowed ${range.maximum}s` : undefined
  })
)

const lines = { "360p": 360, "720p": 720, "1080p": 1080, "4k": 2160 } as const

const Format = Schema.Struct({
  type: Fields.oneOf("video"),
  delivery: Fields.maybe(Fields.oneOf("inline", "uri")),
  aspect_ratio: Fields.maybe(Fields.oneOf("16:9", "9:16")),
  resolution: Fields.maybe(Fields.oneOf("360p", "720p", "1080p", "4k")),
  duration: Fields.maybe(Duration),
  gcs_uri: Fields.maybe(
    Schema.String.pipe(Schema.pattern(/^gs:\/\/[^/]+(\/.*)?$/)).annotations(
      Fields.saying("must be gs://BUCKET/PATH")
    )
  )
})
type Format = typeof Format.Type

const isText = Schema.is(Schema.Struct({ type: Schema.Literal("text") }))

/** A list is taken too: of the video, and of the text that comes beside it anyway. */
const OneFormat = Schema.compose(
  Schema.transformOrFail(Schema.Unknown, Schema.Unknown, {
    strict: true,
    decode: (formats, _, ast) => {
      if (!Array.isArray(formats)) return ParseResult.succeed(formats)
      const videos = formats.filter((format) => !isText(format))
      return videos.length === 1
        ? ParseResult.succeed(videos[0])
        : ParseResult.fail(new ParseResult.Type(ast, formats, "must hold one format of a video"))
    },
    encode: (format) => ParseResult.succeed(format)
  }),
  Format,
  { strict: false }
)

const tasks = ["text_to_video", "image_to_video", "reference_to_video", "edit", "extend", "upscale"] as const

const Create = Schema.Struct({
  model: Schema.NonEmptyString,
  input: Schema.Union(Schema.String, Schema.Array(Turn), Schema.Array(Block)).annotations(
    Fields.saying("must be a text, a list of content blocks, or a list of turns")
  ),
  background: Fields.maybe(Fields.flag),
  stream: Fields.maybe(Fields.flag),
  response_format: Fields.maybe(OneFormat),
  generation_config: Fields.maybe(
    Schema.Struct({
      seed: Fields.maybe(Fields.Seed),
      video_config: Fields.maybe(Schema.Struct({ task: Fields.maybe(Fields.oneOf(...tasks)) }))
    })
  ),
  labels: Fields.maybe(Fields.Labels),
  previous_interaction_id: Fields.maybe(Schema.String),
  emulator_scenario: Fields.maybe(Fields.ScenarioText)
})
type Create = typeof Create.Type

const create = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const fields = yield* Body.json(wire, Create)
    if (!models.includes(fields.model)) return yield* refuse({ why: "unknown-model", model: fields.model })
    const isVertex = (yield* HttpRouter.params)["project"] !== undefined
    const { response_format: format = { type: "video" as const } } = fields
    const prompt = promptOf(fields.input)
    const violations = faults(fields, format, prompt, isVertex)
    if (violations.length > 0) return yield* refuse({ why: "invalid", violations })
    const { aspect_ratio = "16:9", delivery = "inline", duration, gcs_uri, resolution = "720p" } = format
    const ask = {
      model: fields.model,
      video: yield* describe({
        prompt,
        seed: fields.generation_config?.seed,
        frame: frameOf(aspect_ratio, lines[resolution]),
        duration: duration === undefined ? range.maximum : Math.round(Number.parseFloat(duration)),
        audio: true
      }),
      ignoredInputs: ignored(fields),
      label: fields.labels?.["mutoscope"],
      echo: {
        response_format: { ...format, delivery },
        ...(fields.labels === undefined ? {} : { labels: fields.labels })
      },
      known: (id: string) => ({
        name: `v1_${id}`,
        ...(gcs_uri === undefined ? {} : { destination: `${gcs_uri.replace(/\/+$/, "")}/${id}/sample_0.mp4` })
      }),
      scenario: fields.emulator_scenario
    }
    return yield* submit(wire, ask, (record) => HttpServerResponse.unsafeJson(begun(record)))
  })

/** What no field can say by itself. */
const faults = (
  { background, stream }: Create,
  { delivery, gcs_uri }: Format,
  prompt: string,
  isVertex: boolean
): ReadonlyArray<FieldViolation> => {
  const fault = (field: string, description: string, isOne: boolean) =>
    isOne ? [{ field, description }] : []
  return [
    ...fault("input", "must hold a text", prompt.trim() === ""),
    ...fault("background", "must be true: the emulator keeps nobody waiting", background !== true),
    ...fault("stream", "must be false in the background", stream === true),
    ...fault("response_format.gcs_uri", "is for Vertex AI only", gcs_uri !== undefined && !isVertex),
    ...fault(
      "response_format.gcs_uri",
      "must say where the video goes",
      gcs_uri === undefined && isVertex && delivery === "uri"
    )
  ]
}

const blocksOf = (input: Exclude<Create["input"], string>): ReadonlyArray<Block> =>
  input.flatMap((item): ReadonlyArray<Block> => (item.type === "user_input" ? item.content : [item]))

const promptOf = (input: Create["input"]): string =>
  typeof input === "string"
    ? input
    : blocksOf(input)
        .flatMap(({ text }) => text ?? [])
        .join("\n")

const ignored = ({ input, previous_interaction_id }: Create): ReadonlyArray<IgnoredInput> => [
  ...(typeof input === "string" ? [] : blocksOf(input)).flatMap(({ data, mime_type, type }, index) =>
    type === "text"
      ? []
      : [
          {
            field: `input[${index}]`,
            ...(mime_type === undefined ? {} : { mimeType: mime_type }),
            ...(data === undefined ? {} : { bytes: Buffer.byteLength(data, "base64") })
          }
        ]
  ),
  ...(previous_interaction_id === undefined ? [] : [{ field: "previous_interaction_id" }])
]

// --- questions -------------------------------------------------------------------------------------------------

const get = (wire: Wire): Handler =>
  Effect.flatMap(id, (name) => Jobs.ask(wire, name)).pipe(
    Effect.flatMap((operation) => answer(wire, operation))
  )

/** The video is where it was to be: in a bucket, in a file, or in the answer itself. */
const answer = (wire: Wire, operation: Operation): Handler =>
  Effect.gen(function* () {
    const { destination, echo, id, outcome } = operation.record
    const request = yield* HttpServerRequest.HttpServerRequest
    const uri =
      destination ??
      (isInline(echo) ? undefined : `${baseUrl(wire, request)}/v1beta/files/${id}:download?alt=media`)
    const interaction = toInteraction(operation, uri)
    return uri === undefined && outcome._tag === "Rendered"
      ? yield* Delivery.sendInside(wire, operation.record, interaction)
      : HttpServerResponse.unsafeJson(interaction)
  })

const isInline = Schema.is(
  Schema.Struct({ response_format: Schema.Struct({ delivery: Schema.Literal("inline") }) })
)

const cancel = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const name = yield* id
    const before = yield* Jobs.find(wire, name)
    if (before.record.outcome._tag !== "Pending") return yield* alreadyEnded(statusOf(before))
    yield* wire.operations.cancel(before.record.id)
    return yield* answer(wire, yield* Jobs.find(wire, name))
  })

const remove = (wire: Wire): Handler =>
  Effect.gen(function* () {
    const { record } = yield* Jobs.find(wire, yield* id)
    yield* Effect.mapError(wire.operations.forget(record.id), () => refuse({ why: "not-stored" }))
    return HttpServerResponse.unsafeJson({})
  })

/** Google's Interactions API, at the root beside Veo. */
export const dialect: Dialect = {
  name,
  title: "Google Gemini Omni (Interactions API)",
  prefix: "",
  keys: [Key.header("x-goog-api-key"), Key.authorization("Bearer"), Key.query("key")],
  scenarioField: "emulator_scenario",
  lacks: {},
  refuse,
  routes
}
