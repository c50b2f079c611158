import { mkdtemp, readFile, rm } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { GoogleGenAI, type Interactions } from "@google/genai"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { contentOf, create, geminiOmni, get, Interaction } from "./drivers/geminiOmni.ts"
import { bytesOf, call, json } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-omni-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

type Asked = Interactions.CreateModelInteractionParamsNonStreaming & { readonly stream: false }

const asked = (more: Partial<Asked> = {}): Asked => ({
  model: "gemini-omni-1.1-flash",
  input: "a cat",
  background: true,
  stream: false,
  response_format: {
    type: "video",
    delivery: "uri",
    aspect_ratio: "9:16",
    resolution: "720p",
    duration: "6s"
  },
  ...more
})

const client = (options: object = {}) =>
  Effect.map(
    Emulator,
    ({ url }) => new GoogleGenAI({ apiKey: "secret", ...options, httpOptions: { baseUrl: url } })
  )

/** The loop that Google's documentation shows. */
const untilDone = async (google: GoogleGenAI, id: string) => {
  let interaction = await google.interactions.get(id)
  while (interaction.status === "queued" || interaction.status === "in_progress") {
    await new Promise((resolve) => setTimeout(resolve, 20))
    interaction = await google.interactions.get(id)
  }
  return interaction
}

const failing = (run: () => Promise<unknown>) =>
  Effect.flip(
    Effect.tryPromise({
      try: run,
      catch: (cause) => (cause instanceof Error ? cause : new Error(String(cause)))
    })
  )

const secret = layerTest({ apiKey: Redacted.make("secret") })

describe("Google's own client of the Interactions API", () => {
  it.scopedLive("creates, waits, and saves the file", () =>
    Effect.gen(function* () {
      const google = yield* client()
      const path = join(yield* folder, "video.mp4")
      const interaction = yield* Effect.promise(async () => {
        const { id, status } = await google.interactions.create(asked())
        assert.strictEqual(status, "in_progress")
        return untilDone(google, id)
      })
      assert.strictEqual(interaction.status, "completed")
      // Of the client's own making: it looks for the video as we do.
      const video = interaction.output_video
      assert.strictEqual(video?.mime_type, "video/mp4")
      assert.match(video?.uri ?? "", /\/v1beta\/files\/[0-9a-f]{32}:download\?alt=media$/)
      yield* Effect.promise(() => google.files.download({ file: video?.uri ?? "", downloadPath: path }))
      const bytes = yield* Effect.promise(() => readFile(path))
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      assert.deepStrictEqual(
        (yield* (yield* Emulator).accepted).map(({ dialect, model, operation }) => [
          dialect,
          model,
          operation
        ]),
        [["geminiOmni", "gemini-omni-1.1-flash", interaction.id]]
      )
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("finds the bytes in the answer where it names no delivery, in either version", () =>
    Effect.gen(function* () {
      for (const apiVersion of ["v1", "v1beta"]) {
        const google = yield* client({ apiVersion })
        const { output_video } = yield* Effect.promise(async () => {
          const { id } = await google.interactions.create(asked({ response_format: { type: "video" } }))
          return untilDone(google, id)
        })
        const bytes = Buffer.from(output_video?.data ?? "", "base64")
        assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      }
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive.each<
    readonly [string, NonNullable<Interactions.CreateModelInteractionParamsNonStreaming["response_format"]>]
  >([
    ["the video", [{ type: "video", delivery: "inline", duration: "3s" }]],
    ["the video and a text", [{ type: "text" }, { type: "video", duration: "3s" }]]
  ])("takes a list with %s as response_format", ([, response_format]) =>
    Effect.gen(function* () {
      const google = yield* client()
      const { output_video } = yield* Effect.promise(async () => {
        const { id } = await google.interactions.create(asked({ response_format }))
        return untilDone(google, id)
      })
      assert.isAbove(output_video?.data?.length ?? 0, 0)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("puts the video into a bucket on Vertex AI", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator
      const google = yield* client({
        apiKey: undefined,
        vertexai: true,
        project: "p",
        location: "global",
        googleAuthOptions: { authClient: passport("secret") }
      })
      const format = { type: "video", delivery: "uri", gcs_uri: "gs://bucket/videos/" } as const
      const { output_video } = yield* Effect.promise(async () => {
        const { id } = await google.interactions.create(asked({ response_format: format }))
        return untilDone(google, id)
      })
      assert.match(output_video?.uri ?? "", /^gs:\/\/bucket\/videos\/[0-9a-f]{32}\/sample_0\.mp4$/)
      const object = encodeURIComponent((output_video?.uri ?? "").replace("gs://bucket/", ""))
      const answer = yield* call(`${url}/download/storage/v1/b/bucket/o/${object}?alt=media`, {
        headers: { authorization: "Bearer secret" }
      })
      assert.strictEqual((yield* bytesOf(answer)).subarray(4, 8).toString(), "ftyp")
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("cancels, and deletes", () =>
    Effect.gen(function* () {
      const google = yield* client()
      const { id } = yield* Effect.promise(() =>
        google.interactions.create(asked(), { headers: { "x-emulator-scenario": "stuck" } })
      )
      assert.strictEqual((yield* Effect.promise(() => google.interactions.cancel(id))).status, "cancelled")
      assert.strictEqual((yield* Effect.promise(() => google.interactions.get(id))).status, "cancelled")
      assert.match((yield* failing(() => google.interactions.cancel(id))).message, /already cancelled/)
      yield* Effect.promise(() => google.interactions.delete(id))
      assert.match((yield* failing(() => google.interactions.get(id))).message, /Invalid interaction name/)
    }).pipe(Effect.provide(secret))
  )

  it.scopedLive("hears no in the words that it knows", () =>
    Effect.gen(function* () {
      const google = yield* client()
      const refused = (scenario: string) =>
        failing(() =>
          google.interactions.create(asked(), { headers: { "x-emulator-scenario": scenario }, maxRetries: 0 })
        )
      assert.propertyVal(yield* refused("quota"), "status", 429)
      assert.propertyVal(yield* refused("rate-limit"), "status", 429)
      assert.propertyVal(yield* refused("unavailable"), "status", 503)
      assert.propertyVal(yield* refused("retired-model"), "status", 404)
      const short = { type: "video", duration: "2s" } as const
      const error = yield* failing(() => google.interactions.create(asked({ response_format: short })))
      assert.propertyVal(error, "status", 400)
      assert.match(error.message, /minimum allowed 3s/)
      const stranger = yield* client({ apiKey: "guess" })
      assert.propertyVal(
        yield* failing(() => stranger.interactions.create(asked(), { maxRetries: 0 })),
        "status",
        401
      )
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(secret))
  )
})

/** Credentials of Google's that have a token already. */
const passport = (token: string) => ({
  getRequestHeaders: async () => new Headers({ authorization: `Bearer ${token}` })
})

describe("the wire of the Interactions API", () => {
  const interactionOf = (response: Response) =>
    Effect.flatMap(json(response), Schema.decodeUnknown(Interaction))

  const ended = (job: string): Effect.Effect<Interaction, unknown, Emulator> =>
    Effect.flatMap(Effect.flatMap(get(job), interactionOf), (interaction) =>
      interaction.status === "queued" || interaction.status === "in_progress"
        ? Effect.delay(ended(job), "5 millis")
        : Effect.succeed(interaction)
    )

  const made = (body: object) =>
    Effect.flatMap(Effect.flatMap(create({ input: "a cat", ...body }), interactionOf), ({ id }) => ended(id))

  it.scopedLive("counts tokens as they were counted, signs thoughts, and says what it is", () =>
    Effect.gen(function* () {
      const done = yield* made({ response_format: { type: "video", delivery: "uri", duration: "3s" } })
      assert.deepStrictEqual(done.usage?.output_tokens_by_modality, [{ modality: "video", tokens: 17_376 }])
      assert.match(done.metadata.notice, /not the work of an AI model/)
      assert.deepStrictEqual(
        done.steps?.map(({ type }) => type),
        ["user_input", "thought", "model_output"]
      )
      assert.isAbove(done.steps?.[1]?.signature?.length ?? 0, 1_000)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("takes media before the text, and says that it does not look at them", () =>
    Effect.gen(function* () {
      const blocks = [
        { type: "image", data: "AAAA", mime_type: "image/png" },
        { type: "text", text: "a cat" }
      ]
      const flat = yield* made({ input: blocks, previous_interaction_id: "v1_x" })
      assert.deepStrictEqual(flat.metadata.ignored_inputs, [
        { field: "input[0]", mimeType: "image/png", bytes: 3 },
        { field: "previous_interaction_id" }
      ])
      const turns = yield* made({ input: [{ type: "user_input", content: blocks }] })
      assert.strictEqual(turns.status, "completed")
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("has words where the video would be for what is refused, and no tokens", () =>
    Effect.gen(function* () {
      const refused = yield* made({ emulator_scenario: "content-block" })
      assert.strictEqual(refused.status, "completed")
      assert.deepStrictEqual(refused.usage?.output_tokens_by_modality, [])
      assert.deepStrictEqual(
        contentOf(refused).map(({ type }) => type),
        ["text"]
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each([
    ["no text", { input: "" }, "input"],
    ["a number of seconds", { response_format: { type: "video", duration: 6 } }, "response_format.duration"],
    ["11 s", { response_format: { type: "video", duration: "11s" } }, "maximum allowed 10s"],
    ["a square", { response_format: { type: "video", aspect_ratio: "1:1" } }, "16:9, 9:16"],
    ["480p", { response_format: { type: "video", resolution: "480p" } }, "360p, 720p, 1080p, 4k"],
    [
      "two videos",
      { response_format: [{ type: "video" }, { type: "video" }] },
      "response_format: must hold one format of a video"
    ],
    ["a list without a video", { response_format: [{ type: "text" }] }, "must hold one format"],
    ["480p in a list", { response_format: [{ type: "video", resolution: "480p" }] }, "360p, 720p, 1080p, 4k"],
    ["a caller who waits", { background: false }, "background"],
    [
      "a bucket",
      { response_format: { type: "video", delivery: "uri", gcs_uri: "gs://b/c" } },
      "Vertex AI only"
    ],
    ["an unknown scenario", { emulator_scenario: "flood" }, "emulator_scenario"]
  ] as const)("refuses %s, with a word for a code", ([, body, said]) =>
    Effect.gen(function* () {
      const response = yield* create({ input: "a cat", ...body })
      assert.strictEqual(response.status, 400)
      const { error } = yield* Effect.flatMap(json(response), Schema.decodeUnknown(Envelope))
      assert.strictEqual(error.code, "invalid_request")
      assert.include(error.message, said)
      assert.deepStrictEqual(yield* (yield* Emulator).accepted, [])
    }).pipe(Effect.provide(layerTest()))
  )

  const Envelope = Schema.Struct({ error: Schema.Struct({ code: Schema.String, message: Schema.String }) })

  it.scopedLive("keeps its files apart from Veo's jobs, and from whoever has no key", () =>
    Effect.gen(function* () {
      const key = geminiOmni.keyed("secret")
      const response = yield* create({ input: "a cat" }, key)
      const job = geminiOmni.jobIn(yield* json(response))
      const file = `/v1beta/files/${job.slice(-32)}:download?alt=media`
      yield* Effect.repeat(Effect.delay(get(job, key), "5 millis"), {
        until: (answer) => Effect.map(interactionOf(answer), ({ status }) => status === "completed")
      })
      assert.strictEqual((yield* call(file)).status, 401)
      assert.strictEqual((yield* call(file, { headers: key })).status, 200)
      const other = `/v1beta/models/veo-3.1-generate-preview/operations/${job.slice(-32)}`
      assert.strictEqual((yield* call(other, { headers: key })).status, 403)
    }).pipe(Effect.provide(secret))
  )
})
