/**
 * Vertex AI as an account: two kinds of models behind one name, and where its tokens come from.
 */
import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Adapters from "../src/Adapters.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as Vertex from "../src/Vertex.ts"
import { canary, intent } from "./fixtures.ts"
import { json, type Received, serve } from "./scripted.ts"

const veoName = "projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001/operations/1"

/** A server that is both, and what it was asked, without the connection. */
const google = Effect.gen(function* () {
  const server = yield* serve(({ path }, socket) => {
    const answer = path.endsWith(":predictLongRunning")
      ? { name: veoName }
      : path.endsWith(":fetchPredictOperation")
        ? { name: veoName }
        : { id: "int-1", status: "in_progress" }
    socket.write(json(200, answer))
  })
  const asked = () => server.requests.map(({ headers, path }: Received) => [path, headers["authorization"]])
  return { base: server.base, asked }
})

const provided = (account: string, options: Vertex.Options) =>
  Vertex.layer(account, options).pipe(Layer.provide(HttpTransport.layer))

const models = "/v1/projects/p/locations/us-central1/publishers/google/models/veo-3.1-generate-001"
const interactions = "/v1beta1/projects/p/locations/global/interactions"

describe("Vertex AI", () => {
  it.scopedLive("asks for each kind of model where it is, and after a job what the job is of", () =>
    Effect.gen(function* () {
      const { asked, base } = yield* google
      const options = {
        project: "p",
        baseUrl: base,
        storageUri: "gs://my-bucket/videos",
        token: Redacted.make("t")
      }
      yield* Effect.gen(function* () {
        const provider = yield* VideoProvider
        const veo = yield* provider.submit(intent({ model: "vertex@work/veo-3.1" }))
        const omni = yield* provider.submit(intent({ model: "vertex@work/omni" }))
        assert.deepStrictEqual([veo.provider, omni.provider], ["vertex@work", "vertex@work"])
        yield* provider.poll(veo)
        yield* provider.poll(omni)
        assert.isTrue(Option.isSome(provider.capabilities("vertex@work/gemini-omni-9-flash")))
        assert.isTrue(Option.isNone(provider.capabilities("vertex@work/imagen")))
      }).pipe(Effect.provide(provided("vertex@work", options)))
      assert.deepStrictEqual(asked(), [
        [`${models}:predictLongRunning`, "Bearer t"],
        [interactions, "Bearer t"],
        [`${models}:fetchPredictOperation`, "Bearer t"],
        [`${interactions}/int-1`, "Bearer t"]
      ])
    })
  )

  it.scopedLive("looks after a job of Omni's even where the bucket is gone, and makes no more of them", () =>
    Effect.gen(function* () {
      const { asked, base } = yield* google
      yield* Effect.gen(function* () {
        const provider = yield* VideoProvider
        const operation = { provider: "vertex", id: "int-1", model: "gemini-omni-1.2-flash" }
        assert.strictEqual((yield* provider.poll(operation))._tag, "Running")
        const error = yield* Effect.flip(provider.submit(intent({ model: "vertex/omni" })))
        assert.strictEqual(error._tag, "UnsupportedOption")
      }).pipe(Effect.provide(provided("vertex", { project: "p", baseUrl: base, token: Redacted.make("t") })))
      assert.deepStrictEqual(asked(), [[`${interactions}/int-1`, "Bearer t"]])
    })
  )

  it.scopedLive("asks for a token at every request, in the name of the account", () =>
    Effect.gen(function* () {
      const { asked, base } = yield* google
      const accounts: Array<string> = []
      const supplier: Vertex.TokenSupplier = (account) =>
        Effect.sync(() => Redacted.make(`${account}-${accounts.push(account)}`))
      yield* Effect.gen(function* () {
        const provider = yield* VideoProvider
        yield* provider.poll(yield* provider.submit(intent()))
      }).pipe(
        Effect.provide(
          provided("vertex@work", { project: "p", baseUrl: base }).pipe(
            Layer.provide(Layer.succeed(Vertex.Tokens, supplier))
          )
        )
      )
      assert.deepStrictEqual(
        asked().map(([, header]) => header),
        ["Bearer vertex@work-1", "Bearer vertex@work-2"]
      )
    })
  )

  it.scopedLive("sends nothing where nobody has a token for it", () =>
    Effect.gen(function* () {
      const { asked, base } = yield* google
      const error = yield* Effect.flip(
        Effect.flatMap(VideoProvider, (provider) => provider.submit(intent()))
      ).pipe(Effect.provide(provided("vertex", { project: "p", baseUrl: base })))
      assert.strictEqual(error._tag, "AuthenticationFailed")
      assert.include(error.message, "it has no token")
      assert.deepStrictEqual(asked(), [])
    })
  )

  it.scoped.each(["baseUrl", "storageUrl"])("sends no token in the clear to %s", (name) =>
    Effect.gen(function* () {
      const options = { project: "p", token: Redacted.make(canary), [name]: "http://google.example.com" }
      const error = yield* Effect.flip(Layer.build(provided("vertex", options)))
      assert.include(String(error), "only sent over https")
      assert.notInclude(String(error), canary)
    })
  )
})

describe("Vertex AI in a registry", () => {
  const connect = (settings: Readonly<Record<string, unknown>>) =>
    Either.flatMap(
      Either.fromNullable(
        Adapters.all.find(({ name }) => name === "vertex"),
        () => "no vertex"
      ),
      (adapter) => adapter.connect("vertex@work", settings)
    )

  it("comes first, is told only its project, and has Omni with a bucket", () => {
    assert.strictEqual(Adapters.all[0]?.name, "vertex")
    const entry = Either.getOrThrow(connect({ project: "p" }))
    assert.strictEqual(entry.address, "https://us-central1-aiplatform.googleapis.com")
    assert.isFalse(entry.models.some(({ model }) => model.startsWith("gemini-omni-")))
    assert.isTrue(entry.models.every(({ provider }) => provider === "vertex@work"))
    const stored = Either.getOrThrow(connect({ project: "p", storageUri: "gs://my-bucket" }))
    assert.isTrue(stored.models.some(({ model }) => model.startsWith("gemini-omni-")))
    assert.isTrue(Option.isSome(stored.other?.("gemini-omni-9-flash") ?? Option.none()))
  })

  it.each([
    ["no project", {}, "project is missing"],
    ["a bucket that is none", { project: "p", storageUri: "my-bucket" }, "storageUri cannot be used"],
    ["a setting that there is not", { project: "p", apiKey: canary }, "apiKey cannot be used"]
  ])("refuses %s, and shows no secret", (_, settings, reason) => {
    const fault = Either.match(connect({ token: canary, ...settings }), {
      onLeft: String,
      onRight: () => "none"
    })
    assert.include(fault, reason)
    assert.notInclude(fault, canary)
  })
})
