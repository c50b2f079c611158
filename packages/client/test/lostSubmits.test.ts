/**
 * Lists of jobs, as vendors have them: page by page, back to the time of the submit, with our label or without one.
 */
import { assert, describe, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { ConfigError } from "effect/ConfigError"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"
import * as Fal from "../src/Fal.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import { labelIn, labelled } from "../src/internal/webhookAddress.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import * as Replicate from "../src/Replicate.ts"
import * as Seedance from "../src/Seedance.ts"
import { canary, intent } from "./fixtures.ts"
import { answer, json, type Received, serve } from "./scripted.ts"

const apiKey = Redacted.make(canary)

const connected = (api: JobApi.JobApi) =>
  JobApi.layer(api).pipe(
    Layer.provide(HttpTransport.layer),
    Layer.build,
    Effect.map(Context.get(VideoProvider))
  )

/** Seconds after the submit, as the vendors tell the time. */
const begun = 1_000_000
const unix = (seconds: number) => begun + seconds
const iso = (seconds: number) => DateTime.formatIso(DateTime.unsafeMake(1000 * unix(seconds)))
const ours = "0123456789abcdef-1"
const ages = 86_400

const sent = (model: string) => ({ ...intent({ model }), startedAt: DateTime.unsafeMake(1000 * begun) })

/** What is found in a list whose pages are answered in turn, and what was asked for. */
const found = (
  make: (base: string) => JobApi.JobApi,
  model: string,
  reply: (request: Received, base: string) => object | undefined
) =>
  Effect.gen(function* () {
    const at = { base: "" }
    const server = yield* serve((request, socket) => {
      const body = reply(request, at.base)
      socket.write(body === undefined ? answer(404, "") : json(200, body))
    })
    at.base = server.base
    const provider = yield* connected(make(server.base))
    const result = yield* provider.reconcile(sent(model))
    const ids =
      result._tag === "Found"
        ? result.operation.id
        : result._tag === "Candidates"
          ? result.operations.map(({ id }) => id)
          : result._tag
    return { result, ids, paths: server.requests.map(({ path }) => path), requests: server.requests }
  })

const query = ({ path }: Received) => new URL(path, "http://localhost").searchParams

describe("where only proof is wanted", () => {
  const asked = (api: (base: string) => JobApi.JobApi, model: string) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) =>
        socket.write(json(200, { items: [], results: [], data: [] }))
      )
      const provider = yield* connected(api(server.base))
      const { _tag } = yield* provider.reconcile(sent(model), { proofOnly: true })
      return [_tag, server.requests.length]
    })

  it.scopedLive("a provider that shows no labels is not asked, and one that does is", () =>
    Effect.gen(function* () {
      const none = ["NotSupported", 0]
      const wan = (baseUrl: string) => OpenAiVideos.api("openai", { baseUrl, model: "wan" })
      const fal = (baseUrl: string) => Fal.api("fal", { apiKey, baseUrl, listUrl: baseUrl })
      const replicate = (webhook: object) => (baseUrl: string) =>
        Replicate.api("replicate", { apiKey, baseUrl, ...webhook })
      assert.deepStrictEqual(yield* asked(wan, "wan"), none)
      assert.deepStrictEqual(yield* asked(fal, "veo-3.1"), none)
      assert.deepStrictEqual(yield* asked(replicate({}), "veo-3.1"), none)
      const hooked = replicate({ webhook: "https://example.com" })
      assert.deepStrictEqual(yield* asked(hooked, "veo-3.1"), ["Candidates", 1])
      const seedance = (baseUrl: string) => Seedance.api("seedance", { apiKey, baseUrl })
      assert.deepStrictEqual(yield* asked(seedance, "seedance-2.0"), ["Candidates", 1])
    })
  )
})

describe("Seedance's list of tasks", () => {
  const model = "dreamina-seedance-2-0-260128"
  const seedance = (baseUrl: string) => Seedance.api("seedance", { apiKey, baseUrl: `${baseUrl}/api/v3` })
  const task = (id: string, seconds: number, more: object = {}) => ({
    id,
    model,
    status: "queued",
    created_at: unix(seconds),
    ...more
  })
  const isList = ({ path }: Received) => path.includes("?page_num")

  it.scopedLive("N06 shows our task by its safety_identifier", () =>
    Effect.gen(function* () {
      const items = [
        task("a", 3, { safety_identifier: "0123456789abcdef-2" }),
        task("b", 2, { safety_identifier: ours }),
        task("c", 1)
      ]
      const { ids, paths } = yield* found(seedance, model, () => ({ items, total: 3 }))
      assert.strictEqual(ids, "b")
      assert.lengthOf(paths, 1)
    })
  )

  it.scopedLive("N06 is followed by a question for each task of that time, where it shows no labels", () =>
    Effect.gen(function* () {
      const { ids, paths } = yield* found(seedance, model, (request) =>
        isList(request)
          ? { items: [task("a", 3), task("b", 2), task("long ago", -ages)], total: 3 }
          : request.path.endsWith("/b")
            ? task("b", 2, { safety_identifier: ours })
            : undefined
      )
      assert.strictEqual(ids, "b")
      assert.notInclude(paths.join(), "long%20ago")
    })
  )

  it.scopedLive("finds a task of an endpoint of one's own, whose model has another name in the list", () =>
    Effect.gen(function* () {
      const items = [task("a", 1, { safety_identifier: ours })]
      const { result } = yield* found(seedance, "ep-2026-xyz", () => ({ items }))
      assert.deepStrictEqual(result, {
        _tag: "Found",
        operation: { provider: "seedance", id: "a", model: "ep-2026-xyz" }
      })
    })
  )

  it.scopedLive("P11 takes no other attempt, no part of a label and no longer one for ours", () =>
    Effect.gen(function* () {
      for (const label of ["0123456789abcdef-2", "0123456789abcdef-11", "0123456789abcdef", ` ${ours}`, ""]) {
        const items = [task("a", 1, { safety_identifier: label })]
        const { ids } = yield* found(seedance, model, () => ({ items }))
        assert.deepStrictEqual(ids, [], JSON.stringify(label))
      }
    })
  )

  const full = (page: number, step: number) =>
    Array.from({ length: 100 }, (_, index) => task(`${page}-${index}`, step * (100 * (page - 1) + index)))

  it.scopedLive("is read page by page, until one is older than the submit", () =>
    Effect.gen(function* () {
      const { ids, paths } = yield* found(seedance, model, (request) =>
        isList(request) ? { items: full(Number(query(request).get("page_num")), -1) } : undefined
      )
      assert.isArray(ids)
      const pages = paths.filter((path) => path.includes("?page_num"))
      assert.deepStrictEqual(
        pages.map((path) => new URL(path, "http://localhost").searchParams.get("page_num")),
        ["1"]
      )
      const slow = yield* found(seedance, model, (request) =>
        isList(request) ? { items: full(Number(query(request).get("page_num")), -0.3) } : undefined
      )
      assert.lengthOf(
        slow.paths.filter((path) => path.includes("?page_num")),
        3
      )
    })
  )

  it.scopedLive("is read on where its order is another, so that the oldest of all hides nothing", () =>
    Effect.gen(function* () {
      const { ids } = yield* found(seedance, model, (request) => {
        const page = Number(query(request).get("page_num"))
        if (!isList(request)) return undefined
        return page === 1
          ? { items: full(1, 1).map((item) => ({ ...item, created_at: item.created_at - ages })) }
          : { items: [task("b", 1, { safety_identifier: ours })] }
      })
      assert.strictEqual(ids, "b")
    })
  )

  it.scopedLive("is not read for ever, and says that a later look may still find it", () =>
    Effect.gen(function* () {
      const { paths, result } = yield* found(seedance, model, (request) =>
        isList(request)
          ? {
              items: full(Number(query(request).get("page_num")), 0).map((item) => ({
                ...item,
                created_at: unix(ages)
              }))
            }
          : undefined
      )
      assert.deepStrictEqual(result, { _tag: "Candidates", operations: [] })
      assert.lengthOf(paths, 20)
    })
  )
})

describe("Replicate's list of predictions", () => {
  const model = "google/veo-3.1"
  const hook = "https://example.com/videos"
  const replicate =
    (webhook?: string) =>
    (baseUrl: string): JobApi.JobApi =>
      Replicate.api("replicate", {
        apiKey,
        baseUrl: `${baseUrl}/v1`,
        ...(webhook === undefined ? {} : { webhook })
      })
  const prediction = (id: string, seconds: number, more: object = {}) => ({
    id,
    model,
    created_at: iso(seconds),
    ...more
  })

  it.scopedLive("N06 shows our prediction by the address of its webhook, on a later page too", () =>
    Effect.gen(function* () {
      const { ids, paths } = yield* found(replicate(hook), model, (request, base) =>
        query(request).get("cursor") === "x"
          ? { results: [prediction("b", 1, { webhook: `${hook}?mutoscope=${ours}` })] }
          : { results: [prediction("a", 2)], next: `${base}/v1/predictions?cursor=x` }
      )
      assert.strictEqual(ids, "b")
      assert.deepStrictEqual(paths, ["/v1/predictions", "/v1/predictions?cursor=x"])
    })
  )

  it.scopedLive("P18 leads nowhere else", () =>
    Effect.gen(function* () {
      const { paths } = yield* found(replicate(), model, () => ({
        results: [prediction("a", 2)],
        next: "https://evil.example/v1/predictions?cursor=x"
      }))
      assert.deepStrictEqual(paths, ["/v1/predictions"])
    })
  )

  it.scopedLive("proves nothing without a webhook, and a later look would not either", () =>
    Effect.gen(function* () {
      const { result } = yield* found(replicate(), model, () => ({ results: [prediction("a", 2)] }))
      assert.deepStrictEqual(result, {
        _tag: "Candidates",
        operations: [{ provider: "replicate", id: "a", model }]
      })
    })
  )

  it.scopedLive("P11 keeps the prediction of another's label out of the candidates", () =>
    Effect.gen(function* () {
      const results = [
        prediction("a", 2, { webhook: `${hook}?mutoscope=another-1` }),
        prediction("b", 1, { webhook: hook })
      ]
      const { ids } = yield* found(replicate(hook), model, () => ({ results }))
      assert.deepStrictEqual(ids, ["b"])
    })
  )
})

describe("fal's list of requests", () => {
  const fal =
    (listUrl?: (base: string) => string) =>
    (baseUrl: string): JobApi.JobApi =>
      Fal.api("fal", { apiKey, baseUrl, ...(listUrl === undefined ? {} : { listUrl: listUrl(baseUrl) }) })
  const listed = fal((base) => `${base}/platform/v1`)
  const request = (request_id: string, seconds: number) => ({
    request_id,
    endpoint_id: "fal-ai/veo3.1",
    sent_at: iso(seconds)
  })

  it.scopedLive("N06 gives those of the endpoint and the time, page by page, and proves nothing", () =>
    Effect.gen(function* () {
      const { paths, requests, result } = yield* found(listed, "veo-3.1", (asked) =>
        query(asked).get("cursor") === "Mg=="
          ? { items: [request("b", 1), { request_id: "c" }, "odd"], has_more: false, next_cursor: null }
          : { items: [request("late", ages), request("a", 2)], has_more: true, next_cursor: "Mg==" }
      )
      assert.deepStrictEqual(result, {
        _tag: "Candidates",
        operations: ["a", "b"].map((id) => ({ provider: "fal", id, model: "fal-ai/veo3.1" }))
      })
      const first = new URL(paths[0] ?? "", "http://localhost")
      assert.strictEqual(first.pathname, "/platform/v1/models/requests/by-endpoint")
      assert.deepStrictEqual(
        [...first.searchParams],
        [
          ["endpoint_id", "fal-ai/veo3.1"],
          ["start", iso(-60)],
          ["limit", "100"]
        ]
      )
      assert.isTrue(requests.every(({ headers }) => headers["authorization"] === `Key ${canary}`))
    })
  )

  it("is asked for at fal's own address for fal's own queue, and nowhere unasked for another", () => {
    assert.strictEqual(Fal.api("fal", { apiKey }).jobs?.at, "https://api.fal.ai/v1")
    assert.isUndefined(Fal.api("fal", { apiKey, baseUrl: "https://proxy.example" }).jobs)
  })

  it.effect("P18 is not asked for with the key in the clear", () =>
    Effect.gen(function* () {
      const spoiled = Fal.api("fal", { apiKey, listUrl: "http://api.example" })
      const error: ConfigError = yield* Effect.flip(Effect.scoped(connected(spoiled)))
      assert.include(String(error), "https")
      assert.notInclude(String(error), canary)
    })
  )
})

describe("the list of OpenAI's dialect", () => {
  const dialect =
    (server: OpenAiVideos.Server) =>
    (baseUrl: string): JobApi.JobApi =>
      OpenAiVideos.api("openai", { baseUrl: `${baseUrl}/v1`, server, model: "wan" })
  const video = (id: string, seconds: number) => ({
    id,
    model: "wan",
    status: "queued",
    created_at: unix(seconds)
  })

  it.scopedLive("N06 is read on after the last job of a page, where there is more", () =>
    Effect.gen(function* () {
      const { ids, paths } = yield* found(dialect("litellm"), "wan", (request) =>
        query(request).get("after") === "video_a+/="
          ? { data: [video("b", 1)], has_more: false }
          : { data: [video("late", ages), video("video_a+/=", 2)], has_more: true }
      )
      assert.deepStrictEqual(ids, ["video_a+/=", "b"])
      assert.deepStrictEqual(paths, [
        "/v1/videos?limit=100&order=desc",
        "/v1/videos?limit=100&order=desc&after=video_a%2B%2F%3D"
      ])
    })
  )

  it.scopedLive("says nothing where it is cut, and cannot be read on", () =>
    Effect.gen(function* () {
      const data = Array.from({ length: 25 }, (_, index) => video(`${index}`, 3))
      const { ids, paths } = yield* found(dialect("sglang"), "wan", () => ({ data }))
      assert.strictEqual(ids, "NotSupported")
      assert.lengthOf(paths, 2)
    })
  )
})

describe("the label in a webhook's address", () => {
  const attempt = intent()

  it.each([
    ["https://example.com", "https://example.com?mutoscope=0123456789abcdef-1"],
    ["https://example.com/a?b=%20c", "https://example.com/a?b=%20c&mutoscope=0123456789abcdef-1"]
  ])("is added to %s, and leaves the rest as it is", (address, expected) => {
    assert.strictEqual(labelled(address, attempt), expected)
    assert.strictEqual(labelIn(expected), "0123456789abcdef-1")
  })

  it.each([undefined, "https://example.com", "example.com?mutoscope=a-1", ""])(
    "is not seen in %s",
    (address) => {
      assert.isUndefined(labelIn(address))
    }
  )

  it("is the last, where its owner's address has such a parameter", () => {
    assert.strictEqual(labelIn(labelled("https://example.com?mutoscope=mine", attempt)), "0123456789abcdef-1")
  })
})
