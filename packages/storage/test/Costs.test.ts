import { assert, describe, it } from "@effect/vitest"
import * as Costs from "@mutoscope/core/Costs"
import type { Cost, GenerationState, PossiblyCharged } from "@mutoscope/core/Generation"
import { GenerationFailed, RateLimited, SubmitUnknown } from "@mutoscope/core/GenerationError"
import { type Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { type Fields, generation, intended, operation } from "./fixtures.ts"
import { stores } from "./stores.ts"

const epoch = DateTime.unsafeMake(0)
const lost = new SubmitUnknown({ provider: "test", reason: `a text with "_tag":"SubmitUnknown" in it` })
const broken = new GenerationFailed({ provider: "test", reason: `not "_tag":"SubmitUnknown" at all` })
const refused = new RateLimited({ provider: "test", retryAfter: Duration.seconds(1) })
const video = { path: "videos/1.mp4", bytes: 1, sha256: "00", integrity: "boxes" } as const

const rendering = { _tag: "Rendering", operation, submittedAt: epoch } as const
const downloading = { ...rendering, _tag: "Downloading", videos: [{ _tag: "Inline", index: 0 }] } as const
const completed = { _tag: "Completed", operation, video, finishedAt: epoch } as const
const unknown = { _tag: "SubmitUnknown", attempt: 1, startedAt: epoch, error: lost } as const
const failed = (error: GenerationFailed | RateLimited | SubmitUnknown) =>
  ({ _tag: "Failed", error, finishedAt: epoch }) as const

type Next = Parameters<GenerationStore["Type"]["transition" | "accept"]>[1]

/** A job that was sent, on its way through some states. What it cost is known with the last of them. */
const job = (fields: Fields, states: ReadonlyArray<Next>, cost?: Cost) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    yield* store.heartbeat("me", Duration.minutes(1))
    let claim: Claim = yield* intended(yield* store.create(yield* generation(fields), "me"))
    for (const [index, state] of states.entries())
      claim = yield* state._tag === "Rendering"
        ? store.accept(claim, { ...state, operation: { ...operation, id: claim.generation.id } }, "next")
        : store.transition(
            claim,
            state,
            "next",
            cost !== undefined && index === states.length - 1 ? { cost } : {}
          )
  })

const micros = (amount: number) => MicroUsd.make(amount)
const reported = (amount: number): Cost => ({ amount: micros(amount), source: "reported" })
const priced = (estimate: number, rest: Fields = {}): Fields => ({ ...rest, estimate })

const costs = (options: Costs.Options = {}) =>
  Effect.flatMap(GenerationStore, (store) => store.costs(options))

describe.each(stores)("GenerationStore.costs (%s)", (_, layer) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, GenerationStore>) =>
    it.effect(name, () => Effect.provide(effect, layer))

  test(
    "tells apart what is reported, estimated, unknown and possible; what was refused costs nothing",
    Effect.gen(function* () {
      const store = yield* GenerationStore
      assert.isEmpty(yield* costs())
      yield* store.create(yield* generation(priced(1)), "me")
      yield* job(priced(2), [rendering, downloading, completed], reported(100_000))
      yield* job(priced(4), [rendering, downloading, completed], reported(200_000))
      yield* job(priced(8), [rendering, downloading, completed], {
        amount: micros(8),
        source: "estimated"
      })
      yield* job(priced(16), [rendering])
      yield* job({}, [rendering, downloading, completed])
      yield* job(priced(32), [rendering, { ...failed(broken), operation }])
      yield* job(priced(64), [rendering, { _tag: "Cancelled", finishedAt: epoch, operation }])
      yield* job(priced(128), [rendering, { ...failed(broken), operation }], reported(0))
      yield* job(priced(256), [unknown])
      yield* job(priced(512), [unknown, failed(lost)])
      yield* job({}, [])
      yield* job(priced(1024), [{ _tag: "Queued", attempt: 1, refusal: refused }])
      yield* job(priced(2048), [failed(refused)])
      yield* job(priced(4096), [{ _tag: "Cancelled", finishedAt: epoch }])
      assert.deepStrictEqual(yield* costs(), [
        { name: "", certainty: "estimated", jobs: 2, amount: micros(24), unpriced: 0 },
        { name: "", certainty: "possible", jobs: 3, amount: micros(768), unpriced: 1 },
        { name: "", certainty: "reported", jobs: 3, amount: micros(300_000), unpriced: 0 },
        { name: "", certainty: "unknown", jobs: 3, amount: micros(0), unpriced: 3 }
      ])
      const total = Costs.total(yield* costs())
      assert.deepStrictEqual(total, Costs.totalOf(yield* store.list({})))
      assert.deepInclude(total, { jobs: 11, reported: micros(300_000), estimated: micros(24), unknown: 3 })
    })
  )

  test(
    "keeps what earlier submits of a job may have cost, whatever comes of it",
    Effect.gen(function* () {
      const again = { _tag: "Queued", attempt: 1 } as const
      const sentAgain = (fields: Fields, possiblyCharged: PossiblyCharged) =>
        Effect.gen(function* () {
          const store = yield* GenerationStore
          yield* store.heartbeat("me", Duration.minutes(1))
          const lost = yield* store.transition(
            yield* intended(yield* store.create(yield* generation(fields), "me")),
            unknown,
            "lost"
          )
          return yield* store.transition(lost, again, "again", { possiblyCharged })
        })
      yield* sentAgain(priced(1), { submits: 1, amount: micros(1), unpriced: 0 })
      yield* sentAgain({}, { submits: 3, amount: micros(4), unpriced: 2 })
      const store = yield* GenerationStore
      const claim = yield* intended(
        yield* sentAgain(priced(8), { submits: 1, amount: micros(8), unpriced: 0 })
      )
      const accepted = yield* store.accept(
        claim,
        { ...rendering, operation: { ...operation, id: "x" } },
        "next"
      )
      yield* store.transition(yield* store.transition(accepted, downloading, "next"), completed, "next", {
        cost: reported(16)
      })
      assert.deepStrictEqual(yield* costs(), [
        { name: "", certainty: "possible", jobs: 5, amount: micros(13), unpriced: 2 },
        { name: "", certainty: "reported", jobs: 1, amount: micros(16), unpriced: 0 }
      ])
      assert.deepStrictEqual(Costs.total(yield* costs()), Costs.totalOf(yield* store.list({})))
      assert.deepStrictEqual(
        (yield* costs({ by: "model" })).map(({ name }) => name),
        ["test/veo", "test/veo"]
      )
    })
  )

  test(
    "for each day that something was sent on, provider or model, from a day on",
    Effect.gen(function* () {
      const end = [rendering, downloading, completed]
      yield* job(priced(1, { provider: "b" }), end, reported(1))
      yield* TestClock.adjust("1 day")
      yield* job(priced(1, { provider: "a" }), end, reported(2))
      yield* job(priced(1, { provider: "a", model: "other" }), end, reported(4))
      const by = (by: Costs.Options["by"], since?: number) =>
        Effect.map(costs({ by, since: Option.getOrUndefined(DateTime.make(since ?? 0)) }), (sums) =>
          sums.map(({ amount, name }) => [name, amount])
        )
      const dayLength = 86_400_000
      assert.deepStrictEqual(yield* by("day"), [
        ["1970-01-01", 1],
        ["1970-01-02", 6]
      ])
      assert.deepStrictEqual(yield* by("provider"), [
        ["a", 6],
        ["b", 1]
      ])
      assert.deepStrictEqual(yield* by("model", dayLength), [
        ["a/other", 4],
        ["a/veo", 2]
      ])
      assert.isEmpty(yield* by("day", dayLength + 1))
    })
  )

  test(
    "says what of the estimated is by a price of the user's own",
    Effect.gen(function* () {
      const own = { quoted: 8, ownPrice: "a" }
      yield* job(priced(8, own), [rendering])
      yield* job(priced(8, own), [rendering, downloading, completed], {
        amount: micros(7),
        source: "estimated"
      })
      yield* job(priced(8, own), [rendering, downloading, completed], reported(5))
      yield* job(priced(8, { quoted: 8 }), [rendering])
      yield* job(priced(8, own), [unknown])
      const sums = yield* costs()
      assert.deepStrictEqual(
        sums.map(({ certainty, own }) => [certainty, own]),
        [
          ["estimated", { jobs: 2, amount: micros(15) }],
          ["possible", undefined],
          ["reported", undefined]
        ]
      )
      assert.deepStrictEqual(Costs.total(sums).own, { jobs: 2, amount: micros(15) })
      const store = yield* GenerationStore
      assert.deepStrictEqual(Costs.totalOf(yield* store.list({})), Costs.total(sums))
    })
  )

  test(
    "is exact where doubles would not be",
    Effect.gen(function* () {
      const end: ReadonlyArray<Exclude<GenerationState, { readonly _tag: "Submitting" }>> = [
        rendering,
        downloading,
        completed
      ]
      yield* Effect.forEach(Array.from({ length: 30 }), () => job({}, end, reported(100_000)))
      yield* job({}, end, reported(9_000_000_000_000_001))
      assert.strictEqual((yield* costs())[0]?.amount, 9_000_000_003_000_001)
    })
  )
})
