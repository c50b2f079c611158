/** The wire of ComfyUI, as its server answers. */
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import { get, graph, send } from "./drivers/comfyui.ts"
import { bytesOf, json } from "./support/api.ts"

const id = "6f1d2c3b-4a59-4687-8776-0f1e2d3c4b5a"
const submit = (more: object = {}, at = "") =>
  send(`${at}/prompt`, { prompt: graph("a cat"), prompt_id: id, ...more })

/** What a refusal says: its type, and of each node the types of its faults. */
const refusal = (body: object) =>
  Effect.gen(function* () {
    const response = yield* send("/prompt", body)
    assert.strictEqual(response.status, 400)
    const { error, node_errors } = (yield* json(response)) as {
      readonly error: { readonly type: string }
      readonly node_errors: Record<string, { readonly errors: ReadonlyArray<{ readonly type: string }> }>
    }
    return [
      error.type,
      Object.entries(node_errors).map(([node, { errors }]) => [node, ...errors.map(({ type }) => type)])
    ]
  })

const ended = (at: string): Effect.Effect<unknown, unknown, Emulator> =>
  Effect.flatMap(Effect.flatMap(get(`${at}/history/${id}`), json), (history) =>
    Object.keys(history as object).length === 0
      ? Effect.delay(ended(at), "5 millis")
      : Effect.succeed(history)
  )

describe("ComfyUI's wire", () => {
  it.scopedLive("takes an id of the client's, in one form alone", () =>
    Effect.gen(function* () {
      assert.deepInclude(yield* Effect.flatMap(submit(), json), { prompt_id: id })
      for (const prompt_id of [id.toUpperCase(), id.replaceAll("-", ""), `{${id}}`, "one"])
        assert.deepStrictEqual(yield* refusal({ prompt: graph("a cat"), prompt_id }), [
          "invalid_prompt_id",
          []
        ])
      const [entry] = yield* (yield* Emulator).accepted
      assert.strictEqual(entry?.operation, id)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("refuses graphs that cannot be run, and names the nodes", () =>
    Effect.gen(function* () {
      const all = graph("a cat")
      const { "10": _, ...unsaved } = all
      const without = { ...all, "6": { ...all["6"], inputs: { width: "832", height: 480, length: 33 } } }
      const image = { "11": { class_type: "LoadImage", inputs: { image: "none.png" } } }
      assert.deepStrictEqual(yield* refusal({}), ["no_prompt", []])
      assert.deepStrictEqual(yield* refusal({ prompt: unsaved }), ["prompt_no_outputs", []])
      assert.deepStrictEqual(
        yield* refusal({ prompt: { ...all, "1": { class_type: "Nope", inputs: {} } } }),
        ["invalid_prompt", []]
      )
      assert.deepStrictEqual(yield* refusal({ prompt: without }), [
        "prompt_outputs_failed_validation",
        [["6", "invalid_input_type", "required_input_missing"]]
      ])
      assert.deepStrictEqual(yield* refusal({ prompt: { ...all, ...image } }), [
        "prompt_outputs_failed_validation",
        [["11", "custom_validation_failed"]]
      ])
      assert.lengthOf(yield* (yield* Emulator).accepted, 0)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("shows a job in the queue and then in the history, below /api and to older clients too", () =>
    Effect.gen(function* () {
      yield* submit({ extra_data: { emulator_scenario: "stuck" } }, "/old")
      const queued = (yield* Effect.flatMap(get("/old/queue"), json)) as {
        readonly queue_pending: ReadonlyArray<ReadonlyArray<unknown>>
      }
      assert.deepStrictEqual(
        queued.queue_pending.map(([, name]) => name),
        [id]
      )
      assert.deepStrictEqual(yield* Effect.flatMap(get(`/old/history/${id}`), json), {})
      assert.strictEqual((yield* get(`/old/api/jobs/${id}`)).status, 404)
      assert.strictEqual((yield* send("/old/queue", { delete: [id] })).status, 200)
      assert.deepStrictEqual(yield* Effect.flatMap(get("/api/queue"), json), {
        queue_running: [],
        queue_pending: []
      })
      assert.strictEqual((yield* get(`/api/jobs/${id}`)).status, 404)
      assert.deepStrictEqual(yield* Effect.flatMap(send(`/api/jobs/${id}/cancel`, {}), json), {
        cancelled: false
      })
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("names files that are there, and nothing else", () =>
    Effect.gen(function* () {
      yield* submit({}, "/api")
      const history = JSON.stringify(yield* ended("/api"))
      const filename = /"filename":"([^"]+)"/.exec(history)?.[1] ?? ""
      const bytes = yield* Effect.flatMap(
        get(`/view?filename=${filename}&subfolder=video&type=output`),
        bytesOf
      )
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      for (const name of ["", "../x.mp4", "%2e%2e/x.mp4", `x${filename}`])
        assert.strictEqual((yield* get(`/view?filename=${name}`)).status, 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("tells which nodes there are, and what it is", () =>
    Effect.gen(function* () {
      const nodes = (yield* Effect.flatMap(get("/object_info"), json)) as object
      assert.includeMembers(
        Object.keys(nodes),
        Object.values(graph("")).map(({ class_type }) => class_type)
      )
      assert.deepStrictEqual(
        Object.keys((yield* Effect.flatMap(get("/object_info/KSampler"), json)) as object),
        ["KSampler"]
      )
      assert.property(yield* Effect.flatMap(get("/system_stats"), json), "system")
      assert.strictEqual((yield* get("/ws?clientId=x")).status, 400)
    }).pipe(Effect.provide(layerTest()))
  )
})
