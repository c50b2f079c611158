/**
 * ComfyUI, newer and older, from a prompt to a file: nothing is sent twice, nothing that was sent is lost, and nobody
 * else's job is stopped.
 */
import { existsSync, mkdtempSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as ComfyUi from "@mutoscope/client/ComfyUi"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as JobApi from "@mutoscope/client/JobApi"
import * as Providers from "@mutoscope/client/Providers"
import * as Generation from "@mutoscope/core/Generation"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import * as Policy from "@mutoscope/core/Policy"
import type { Report } from "@mutoscope/core/Progress"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { assert, describe, it } from "vitest"
import * as Workflow from "./workflow.ts"

/** Servers that have an address for every job, and servers that have a queue and a history. */
const servers = { newer: "", older: "/old" } as const
type Server = keyof typeof servers

const workflows = { wan: Workflow.text, i2v: Workflow.image }

const provider = (server: Server) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator.Emulator
      const api = yield* ComfyUi.api("comfyui", {
        baseUrl: `${urlOf("comfyui")}${servers[server]}`,
        workflows
      })
      const models = api.models.map((model) => ({ ...model, minimumPollInterval: 0 }))
      return Providers.layer({ comfyui: { models, layer: JobApi.layer({ ...api, models }) } })
    })
  ).pipe(Layer.provide(HttpTransport.layer))

const policy = Policy.make({ pollInterval: 20, retryDelay: 20 })

interface World {
  readonly generator: VideoGenerator.VideoGenerator["Type"]
  readonly provider: VideoProvider["Type"]
  readonly emulator: Emulator.Emulator["Type"]
}

/** Plays on a server whose scenario is the prompt. */
const play = <A, E>(
  server: Server,
  act: (world: World) => Effect.Effect<A, E, Scope.Scope>,
  renderTime: Duration.DurationInput = 0
): Promise<A> => {
  const folder = mkdtempSync(join(tmpdir(), "mutoscope-comfyui-"))
  return Effect.gen(function* () {
    return yield* act({
      generator: yield* VideoGenerator.VideoGenerator,
      provider: yield* VideoProvider,
      emulator: yield* Emulator.Emulator
    })
  }).pipe(
    Effect.scoped,
    Effect.provideService(Policy.Policy, policy),
    Effect.provide(
      VideoGenerator.layer.pipe(
        Layer.provideMerge(provider(server)),
        Layer.provide(Layer.mergeAll(FileVideoStore.layer({ directory: folder }), layerMemory)),
        Layer.provideMerge(
          Emulator.layerTest({
            renderTime,
            faults: ({ prompt }) => (/^[a-z-]+(:\d+)?$/.test(prompt) ? prompt : undefined)
          })
        ),
        Layer.provide(NodeContext.layer)
      )
    ),
    Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))),
    Effect.runPromise
  )
}

const request = (prompt: string, more: Partial<typeof VideoRequest.Type> = {}) =>
  new VideoRequest({
    prompt,
    model: "comfyui/wan",
    duration: 2,
    aspectRatio: "16:9",
    resolution: "480p",
    ...more
  })

const png = Uint8Array.from(
  Buffer.from(
    "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
    "base64"
  )
)

/** Asks until the answer is the one that is waited for. */
const until = <A, E, R>(ask: Effect.Effect<A, E, R>, is: (answer: A) => boolean): Effect.Effect<A, E, R> =>
  Effect.flatMap(ask, (answer) =>
    is(answer) ? Effect.succeed(answer) : Effect.delay(until(ask, is), "20 millis")
  )

/** The operation of a job, once it has one. */
const operationOf = ({ generator }: World, id: string) =>
  Effect.map(
    until(generator.status(id), ({ generation }) => Option.isSome(Generation.operation(generation))),
    ({ generation }) => Option.getOrThrow(Generation.operation(generation))
  )

describe.each(Object.keys(servers) as ReadonlyArray<Server>)("a %s ComfyUI", (server) => {
  it("makes a text into a file, and an image that is uploaded first", () =>
    play(server, ({ emulator, generator }) =>
      Effect.gen(function* () {
        const text = yield* generator.generate(request("A lamp in the window."))
        assert.isTrue(existsSync(text.state.video.path))
        const image = yield* generator.generate(
          request("A door opens.", {
            model: "comfyui/i2v",
            startImage: { _tag: "Bytes", data: png, mimeType: "image/png" }
          })
        )
        assert.isTrue(existsSync(image.state.video.path))
        const accepted = yield* emulator.accepted
        assert.deepStrictEqual(
          accepted.map(({ prompt }) => prompt),
          ["A lamp in the window.", "A door opens."]
        )
        assert.deepStrictEqual(
          accepted.map(({ operation }) => operation),
          [text.state.operation.id, image.state.operation.id]
        )
      })
    ))

  it("reports how far it is, as its socket tells", () =>
    play(
      server,
      ({ generator }) =>
        Effect.gen(function* () {
          const reports: Array<Report> = []
          const onProgress = (report: Report) => Effect.sync(() => reports.push(report))
          yield* generator.generate(request("A slow river."), { onProgress })
          const told = reports.filter(({ source }) => source === "reported").map(({ percent }) => percent)
          assert.isAbove(new Set(told).size, 4, told.join())
          assert.deepStrictEqual(
            told,
            told.toSorted((a, b) => a - b)
          )
        }),
      "1500 millis"
    ))

  it.each(["lost-response", "malformed-json"])("finds the job again after %s, by its own id", (scenario) =>
    play(server, ({ emulator, generator }) =>
      Effect.gen(function* () {
        const { state } = yield* generator.generate(request(scenario))
        assert.isTrue(existsSync(state.video.path))
        assert.lengthOf(yield* emulator.accepted, 1)
      })
    )
  )

  it("proves to whoever comes later that an intent was accepted, or knows nothing", () =>
    play(server, ({ generator, provider }) =>
      Effect.gen(function* () {
        const {
          id,
          provider: name,
          request: asked,
          createdAt,
          state
        } = yield* generator.generate(request("A lamp."))
        const intent = { id, attempt: 1, provider: name, request: asked, startedAt: createdAt }
        const found = yield* provider.reconcile(intent)
        assert.deepStrictEqual(found, { _tag: "Found", operation: state.operation })
        assert.deepStrictEqual(yield* provider.reconcile({ ...intent, attempt: 2 }), {
          _tag: "Candidates",
          operations: []
        })
      })
    ))

  it("names the node of a graph that is refused, and of one that fails", () =>
    play(server, ({ emulator, generator }) =>
      Effect.gen(function* () {
        const refused = yield* Effect.flip(
          generator.generate(request("A lamp.", { providerOptions: { "7": { steps: "many" } } }))
        )
        assert.deepInclude(refused, { _tag: "InvalidRequest", field: "node 7 (KSampler)" })
        assert.lengthOf(yield* emulator.accepted, 0)
        const failed = yield* Effect.flip(generator.generate(request("failure")))
        assert.strictEqual(failed._tag, "GenerationFailed")
        assert.match(failed.message, /KSampler \(node 7\): The emulated model failed/)
      })
    ))

  it("stops a job that waits, and the one that runs beside it goes on", () =>
    play(
      server,
      (world) =>
        Effect.gen(function* () {
          const { generator, provider } = world
          const running = yield* generator.start(request("A river."))
          const before = yield* operationOf(world, running.id)
          yield* until(provider.poll(before), ({ _tag }) => _tag === "Running")
          const waiting = yield* generator.start(request("A stone."))
          const operation = yield* operationOf(world, waiting.id)
          assert.strictEqual((yield* provider.poll(operation))._tag, "Pending")
          assert.strictEqual(yield* generator.cancel(waiting.id), "Cancelled")
          assert.deepStrictEqual(yield* provider.poll(operation), { _tag: "Cancelled" })
          const { state } = yield* generator.resume(running.id)
          assert.isTrue(existsSync(state.video.path))
        }),
      "700 millis"
    ))

  it("stops a job that runs", () =>
    play(
      server,
      (world) =>
        Effect.gen(function* () {
          const { generator, provider } = world
          const { id } = yield* generator.start(request("A river."))
          const operation = yield* operationOf(world, id)
          yield* until(provider.poll(operation), ({ _tag }) => _tag === "Running")
          assert.include(["Cancelled", "Requested"], yield* generator.cancel(id))
          assert.strictEqual((yield* Effect.flip(generator.resume(id)))._tag, "Cancelled")
        }),
      "5 seconds"
    ))

  it("says of a job that is nowhere any more that it is lost", () =>
    play(server, ({ provider }) =>
      Effect.gen(function* () {
        const operation = { provider: "comfyui", model: "wan", id: "00000000-0000-4000-8000-000000000000" }
        const told = yield* provider.poll(operation)
        assert.deepInclude(told._tag === "Failed" && told.error, { _tag: "GenerationFailed", code: "lost" })
        assert.strictEqual(yield* provider.cancel(operation), "AlreadyFinished")
      })
    ))
})

describe("workflows of ComfyUI", () => {
  it("are refused before anything is sent where they hold no prompt", () => {
    const { "4": _, ...silent } = Workflow.text
    const refused = ComfyUi.api("comfyui", { workflow: silent })
    assert.match(Either.match(refused, { onLeft: String, onRight: () => "" }), /no \{\{prompt\}\}/)
  })
})
