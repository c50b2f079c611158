/** What a client calls its job: kept on every wire with a place for it, and shown where the vendor shows it. */
import { assert, describe, it } from "@effect/vitest"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fal from "./drivers/fal.ts"
import * as GeminiOmni from "./drivers/geminiOmni.ts"
import * as OpenAi from "./drivers/openai.ts"
import * as OpenRouter from "./drivers/openrouter.ts"
import * as Replicate from "./drivers/replicate.ts"
import * as Seedance from "./drivers/seedance.ts"
import * as Xai from "./drivers/xai.ts"
import { call, json, post } from "./support/api.ts"

const label = "0123456789abcdef-1"
const hook = `https://example.com/hook?mutoscope=${label}`
const prompt = "a lighthouse"

const vertex = "/v1/projects/p/locations/l/publishers/google/models/veo-3.1-generate-001"

const submits = {
  seedance: Seedance.create({ content: [Seedance.text(prompt)], safety_identifier: label }),
  openrouter: OpenRouter.generate({ prompt, session_id: label }),
  xai: Xai.generate({ prompt, user: label }),
  openai: OpenAi.createByForm({ prompt, user: label }),
  "veo on Vertex AI": Effect.flatMap(Emulator, ({ urlOf }) =>
    post(`${urlOf("veo")}${vertex}:predictLongRunning`, {
      instances: [{ prompt }],
      labels: { mutoscope: label }
    })
  ),
  geminiOmni: GeminiOmni.create({ input: prompt, labels: { mutoscope: label } })
}

const hooked = {
  replicate: Replicate.create({ input: { prompt }, webhook: hook }),
  fal: Fal.enqueue({ prompt }, {}, `/${Fal.model}?${new URLSearchParams({ fal_webhook: hook })}`)
}

const accepted = Effect.flatMap(Emulator, ({ accepted }) => accepted)

const items = (response: Response, field: "items" | "results") =>
  Effect.flatMap(
    json(response),
    Schema.decodeUnknown(
      Schema.Record({ key: Schema.String, value: Schema.Unknown }).pipe(
        Schema.pluck(field),
        Schema.compose(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })), {
          strict: false
        })
      )
    )
  )

describe("what a client calls its job", () => {
  it.scopedLive.each(Object.entries(submits))("is kept by %s, and is in the ledger", ([, submit]) =>
    Effect.gen(function* () {
      assert.isTrue((yield* submit).ok)
      assert.deepStrictEqual(
        (yield* accepted).map((job) => job.label),
        [label]
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive.each(Object.entries(hooked))("is the address of its webhook for %s", ([, submit]) =>
    Effect.gen(function* () {
      assert.isTrue((yield* submit).ok)
      assert.deepStrictEqual(
        (yield* accepted).map((job) => job.label),
        [hook]
      )
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("is shown by Seedance of a task by itself, and not in the list", () =>
    Effect.gen(function* () {
      yield* submits.seedance
      const [job] = yield* accepted
      const list = yield* items(yield* Seedance.get(""), "items")
      assert.lengthOf(list, 1)
      assert.notProperty(list[0], "safety_identifier")
      assert.propertyVal(yield* json(yield* Seedance.get(`/${job?.operation}`)), "safety_identifier", label)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("is at most 64 characters long for Seedance", () =>
    Effect.gen(function* () {
      const response = yield* Seedance.create({
        content: [Seedance.text(prompt)],
        safety_identifier: "x".repeat(65)
      })
      assert.strictEqual(response.status, 400)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("is shown by Replicate, whose list goes on page by page", () =>
    Effect.gen(function* () {
      yield* Effect.repeatN(Replicate.create({ input: { prompt }, webhook: hook }), 100)
      const response = yield* Replicate.get("/predictions")
      const body = yield* json(response.clone())
      const shown = yield* items(response, "results")
      assert.lengthOf(shown, 100)
      assert.isTrue(shown.every(({ webhook }) => webhook === hook))
      const { next } = yield* Schema.decodeUnknown(Schema.Struct({ next: Schema.String }))(body)
      const rest = yield* items(yield* call(next), "results")
      assert.lengthOf(rest, 1)
      assert.notInclude(
        shown.map(({ id }) => id),
        rest[0]?.["id"]
      )
    }).pipe(Effect.provide(layerTest({ faults: () => "stuck" })))
  )

  it.scopedLive("is not in fal's list, which has the requests of an endpoint and a time", () =>
    Effect.gen(function* () {
      yield* Effect.repeatN(hooked.fal, 2)
      yield* Fal.enqueue({ prompt }, {}, "/fal-ai/other")
      const list = (query: string) => Fal.get(`/models/requests/by-endpoint?endpoint_id=${Fal.model}${query}`)
      const first = yield* list("&limit=2")
      const { has_more, next_cursor } = yield* Schema.decodeUnknown(
        Schema.Struct({ has_more: Schema.Boolean, next_cursor: Schema.String })
      )(yield* json(first.clone()))
      assert.isTrue(has_more)
      const shown = [
        ...(yield* items(first, "items")),
        ...(yield* items(yield* list(`&limit=2&cursor=${next_cursor}`), "items"))
      ]
      assert.lengthOf(new Set(shown.map(({ request_id }) => request_id)), 3)
      assert.notInclude(JSON.stringify(shown), label)
      assert.lengthOf(yield* items(yield* list("&start=2100-01-01T00:00:00Z"), "items"), 0)
    }).pipe(Effect.provide(layerTest()))
  )
})
