/**
 * Vertex AI as it is configured: its two kinds of models, over the emulator in Google's place, and the bucket between.
 */
import { rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as FetchHttpClient from "@effect/platform/FetchHttpClient"
import * as HttpClient from "@effect/platform/HttpClient"
import * as HttpClientRequest from "@effect/platform/HttpClientRequest"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Providers from "@mutoscope/client/Providers"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Chunk from "effect/Chunk"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import { fromTheStart, intent } from "../../client/test/fixtures.ts"
import { Configuration, layer } from "../src/Configuration.ts"
import { registry } from "../src/registry.ts"
import { world } from "./support/mutoscope.ts"

const token = "canary-of-a-token"

const settled = {
  MUTOSCOPE_VERTEX_PROJECT: "my-project",
  MUTOSCOPE_VERTEX_TOKEN: token,
  MUTOSCOPE_VERTEX_STORAGE_URI: "gs://my-bucket/videos"
}

/** The registry of an environment. */
const configured = (environment: Readonly<Record<string, string>>) =>
  Effect.flatMap(Configuration, registry).pipe(
    Effect.provide(Layer.provide(layer, NodeContext.layer)),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

/** Asks the emulator what was asked of Google, and keeps the addresses. */
const inGooglesPlace = (asked: Array<string>) =>
  Layer.effect(
    HttpClient.HttpClient,
    Effect.map(Effect.all([HttpClient.HttpClient, Emulator]), ([client, { url }]) =>
      HttpClient.mapRequest(client, (request) => {
        asked.push(`${request.method} ${request.url}`)
        return HttpClientRequest.setUrl(request, request.url.replace(/^https:\/\/[a-z0-9.-]+\.com/, url))
      })
    )
  ).pipe(Layer.provide(FetchHttpClient.layer))

/** Makes a video with a model, and tells of what kind it is and what was asked on the way. */
const made = (model: string, environment: Readonly<Record<string, string>>) =>
  Effect.gen(function* () {
    const asked: Array<string> = []
    const [provider = ""] = model.split("/")
    const kind = yield* Effect.gen(function* () {
      const providers = yield* VideoProvider
      const operation = yield* providers.submit({ ...intent({ model }), provider })
      const status = yield* Effect.repeat(Effect.delay(providers.poll(operation), "5 millis"), {
        until: ({ _tag }) => _tag !== "Pending" && _tag !== "Running"
      })
      if (status._tag !== "Succeeded") return assert.fail(status._tag)
      const { bytes } = yield* providers.download(operation, status.videos[0], fromTheStart)
      const [first] = Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))
      return Buffer.from(first ?? []).toString("latin1", 4, 8)
    }).pipe(
      Effect.provide(Providers.layer(yield* configured(environment))),
      Effect.provide(inGooglesPlace(asked))
    )
    return { kind, asked }
  })

const isOmni = ({ model }: Capabilities) => model.startsWith("gemini-omni-")

const emulator = layerTest({ apiKey: Redacted.make(token) })

describe("Vertex AI, configured", () => {
  it.scopedLive("has Veo put its videos into the bucket", () =>
    Effect.gen(function* () {
      const { asked, kind } = yield* made("vertex/veo-3.1", settled)
      assert.strictEqual(kind, "ftyp")
      const models =
        "https://us-central1-aiplatform.googleapis.com/v1/projects/my-project/locations/us-central1/publishers/google/models"
      assert.strictEqual(asked[0], `POST ${models}/veo-3.1-generate-001:predictLongRunning`)
      assert.match(
        asked.at(-1) ?? "",
        /^GET https:\/\/storage\.googleapis\.com\/download\/storage\/v1\/b\/my-bucket\/o\/videos%2F.+alt=media$/
      )
    }).pipe(Effect.provide(emulator))
  )

  it.scopedLive("has Veo's videos inside the answer where there is no bucket", () =>
    Effect.gen(function* () {
      const { asked, kind } = yield* made("vertex/veo-3.1", { ...settled, MUTOSCOPE_VERTEX_STORAGE_URI: "" })
      assert.strictEqual(kind, "ftyp")
      assert.isFalse(asked.some((address) => address.includes("storage.googleapis.com")))
    }).pipe(Effect.provide(emulator))
  )

  it.scopedLive.each<[string, Readonly<Record<string, string>>, string]>([
    ["globally", {}, "https://aiplatform.googleapis.com/v1beta1/projects/my-project/locations/global"],
    [
      "elsewhere if told so, whatever holds for Veo",
      { MUTOSCOPE_VERTEX_OMNI_LOCATION: "us-east1", MUTOSCOPE_VERTEX_LOCATION: "europe-west4" },
      "https://us-east1-aiplatform.googleapis.com/v1beta1/projects/my-project/locations/us-east1"
    ]
  ])("asks for Omni %s", ([, more, parent]) =>
    Effect.gen(function* () {
      const { asked, kind } = yield* made("vertex/omni", { ...settled, ...more })
      assert.strictEqual(kind, "ftyp")
      assert.strictEqual(asked[0], `POST ${parent}/interactions`)
      assert.match(
        asked.at(-1) ?? "",
        /^GET https:\/\/storage\.googleapis\.com\/download\/storage\/v1\/b\/my-bucket\/o\/videos%2F/
      )
    }).pipe(Effect.provide(emulator))
  )

  it.effect("has no Omni without a bucket, and nothing without a project", () =>
    Effect.gen(function* () {
      const omni = (environment: Readonly<Record<string, string>>) =>
        Effect.map(configured(environment), ({ vertex }) => vertex?.models.some(isOmni))
      assert.isTrue(yield* omni(settled))
      const { MUTOSCOPE_VERTEX_STORAGE_URI: _, ...unstored } = settled
      assert.isFalse(yield* omni(unstored))
      const { MUTOSCOPE_VERTEX_PROJECT: __, ...nobody } = settled
      const { vertex } = yield* configured(nobody)
      assert.deepStrictEqual(vertex?.models, [])
      assert.include(vertex?.fault, "project")
    })
  )

  it.effect.each(["my-bucket/videos", "https://storage.googleapis.com/my-bucket", "gs://", "gs://a b"])(
    "refuses %s as a bucket",
    (uri) =>
      Effect.gen(function* () {
        const error = yield* Effect.flip(configured({ ...settled, MUTOSCOPE_VERTEX_STORAGE_URI: uri }))
        assert.strictEqual(
          error.message,
          "MUTOSCOPE_VERTEX_STORAGE_URI: vertexStorageUri: it is like gs://bucket/folder"
        )
      })
  )

  it.effect("knows of Omni on Vertex AI that its models are other ones", () =>
    Effect.gen(function* () {
      const entries = yield* configured(settled)
      assert.deepStrictEqual(
        entries["vertex"]?.models.filter(isOmni).map(({ model }) => model),
        ["gemini-omni-1.2-flash", "gemini-omni-1.1-flash-preview"]
      )
      assert.isTrue(Option.isSome(entries["vertex"]?.other?.("gemini-omni-2-flash") ?? Option.none()))
    })
  )
})

describe("mutoscope on Vertex AI", () => {
  const here = world()
  afterAll(here.remove)

  it("lists both, takes google for Omni, and shows no token", async () => {
    const models = await here.run(["models"], { env: settled })
    assert.match(models.stdout, /^vertex\/veo-3\.1 /m)
    assert.match(models.stdout, /^vertex\/gemini-omni-1\.2 /m)
    const quote = await here.run(["quote", "x", "--model", "google", "--duration", "5"], { env: settled })
    assert.match(quote.stdout, /^vertex\/gemini-omni-1\.2 /m)
    const doctor = await here.run(["doctor", "--offline"], { env: settled })
    assert.match(doctor.stdout, /vertexStorageUri +gs:\/\/my-bucket\/videos +\(from environment\)/)
    for (const { stderr, stdout } of [models, quote, doctor]) assert.notInclude(stdout + stderr, token)
  })

  it.scopedLive("has as many accounts as there are, in files and the environment, at any address", () =>
    Effect.gen(function* () {
      const { url } = yield* Emulator
      const work = { project: "work", storageUri: "gs://my-bucket/work", baseUrl: url, storageUrl: url }
      writeFileSync(
        join(here.cwd, "mutoscope.json"),
        JSON.stringify({ vertexLocation: "europe-west4", providers: { "vertex@work": work } })
      )
      const env = { MUTOSCOPE_VERTEX_PROJECT: "mine", MUTOSCOPE_VERTEX_WORK_TOKEN: token }
      const run = (...args: ReadonlyArray<string>) => Effect.promise(() => here.run(args, { env }))
      const models = yield* run("models")
      assert.match(models.stdout, /^vertex\/veo-3\.1 /m)
      assert.match(models.stdout, /^vertex@work\/veo-3\.1 /m)
      assert.match(models.stdout, /^vertex@work\/gemini-omni-1\.2 /m)
      assert.notMatch(models.stdout, /^vertex\/gemini-omni/m)
      const providers = yield* run("providers", "--json")
      const vertex = providers.stdout.split("\n").find((line) => line.includes('"name":"vertex"'))
      assert.include(vertex ?? "", '"configured":["vertex","vertex@work"]')
      assert.include(vertex ?? "", '"variable":"MUTOSCOPE_VERTEX_STORAGE_URI"')
      const doctor = yield* run("doctor")
      assert.match(doctor.stdout, /ok +vertex@work +http.*answers/)
      assert.match(doctor.stdout, /vertex +https:\/\/europe-west4-aiplatform\.googleapis\.com/)
      const generated = yield* run("generate", "x", "--model", "vertex@work/veo-3.1", "--duration", "4")
      assert.strictEqual(generated.code, 0, generated.stderr)
      assert.match(generated.stdout, /\.mp4/)
      rmSync(join(here.cwd, "mutoscope.json"))
    }).pipe(Effect.provide(emulator))
  )

  it("says what is missing of an account, and that nobody is signed in", async () => {
    const doctor = await here.run(["doctor", "--offline"], { env: { MUTOSCOPE_VERTEX_LOCATION: "global" } })
    assert.match(doctor.stdout, /BAD +vertex +.*project is missing/)
    const env = {
      MUTOSCOPE_VERTEX_PROJECT: "my-project",
      MUTOSCOPE_VERTEX_BASE_URL: "http://127.0.0.1:9",
      GOOGLE_APPLICATION_CREDENTIALS: join(here.cwd, "nowhere.json")
    }
    const generated = await here.run(["generate", "x", "--model", "vertex/veo-3.1"], { env })
    assert.include(generated.stderr, "no Application Default Credentials")
  })
})
