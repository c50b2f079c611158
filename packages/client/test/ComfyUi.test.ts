import { createHash } from "node:crypto"
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import type { Operation } from "@mutoscope/core/Operation"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Stream from "effect/Stream"
import * as ComfyUi from "../src/ComfyUi.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import { canary, fromTheStart, intent } from "./fixtures.ts"
import { answer, json, type Script, type Scripted, serve } from "./scripted.ts"

/** A workflow of six nodes that has a place for nearly everything. */
const workflow = {
  "1": { class_type: "CLIPTextEncode", inputs: { text: "{{prompt}}, film grain", clip: ["9", 0] } },
  "2": { class_type: "CLIPTextEncode", inputs: { text: "{{negative_prompt}}", clip: ["9", 0] } },
  "3": {
    class_type: "EmptyHunyuanLatentVideo",
    inputs: { width: "{{width}}", height: "{{height}}", length: "{{frames}}", batch_size: 1 }
  },
  "4": { class_type: "KSampler", inputs: { seed: "{{ seed }}", steps: 20, latent_image: ["3", 0] } },
  "5": { class_type: "CreateVideo", inputs: { fps: 24, images: ["4", 0] } },
  "6": { class_type: "SaveVideo", inputs: { filename_prefix: "v/{{job_id}}", video: ["5", 0] } }
}
const withImage = {
  ...workflow,
  "7": { class_type: "LoadImage", inputs: { image: "{{start_image}}" } }
}

const provider = (baseUrl: string, more: Partial<ComfyUi.Options> = {}) =>
  Effect.flatMap(
    ComfyUi.api("comfyui", { baseUrl, workflows: { wan: workflow, i2v: withImage }, ...more }),
    (api) =>
      JobApi.layer(api).pipe(
        Layer.provide(HttpTransport.layer),
        Layer.build,
        Effect.map(Context.get(VideoProvider))
      )
  )

/** The id of the attempt that `fixtures.intent` has. */
const id = "da1303bb-3ef6-8368-9c6e-5d33b20ad3b9"
const operation: Operation = { provider: "comfyui", id, model: "wan" }
const wan = intent({ model: "wan" })

/** Answers by method and path; several answers to the same are given in turn, the last for ever. */
const routes = (all: Readonly<Record<string, Buffer | ReadonlyArray<Buffer>>>): Script => {
  const turns = new Map<string, number>()
  return ({ method, path }, socket) => {
    const key = `${method} ${path.split("?")[0]}`
    const found = all[key]
    const turn = turns.get(key) ?? 0
    turns.set(key, turn + 1)
    const list = found === undefined || Buffer.isBuffer(found) ? [found] : found
    socket.write(list[Math.min(turn, list.length - 1)] ?? answer(404, "404: Not Found"))
  }
}

/** What was asked of a server, without what it has. */
const heard = ({ requests }: Scripted) => requests.filter(({ path }) => !path.startsWith("/object_info/"))

const asked = (server: Scripted) =>
  heard(server)
    .filter(({ path }) => !path.startsWith("/ws"))
    .map(({ method, path }) => `${method} ${path}`)

const jobAt = `/api/jobs/${id}`
const queue = (running: ReadonlyArray<unknown>, pending: ReadonlyArray<unknown>) =>
  json(200, { queue_running: running, queue_pending: pending })
const entry = (number: number, of = id) => [number, of, {}, {}, ["6"]]
const nowhere = { "GET /queue": queue([], []), [`GET /history/${id}`]: json(200, {}) }

const mp4 = { filename: "v_00001_.mp4", subfolder: "video", type: "output" }
const outputs = { "6": { images: [mp4], animated: [true] } }

const polled = (all: Parameters<typeof routes>[0]) =>
  Effect.gen(function* () {
    const server = yield* serve(routes(all))
    const comfy = yield* provider(server.base)
    return { told: yield* comfy.poll(operation), asked: asked(server) }
  })

describe("a submit to ComfyUI", () => {
  it.scopedLive("fills the workflow in, keeping numbers numbers, under an id of our own", () =>
    Effect.gen(function* () {
      const server = yield* serve(
        routes({ "POST /prompt": json(200, { prompt_id: id, number: 1, node_errors: {} }) })
      )
      const comfy = yield* provider(server.base)
      const request = {
        model: "comfyui/wan",
        prompt: "a {{seed}} cat",
        seed: 7,
        negativePrompt: "rain",
        duration: 5
      }
      assert.deepStrictEqual(
        yield* comfy.submit(
          intent({ ...request, resolution: "480p", providerOptions: { "4": { steps: 4 } } })
        ),
        operation
      )
      const sent = JSON.parse(heard(server)[0]?.body ?? "")
      assert.deepStrictEqual(sent, {
        prompt: {
          ...workflow,
          // What a prompt says is not filled in.
          "1": {
            class_type: "CLIPTextEncode",
            inputs: { text: "a {{seed}} cat, film grain", clip: ["9", 0] }
          },
          "2": { class_type: "CLIPTextEncode", inputs: { text: "rain", clip: ["9", 0] } },
          "3": { ...workflow["3"], inputs: { width: 848, height: 480, length: 5 * 24 + 1, batch_size: 1 } },
          "4": { ...workflow["4"], inputs: { seed: 7, steps: 4, latent_image: ["3", 0] } },
          "6": { ...workflow["6"], inputs: { filename_prefix: `v/${id}`, video: ["5", 0] } }
        },
        prompt_id: id,
        client_id: id
      })
      assert.match(id, /^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/)
    })
  )

  it.scopedLive("has an id and a seed for each attempt, and always the same", () =>
    Effect.gen(function* () {
      const server = yield* serve(routes({ "POST /prompt": json(200, { prompt_id: id }) }))
      const comfy = yield* provider(server.base)
      for (const attempt of [1, 1, 2]) yield* comfy.submit({ ...wan, attempt })
      const [first, same, other] = heard(server).map(({ body }) => JSON.parse(body))
      assert.deepStrictEqual(first, same)
      assert.notStrictEqual(first.prompt_id, other.prompt_id)
      assert.isTrue(Number.isInteger(first.prompt["4"].inputs.seed))
      assert.notStrictEqual(first.prompt["4"].inputs.seed, other.prompt["4"].inputs.seed)
    })
  )

  it.scopedLive("uploads an image first, by its content's name, and takes the name that it got", () =>
    Effect.gen(function* () {
      const png = Buffer.from(
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==",
        "base64"
      )
      const server = yield* serve(
        routes({
          "POST /upload/image": json(200, { name: "a (1).png", subfolder: "mutoscope", type: "input" }),
          "POST /prompt": json(200, { prompt_id: id })
        })
      )
      const comfy = yield* provider(server.base)
      const startImage = { _tag: "Bytes", data: new Uint8Array(png), mimeType: "image/png" } as const
      yield* comfy.submit(intent({ model: "i2v", startImage }))
      assert.deepStrictEqual(asked(server), ["POST /upload/image", "POST /prompt"])
      const name = createHash("sha256").update(png).digest("hex").slice(0, 32)
      assert.include(heard(server)[0]?.body, `name="image"; filename="${name}.png"`)
      assert.include(heard(server)[0]?.body, `name="overwrite"\r\n\r\ntrue\r\n`)
      assert.strictEqual(
        JSON.parse(heard(server)[1]?.body ?? "").prompt["7"].inputs.image,
        "mutoscope/a (1).png"
      )
      const without = yield* Effect.flip(comfy.submit(intent({ model: "i2v" })))
      assert.deepInclude(without, { _tag: "InvalidRequest", field: "start image" })
      const superfluous = yield* Effect.flip(comfy.submit(intent({ model: "wan", startImage })))
      assert.deepInclude(superfluous, { _tag: "UnsupportedOption", option: "start image" })
    })
  )

  it.scopedLive("has not been sent where the upload was lost: it can be tried again", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.destroy())
      const comfy = yield* provider(server.base)
      const startImage = { _tag: "Bytes", data: jpeg, mimeType: "image/jpeg" } as const
      const error = yield* Effect.flip(comfy.submit(intent({ model: "i2v", startImage })))
      assert.strictEqual(error._tag, "ProviderUnavailable")
      assert.deepStrictEqual(asked(server), ["POST /upload/image"])
    })
  )

  it.scopedLive("names the node and the input that a graph is refused for", () =>
    Effect.gen(function* () {
      const refusals = [
        {
          error: {
            type: "prompt_outputs_failed_validation",
            message: "Prompt outputs failed validation",
            details: "",
            extra_info: {}
          },
          node_errors: {
            "4": {
              class_type: "KSampler",
              dependent_outputs: ["6"],
              errors: [
                {
                  type: "required_input_missing",
                  message: "Required input is missing",
                  details: "positive",
                  extra_info: { input_name: "positive" }
                }
              ]
            }
          }
        },
        {
          error: {
            type: "invalid_prompt",
            message: "Cannot execute because node Nope does not exist.",
            details: "Node ID '#3'",
            extra_info: {}
          },
          node_errors: {}
        }
      ]
      const server = yield* serve(routes({ "POST /prompt": refusals.map((body) => json(400, body)) }))
      const comfy = yield* provider(server.base)
      assert.deepInclude(yield* Effect.flip(comfy.submit(wan)), {
        _tag: "InvalidRequest",
        field: "node 4 (KSampler)",
        reason: "node 4 (KSampler): Required input is missing: positive"
      })
      assert.deepInclude(yield* Effect.flip(comfy.submit(wan)), {
        _tag: "InvalidRequest",
        reason: "Cannot execute because node Nope does not exist.: Node ID '#3'"
      })
      const stray = yield* Effect.flip(comfy.submit(intent({ model: "wan", providerOptions: { steps: 4 } })))
      assert.deepInclude(stray, { _tag: "InvalidRequest", field: "providerOptions", value: "steps" })
    })
  )
})

const jpeg = Uint8Array.from([
  0xff, 0xd8, 0xff, 0xe0, 0, 16, 0x4a, 0x46, 0x49, 0x46, 0, 1, 1, 0, 0, 1, 0, 1, 0, 0
])

describe("an answer of ComfyUI's that was lost", () => {
  const lost = (all: Parameters<typeof routes>[0]): Script => {
    const others = routes(all)
    return (request, socket) => (request.path === "/prompt" ? socket.destroy() : others(request, socket))
  }

  it.scopedLive("is no loss where the job is there under our id", () =>
    Effect.gen(function* () {
      const server = yield* serve(lost({ [`GET ${jobAt}`]: json(200, { id, status: "pending" }) }))
      const comfy = yield* provider(server.base)
      assert.deepStrictEqual(yield* comfy.submit(wan), operation)
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("leaves it open where there is none, and is found later, on old servers too", () =>
    Effect.gen(function* () {
      const server = yield* serve(
        lost({ ...nowhere, "GET /queue": [queue([], []), queue([], []), queue([entry(2)], [])] })
      )
      const comfy = yield* provider(server.base)
      assert.strictEqual((yield* Effect.flip(comfy.submit(wan)))._tag, "SubmitUnknown")
      assert.deepStrictEqual(yield* comfy.reconcile(wan), { _tag: "Found", operation })
      assert.strictEqual(server.posts(), 1)
    })
  )

  it.scopedLive("proves nothing where nothing is found, or nobody can be asked", () =>
    Effect.gen(function* () {
      const server = yield* serve(routes(nowhere))
      const comfy = yield* provider(server.base)
      assert.deepStrictEqual(yield* comfy.reconcile(wan), {
        _tag: "Candidates",
        operations: []
      })
      const silent = yield* serve(lost({ [`GET ${jobAt}`]: answer(502, "") }))
      const other = yield* provider(silent.base)
      assert.strictEqual((yield* Effect.flip(other.submit(wan)))._tag, "SubmitUnknown")
      assert.strictEqual((yield* Effect.flip(other.reconcile(wan)))._tag, "ProviderUnavailable")
    })
  )
})

describe("a look at a job of ComfyUI's", () => {
  const cases = {
    pending: [{ status: "pending" }, { _tag: "Pending" }],
    running: [{ status: "in_progress" }, { _tag: "Running" }],
    "in a state with a new name": [{ status: "thinking" }, { _tag: "Running", word: "thinking" }],
    cancelled: [{ status: "cancelled" }, { _tag: "Cancelled" }],
    "interrupted, in the words of some months": [
      { status: "failed", execution_status: { messages: [["execution_interrupted", {}]] } },
      { _tag: "Cancelled" }
    ],
    done: [
      { status: "completed", outputs },
      {
        _tag: "Succeeded",
        videos: [{ _tag: "Remote", uri: "view?filename=v_00001_.mp4&subfolder=video&type=output" }]
      }
    ]
  } as const
  it.scopedLive.each(Object.entries(cases))("tells that it is %s", ([, [job, told]]) =>
    Effect.gen(function* () {
      const found = yield* polled({ [`GET ${jobAt}`]: json(200, { id, ...job }) })
      assert.deepStrictEqual(found.told, told)
      assert.deepStrictEqual(found.asked, [`GET ${jobAt}`])
    })
  )

  it.scopedLive("names the node that failed, and what it said", () =>
    Effect.gen(function* () {
      const execution_error = {
        node_id: "4",
        node_type: "KSampler",
        exception_type: "torch.OutOfMemoryError",
        exception_message: "Allocation on device \n",
        current_inputs: { denoise: [1] }
      }
      const error = {
        _tag: "GenerationFailed" as const,
        reason: "KSampler (node 4): Allocation on device",
        code: "torch.OutOfMemoryError"
      } as const
      const now = yield* polled({ [`GET ${jobAt}`]: json(200, { status: "failed", execution_error }) })
      assert.deepInclude(now.told._tag === "Failed" && now.told.error, error)
      const status = {
        status_str: "error",
        completed: false,
        messages: [
          ["execution_start", {}],
          ["execution_error", execution_error]
        ]
      }
      const old = yield* polled({
        ...nowhere,
        [`GET /history/${id}`]: json(200, { [id]: { outputs: {}, status } })
      })
      assert.deepInclude(old.told._tag === "Failed" && old.told.error, error)
    })
  )

  it.scopedLive("reads what Python writes and JSON has not got, but not inside of texts", () =>
    Effect.gen(function* () {
      const body = `{"id": "${id}", "status": "failed", "workflow": {"is_changed": [NaN, -Infinity]},
        "execution_error": {"exception_message": "NaN \\" NaN"}}`
      const { told } = yield* polled({ [`GET ${jobAt}`]: answer(200, body) })
      assert.deepInclude(told._tag === "Failed" && told.error, { reason: `NaN " NaN` })
    })
  )

  it.scopedLive(
    "asks old servers for the queue, whose order is in its numbers, and then for the history",
    () =>
      Effect.gen(function* () {
        const waiting = yield* polled({
          ...nowhere,
          "GET /queue": queue([entry(1, "other")], [entry(9, "last"), entry(3, "next"), "rubbish", entry(5)])
        })
        assert.deepStrictEqual(waiting.told, { _tag: "Pending", position: 2 })
        const running = yield* polled({ ...nowhere, "GET /queue": queue([entry(1)], []) })
        assert.deepStrictEqual(running.told, { _tag: "Running" })
        const done = yield* polled({
          ...nowhere,
          [`GET /history/${id}`]: json(200, {
            [id]: { outputs, status: { status_str: "success", completed: true, messages: [] } }
          })
        })
        assert.strictEqual(done.told._tag, "Succeeded")
        assert.deepStrictEqual(done.asked, [`GET ${jobAt}`, "GET /queue", `GET /history/${id}`])
        const stopped = yield* polled({
          ...nowhere,
          [`GET /history/${id}`]: json(200, {
            [id]: { outputs: {}, status: { status_str: "error", messages: [["execution_interrupted", {}]] } }
          })
        })
        assert.deepStrictEqual(stopped.told, { _tag: "Cancelled" })
      })
  )

  it.scopedLive("says that a job is lost only after it was twice in neither", () =>
    Effect.gen(function* () {
      const { asked, told } = yield* polled(nowhere)
      assert.deepStrictEqual(asked, [
        `GET ${jobAt}`,
        "GET /queue",
        `GET /history/${id}`,
        "GET /queue",
        `GET /history/${id}`
      ])
      assert.deepInclude(told._tag === "Failed" && told.error, { _tag: "GenerationFailed", code: "lost" })
      const late = yield* polled({
        ...nowhere,
        [`GET /history/${id}`]: [json(200, {}), json(200, { [id]: { outputs } })]
      })
      assert.strictEqual(late.told._tag, "Succeeded")
    })
  )

  it.scopedLive("never ends a job for an answer that makes no sense", () =>
    Effect.gen(function* () {
      for (const all of [
        { [`GET ${jobAt}`]: json(200, []) },
        { [`GET ${jobAt}`]: answer(200, "<html>") },
        { [`GET ${jobAt}`]: answer(500, "") },
        { "GET /queue": json(200, {}) },
        { "GET /queue": answer(404, "") },
        { "GET /queue": queue([], []), [`GET /history/${id}`]: answer(200, "[") },
        { "GET /queue": queue([], []), [`GET /history/${id}`]: answer(503, "") }
      ]) {
        const error = yield* Effect.flip(polled(all))
        assert.include(["OperationNotFound", "UnexpectedAnswer", "ProviderUnavailable"], error._tag)
      }
    })
  )

  it.scopedLive(
    "takes a saved video before a preview, an MP4 before others, and knows where there is none",
    () =>
      Effect.gen(function* () {
        const found = (outputs: object) =>
          Effect.map(polled({ [`GET ${jobAt}`]: json(200, { status: "completed", outputs }) }), ({ told }) =>
            told._tag === "Succeeded"
              ? told.videos.map((video) => (video._tag === "Remote" ? video.uri : ""))
              : told._tag === "Failed" && told.error
          )
        const preview = { filename: "p.mp4", subfolder: "", type: "temp" }
        const webm = { filename: "w.webm", subfolder: "", type: "output" }
        const gifs = [
          { filename: "g.mp4", subfolder: "", type: "output", format: "video/h264-mp4", fullpath: "/x" }
        ]
        assert.deepStrictEqual(
          yield* found({
            "1": { images: [preview, { filename: "frame.png", type: "temp" }], text: ["hello"] },
            "2": { video: [webm], note: "x", nothing: null },
            "3": { gifs },
            "4": null
          }),
          [
            "view?filename=g.mp4&subfolder=&type=output",
            "view?filename=w.webm&subfolder=&type=output",
            "view?filename=p.mp4&subfolder=&type=temp"
          ]
        )
        assert.deepInclude(yield* found({ "1": { images: [{ filename: "a.png" }] } }), {
          _tag: "GenerationFailed"
        })
        assert.deepInclude(yield* found({}), { _tag: "EmptyResult" })
      })
  )
})

describe("a video of ComfyUI's", () => {
  it.scopedLive("is fetched by its name, which is nothing but a name", () =>
    Effect.gen(function* () {
      const filename = "../../etc/pass&type=input#.mp4"
      const server = yield* serve(
        routes({
          [`GET ${jobAt}`]: json(200, {
            status: "completed",
            outputs: { "6": { images: [{ ...mp4, filename }] } }
          }),
          "GET /view": answer(200, "video", { "content-type": "video/mp4" })
        })
      )
      const comfy = yield* provider(server.base, { apiKey: Redacted.make(canary) })
      const told = yield* comfy.poll(operation)
      if (told._tag !== "Succeeded") return assert.fail(told._tag)
      const download = yield* comfy.download(operation, told.videos[0], fromTheStart)
      yield* Stream.runDrain(download.bytes)
      const url = new URL(heard(server).at(-1)?.path ?? "", server.base)
      assert.strictEqual(url.pathname, "/view")
      assert.deepStrictEqual(Object.fromEntries(url.searchParams), { ...mp4, filename })
      assert.strictEqual(heard(server).at(-1)?.headers["authorization"], `Bearer ${canary}`)
    })
  )
})

describe("stopping a job of ComfyUI's", () => {
  const cancelled = (all: Parameters<typeof routes>[0]) =>
    Effect.gen(function* () {
      const server = yield* serve(routes(all))
      const comfy = yield* provider(server.base)
      const outcome = yield* comfy.cancel(operation)
      const posts = heard(server).filter(({ method }) => method === "POST")
      return {
        outcome,
        posts: posts.map(({ body, path }) => `${path} ${body}`),
        after: yield* comfy.poll(operation)
      }
    })
  const jobs = (...states: ReadonlyArray<string>) => ({
    [`GET ${jobAt}`]: states.map((status) => json(status === "gone" ? 404 : 200, { id, status })),
    [`POST ${jobAt}/cancel`]: json(200, { cancelled: true })
  })

  it.scopedLive("tells what came of it: stopped, still running, or over", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* cancelled(jobs("in_progress", "cancelled"))).outcome, "Cancelled")
      assert.strictEqual((yield* cancelled(jobs("in_progress"))).outcome, "Requested")
      assert.strictEqual((yield* cancelled(jobs("in_progress", "failed"))).outcome, "AlreadyFinished")
      assert.deepInclude(yield* cancelled(jobs("failed")), { outcome: "AlreadyFinished", posts: [] })
      // What waited is nowhere afterwards, and that is no loss.
      const waited = yield* cancelled({ ...nowhere, ...jobs("pending", "gone") })
      assert.deepInclude(waited, { outcome: "Cancelled", posts: [`${jobAt}/cancel {}`] })
      assert.deepStrictEqual(waited.after, { _tag: "Cancelled" })
    })
  )

  it.scopedLive("asks old servers to take it out of the queue, and to interrupt it only where it runs", () =>
    Effect.gen(function* () {
      const waited = yield* cancelled({
        ...nowhere,
        "GET /queue": [queue([entry(1, "other")], [entry(2)]), queue([entry(1, "other")], [])],
        "POST /queue": answer(200, ""),
        "POST /interrupt": answer(200, "")
      })
      assert.strictEqual(waited.outcome, "Cancelled")
      assert.deepStrictEqual(waited.posts, [`${jobAt}/cancel {}`, `/queue {"delete":["${id}"]}`])
      const ran = yield* cancelled({
        ...nowhere,
        "GET /queue": queue([entry(2)], []),
        "POST /interrupt": answer(200, "")
      })
      assert.strictEqual(ran.outcome, "Requested")
      assert.deepStrictEqual(ran.posts, [`${jobAt}/cancel {}`, `/interrupt {"prompt_id":"${id}"}`])
    })
  )
})

describe("a workflow", () => {
  const models = (settings: Readonly<Record<string, unknown>>) =>
    Either.map(ComfyUi.adapter.connect("comfyui", settings), ({ models }) => models)
  const fault = (settings: Readonly<Record<string, unknown>>) =>
    Either.match(models(settings), { onLeft: String, onRight: () => "none" })
  const small = { "1": { class_type: "Text", inputs: { text: "{{prompt}}" } } }

  it("can do what it has places for, and is free", () => {
    const [wan, tiny] = Either.getOrThrow(
      models({ workflows: JSON.stringify({ wan: withImage, tiny: small }) })
    )
    assert.deepInclude(wan, {
      model: "wan",
      negativePrompt: true,
      seed: true,
      startImage: true,
      lastFrame: false
    })
    assert.isUndefined(wan?.ignored)
    assert.deepInclude(tiny, {
      negativePrompt: false,
      seed: false,
      startImage: false,
      referenceImages: 0,
      audio: "never"
    })
    assert.deepStrictEqual(tiny?.ignored, ["aspectRatio", "resolution", "duration"])
    assert.strictEqual(wan?.price?.rates[0].perSecond, 0)
  })

  it("may begin with a byte-order mark, and be wrapped as it is sent", () => {
    const folder = mkdtempSync(join(tmpdir(), "mutoscope-workflow-"))
    const sent = { client_id: "a", prompt: small }
    const file = join(folder, "sent.json")
    writeFileSync(file, `\uFEFF${JSON.stringify(sent)}`)
    for (const workflow of [file, `\uFEFF${JSON.stringify(small)}`, sent])
      assert.strictEqual(fault({ workflow }), "none")
    assert.deepStrictEqual(
      Either.getOrThrow(models({ workflow: file })).map(({ model }) => model),
      ["sent"]
    )
    rmSync(folder, { recursive: true })
    assert.strictEqual(
      fault({ workflow: { prompt: { class_type: "A", inputs: { text: "{{prompt}}" } } } }),
      "none"
    )
  })

  it("is named after its file", () => {
    const file = new URL("./workflow.json", import.meta.url).pathname
    assert.deepStrictEqual(
      Either.getOrThrow(models({ workflow: file })).map(({ model }) => model),
      ["workflow"]
    )
    assert.match(
      fault({ workflow: "/no/such/wan2.2.json" }),
      /the workflow wan2.2 cannot be used: .* cannot be read/
    )
  })

  it("is refused with the reason", () => {
    assert.match(fault({}), /workflow is missing/)
    assert.match(fault({ workflow: { nodes: [], links: [] } }), /export it with Export \(API\)/)
    assert.match(fault({ workflow: "{" }), /no JSON/)
    assert.match(fault({ workflow: { "1": { class_type: "A" } } }), /API format/)
    assert.match(fault({ workflow: {} }), /API format/)
    assert.match(
      fault({ workflow: { "1": { class_type: "A", inputs: { text: "a cat" } } } }),
      /no \{\{prompt\}\}/
    )
    assert.match(
      fault({ workflow: { "1": { class_type: "A", inputs: { text: "{{promt}}" } } } }),
      /\{\{promt\}\}/
    )
    assert.match(
      fault({ workflow: { "1": { class_type: "A", inputs: { text: "{{constructor}}" } } } }),
      /\{\{constructor\}\}/
    )
    assert.notInclude(fault({ workflow: small, apiKey: canary, fps: canary }), canary)
  })

  it.scopedLive("says itself how many frames a second has, unless the settings do", () =>
    Effect.gen(function* () {
      const frames = {
        ...small,
        "2": { class_type: "Latent", inputs: { length: "{{frames}}", text: "{{fps}} fps" } }
      }
      const server = yield* serve(routes({ "POST /prompt": json(200, { prompt_id: id }) }))
      for (const [template, fps] of [
        [frames, undefined],
        [{ ...frames, "3": { class_type: "VHS_VideoCombine", inputs: { frame_rate: 8 } } }, undefined],
        [frames, 30]
      ] as const)
        yield* Effect.flatMap(
          provider(server.base, { workflows: { wan: template }, ...(fps === undefined ? {} : { fps }) }),
          (comfy) => comfy.submit(wan)
        )
      assert.deepStrictEqual(
        heard(server).map(({ body }) => JSON.parse(body).prompt["2"].inputs),
        [
          { length: 65, text: "16 fps" },
          { length: 33, text: "8 fps" },
          { length: 121, text: "30 fps" }
        ]
      )
    })
  )

  it("is found by its name", () => {
    const api = Either.getOrThrow(ComfyUi.api("comfyui", { workflow: small }))
    assert.strictEqual(api.baseUrl, "http://127.0.0.1:8188")
    assert.isTrue(Option.isNone(Option.fromNullable(api.models.find(({ model }) => model === "other"))))
  })
})

describe("a server of ComfyUI", () => {
  const graph = {
    "1": { class_type: "UNETLoader", inputs: { unet_name: "wan2.2.safetensors", weight_dtype: "default" } },
    "2": { class_type: "CLIPTextEncode", inputs: { text: "{{prompt}}", clip: ["9", 0] } },
    "3": { class_type: "LoraLoader", inputs: { lora_name: "film/grain.safetensors", strength: 1 } },
    "4": { class_type: "KSampler", inputs: { sampler_name: "euler", model: ["1", 0] } }
  }
  const kinds = (files: ReadonlyArray<string>) => ({
    UNETLoader: { input: { required: { unet_name: [files, { tooltip: "" }], weight_dtype: [["fp8"]] } } },
    CLIPTextEncode: { input: { required: { text: ["STRING", {}], clip: ["CLIP"] } } },
    LoraLoader: { input: { optional: { lora_name: ["COMBO", { options: ["film/grain.safetensors"] }] } } },
    KSampler: { input: { required: { sampler_name: [["dpmpp"]] } } }
  })
  const info = (all: Readonly<Record<string, object>>) =>
    Object.fromEntries(
      Object.keys({ ...kinds([]), ...all }).map((name) => [
        `GET /object_info/${name}`,
        json(200, all[name] === undefined ? {} : { [name]: all[name] })
      ])
    )
  const accepted = { "POST /prompt": json(200, { prompt_id: id, number: 1, node_errors: {} }) }
  const over = (script: Script) =>
    Effect.gen(function* () {
      const server = yield* serve(script)
      return {
        server,
        comfy: yield* provider(server.base, { apiKey: Redacted.make(canary), workflows: { wan: graph } })
      }
    })

  it.scopedLive("is asked whether it has what a workflow needs, once for each kind of node", () =>
    Effect.gen(function* () {
      const { comfy, server } = yield* over(routes({ ...info(kinds(["wan2.2.safetensors"])), ...accepted }))
      yield* comfy.submit(wan)
      yield* comfy.submit(wan)
      const looked = server.requests.filter(({ path }) => path.startsWith("/object_info/"))
      assert.sameMembers(
        looked.map(({ path }) => path),
        Object.keys(kinds([])).map((name) => `/object_info/${name}`)
      )
      assert.isTrue(looked.every(({ headers }) => headers["authorization"] === `Bearer ${canary}`))
    })
  )

  it.scopedLive("that lacks a node or a model's file is sent nothing, and what is missing is named", () =>
    Effect.gen(function* () {
      const { LoraLoader: _, ...others } = kinds(["wan2.1.safetensors"])
      const { comfy, server } = yield* over(routes({ ...info(others), ...accepted }))
      assert.isEmpty(yield* comfy.refresh?.(["comfyui/wan"]) ?? Effect.succeed([]))
      const refusal = Option.getOrThrow(comfy.refusal?.("wan") ?? Option.none())
      assert.strictEqual(
        refusal.message,
        "wan cannot be used: the server has no file wan2.2.safetensors for its UNETLoader, and no node LoraLoader"
      )
      const error = yield* Effect.flip(comfy.submit(wan))
      assert.strictEqual(error._tag, "UnsupportedOption")
      assert.strictEqual(error.message, refusal.message)
      assert.strictEqual(server.posts(), 0)
    })
  )

  it.scopedLive("is believed to have everything where it does not say", () =>
    Effect.gen(function* () {
      const { comfy, server } = yield* over(routes(accepted))
      const [error, ...others] = yield* comfy.refresh?.(["wan"]) ?? Effect.succeed([])
      assert.strictEqual(error?.provider, "comfyui")
      assert.isEmpty(others)
      assert.deepStrictEqual(yield* comfy.submit(wan), operation)
      assert.strictEqual(server.posts(), 1)
    })
  )
})
