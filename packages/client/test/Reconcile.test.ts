/**
 * Looking for a lost submit in the list of a model's jobs.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Reconciliation } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import { canary, intent, options, withVeo } from "./fixtures.ts"
import { json, type Received, type Script, serve } from "./scripted.ts"

/** The intent is of the beginning of 1970; these are so many seconds after it. */
const made = (name: string, seconds?: number) => ({
  name: `models/veo-3.1-generate-preview/operations/${name}`,
  ...(seconds === undefined ? {} : { metadata: { createTime: new Date(seconds * 1000).toISOString() } })
})

const candidates = (...names: ReadonlyArray<string>): Reconciliation => ({
  _tag: "Candidates",
  operations: names.map((name) => ({
    provider: "veo",
    id: `models/veo-3.1-generate-preview/operations/${name}`,
    model: "veo-3.1-generate-preview"
  }))
})

const reconciled = (script: Script) =>
  Effect.gen(function* () {
    const server = yield* serve(script)
    const result = yield* Effect.either(withVeo(options(server.base))((veo) => veo.reconcile(intent())))
    return { result, requests: server.requests }
  })

describe("reconciling", () => {
  it.scopedLive("N06 finds the jobs of the time, on every page", () =>
    Effect.gen(function* () {
      const token = ({ path }: Received) => new URLSearchParams(path.split("?")[1]).get("pageToken")
      const { requests, result } = yield* reconciled((request, socket) =>
        socket.write(
          json(
            200,
            token(request) === null
              ? { operations: [made("hours-before", -7200), made("now", 3)], nextPageToken: "more/ones" }
              : { operations: [made("late", 100), made("hours-later", 7200), made("no-time")] }
          )
        )
      )
      assert.deepInclude(result, { _tag: "Right", right: candidates("now", "late") })
      assert.deepStrictEqual(
        requests.map(({ method, path }) => [method, path]),
        [
          ["GET", "/v1beta/models/veo-3.1-generate-preview/operations?pageSize=100"],
          ["GET", "/v1beta/models/veo-3.1-generate-preview/operations?pageSize=100&pageToken=more%2Fones"]
        ]
      )
      assert.isTrue(requests.every(({ headers }) => headers["x-goog-api-key"] === canary))
    })
  )

  it.scopedLive("takes an empty list for what it is: no proof", () =>
    Effect.gen(function* () {
      const { result } = yield* reconciled((_, socket) => socket.write(json(200, {})))
      assert.deepInclude(result, { _tag: "Right", right: candidates() })
    })
  )

  it.scopedLive("knows of servers without such a list, and asks them once", () =>
    Effect.gen(function* () {
      for (const status of [400, 403, 404, 405, 501]) {
        const { requests, result } = yield* reconciled((_, socket) => socket.write(json(status, {})))
        if (status !== 501) assert.deepInclude(result, { _tag: "Right", right: { _tag: "NotSupported" } })
        assert.lengthOf(requests, 1)
      }
    })
  )

  it.scopedLive("tells a server that cannot answer now from one that has no list", () =>
    Effect.gen(function* () {
      const { result } = yield* reconciled((_, socket) => socket.write(json(503, {})))
      assert.deepInclude(result, { _tag: "Left" })
      const odd = yield* reconciled((_, socket) => socket.write(json(200, { operations: "none" })))
      assert.strictEqual(odd.result._tag === "Left" && odd.result.left._tag, "UnexpectedAnswer")
    })
  )

  it.scopedLive("gives up on a list without an end", () =>
    Effect.gen(function* () {
      const { requests, result } = yield* reconciled((_, socket) =>
        socket.write(json(200, { operations: [made("now", 1)], nextPageToken: "again" }))
      )
      assert.deepInclude(result, { _tag: "Right", right: { _tag: "NotSupported" } })
      assert.lengthOf(requests, 20)
    })
  )

  it.scopedLive("asks nothing on Vertex AI, which has no list", () =>
    Effect.gen(function* () {
      const server = yield* serve(() => {})
      const result = yield* withVeo({
        _tag: "Vertex",
        baseUrl: server.base,
        project: "p",
        location: "l",
        accessToken: Effect.succeed(Redacted.make(canary))
      })((veo) => veo.reconcile(intent()))
      assert.deepStrictEqual(result, { _tag: "NotSupported" })
      assert.lengthOf(server.requests, 0)
    })
  )

  it.scopedLive("asks nothing where only proof is wanted, which its list has none of", () =>
    Effect.gen(function* () {
      const server = yield* serve(() => {})
      const result = yield* withVeo(options(server.base))((veo) =>
        veo.reconcile(intent(), { proofOnly: true })
      )
      assert.deepStrictEqual(result, { _tag: "NotSupported" })
      assert.lengthOf(server.requests, 0)
    })
  )
})
