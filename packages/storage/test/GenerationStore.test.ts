import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import {
  GenerationError,
  GenerationFailed,
  OperationNotFound,
  RateLimited
} from "@mutoscope/core/GenerationError"
import { type Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { withTimeOfDay } from "../../core/test/clock.ts"
import { generation, intended, operation, request } from "./fixtures.ts"
import { stores } from "./stores.ts"

const failed = {
  _tag: "Failed",
  error: new GenerationFailed({ provider: "test", reason: "no" }),
  finishedAt: DateTime.unsafeMake(0)
} as const

const minute = Duration.minutes(1)

const rendering = {
  _tag: "Rendering",
  operation,
  submittedAt: DateTime.unsafeMake(0)
} as const

/** A new record in the hands of an owner who lives for a minute. */
const created = (owner = "me", fields: Parameters<typeof generation>[0] = {}) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    yield* store.heartbeat(owner, minute)
    return yield* store.create(yield* generation(fields), owner)
  })

const encoded = Schema.encodeSync(Schema.parseJson(Generation.Generation))

const tagOf = <E extends { readonly _tag: string }>(effect: Effect.Effect<unknown, E, GenerationStore>) =>
  Effect.map(Effect.flip(effect), ({ _tag }) => _tag)

describe.each(stores)("GenerationStore (%s)", (_, layer) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, GenerationStore>) =>
    it.effect(name, () => Effect.provide(effect, layer))

  describe("records", () => {
    test(
      "returns what was written",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created("me", { output: "videos/one.mp4" })
        assert.strictEqual(claim.owner, "me")
        assert.deepStrictEqual(yield* store.get(claim.generation.id), claim.generation)
      })
    )

    test(
      "keeps what was said of it and what was asked for",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const asked = request("Another")
        const warnings = ["it ignores the seed (7)", '"quoted" \u{1F3AC}']
        const ignored = ["seed", "aspectRatio"] as const
        const { generation: made } = yield* created("me", { asked, warnings, ignored })
        assert.deepStrictEqual(yield* store.get(made.id), made)
        const queue = { batch: "a", priority: 0 }
        const waiting = yield* generation({ id: "waiting", queue, asked, warnings, ignored })
        yield* store.queue.add([waiting])
        assert.deepStrictEqual(yield* store.get(waiting.id), waiting)
      })
    )

    test(
      "keeps what a job cost from the moment that it is known",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const sent = yield* store.accept(yield* intended(yield* created()), rendering, "sent")
        const cost = { amount: MicroUsd.make(0), source: "reported" } as const
        const videos = [{ _tag: "Inline", index: 0 }] as const
        const downloading = { ...rendering, _tag: "Downloading", videos } as const
        const rendered = yield* store.transition(sent, downloading, "rendered", { cost })
        assert.deepStrictEqual(rendered.generation.cost, cost)
        yield* store.transition(rendered, failed, "no")
        assert.deepStrictEqual((yield* store.get(sent.generation.id)).cost, cost)
      })
    )

    test(
      "gives a record another model in the move that queues it anew, and only to who holds it",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const first = yield* created("me", { fingerprint: "print", estimate: 5 })
        const sent = yield* intended(first)
        const error = new RateLimited({ provider: "test", retryAfter: Duration.zero })
        const other = {
          provider: "other",
          model: "sora",
          request: request("The same"),
          asked: request("As it was"),
          warnings: ["sora ignores the seed"],
          ignored: ["seed"],
          tried: [{ provider: "test", model: "veo", error }],
          fallback: { models: ["third"], snap: true },
          fingerprint: undefined,
          estimate: MicroUsd.make(7)
        } as const
        const queued = { _tag: "Queued", attempt: 1 } as const
        const stale = { ...sent, fence: sent.fence - 1 }
        assert.strictEqual(yield* tagOf(store.transition(stale, queued, "next", other)), "LeaseLost")
        assert.deepStrictEqual(yield* store.get(first.generation.id), sent.generation)
        const turned = yield* store.transition(sent, queued, "refused; next: sora", other)
        const found = yield* store.get(first.generation.id)
        assert.deepStrictEqual(encoded(found), encoded(turned.generation))
        assert.deepStrictEqual([found.provider, found.model, Number(found.estimate)], ["other", "sora", 7])
        assert.isUndefined(found.fingerprint)
        assert.strictEqual((yield* store.events(found.id)).at(-1)?.cause, "refused; next: sora")
        const again = yield* intended(turned, 2)
        yield* store.transition(again, failed, "no", { tried: [], fallback: undefined })
        assert.isUndefined((yield* store.get(found.id)).fallback)
      })
    )

    test(
      "refuses an id that is taken, and leaves the first record alone",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const first = yield* created()
        const second = yield* generation({ id: first.generation.id, prompt: "Another" })
        assert.strictEqual(yield* tagOf(store.create(second, "other")), "StorageError")
        assert.deepStrictEqual(yield* store.get(first.generation.id), first.generation)
        assert.lengthOf(yield* store.events(first.generation.id), 1)
      })
    )

    test(
      "fails with GenerationNotFound where there is none",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const id = Generation.GenerationId.make("nobody")
        assert.strictEqual(yield* tagOf(store.get(id)), "GenerationNotFound")
        assert.strictEqual(yield* tagOf(store.claim(id, "me")), "GenerationNotFound")
        assert.strictEqual(yield* tagOf(store.requestCancel(id)), "GenerationNotFound")
        assert.strictEqual(yield* tagOf(store.find("last")), "GenerationNotFound")
        assert.lengthOf(yield* store.events(id), 0)
        assert.lengthOf(yield* store.list({}), 0)
      })
    )

    test(
      "finds by id, by a unique beginning, by operation, by key and by `last`",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const first = yield* created("me", { id: "abc1" })
        yield* TestClock.adjust("1 second")
        yield* created("me", { id: "abd2", key: "scene 2" })
        yield* store.accept(yield* intended(first), rendering, "sent")
        const idOf = (reference: string) => Effect.map(store.find(reference), ({ id }) => String(id))
        assert.strictEqual(yield* idOf("abc1"), "abc1")
        assert.strictEqual(yield* idOf("abd"), "abd2")
        assert.strictEqual(yield* idOf(operation.id), "abc1")
        assert.strictEqual(yield* idOf("last"), "abd2")
        assert.strictEqual(yield* idOf("scene 2"), "abd2")
      })
    )

    test(
      "names the candidates of an ambiguous reference",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* created("me", { id: "abc1" })
        yield* TestClock.adjust("1 second")
        yield* created("me", { id: "abd2" })
        const error = yield* Effect.flip(store.find("ab"))
        assert.deepInclude(error, { _tag: "GenerationNotFound", reference: "ab", matches: ["abd2", "abc1"] })
      })
    )

    test(
      "takes a reference for nothing but text",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* created("me", { id: "abc1" })
        for (const reference of [
          "",
          "%",
          "_",
          "ab%",
          "a_c1",
          "ABC1",
          "' OR 1=1 --",
          "abc1 ",
          "operations/1"
        ]) {
          assert.strictEqual(yield* tagOf(store.find(reference)), "GenerationNotFound", reference)
        }
      })
    )

    test(
      "prefers the record whose id is given whole to longer ids",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* created("me", { id: "abc" })
        yield* created("me", { id: "abcd" })
        assert.strictEqual((yield* store.find("abc")).id, "abc")
      })
    )

    test(
      "lists newest first, in the wanted states, at most as many as wanted",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        for (const id of ["one", "two", "three"]) {
          const claim = yield* created("me", { id })
          if (id === "two") yield* store.transition(claim, failed, "it broke")
          yield* TestClock.adjust("1 second")
        }
        const ids = (options: Parameters<typeof store.list>[0]) =>
          Effect.map(store.list(options), (all) => all.map(({ id }) => String(id)))
        assert.deepStrictEqual(yield* ids({}), ["three", "two", "one"])
        assert.deepStrictEqual(yield* ids({ limit: 2 }), ["three", "two"])
        assert.deepStrictEqual(yield* ids({ states: ["Queued"] }), ["three", "one"])
        assert.deepStrictEqual(yield* ids({ states: ["Failed", "Queued"], limit: 2 }), ["three", "two"])
        assert.deepStrictEqual(yield* ids({ states: [] }), [])
      })
    )
  })

  describe("transitions", () => {
    test(
      "moves on, keeps what it was told, and logs every step in order",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const first = yield* created()
        yield* TestClock.adjust("2 seconds")
        const second = yield* intended(first)
        const third = yield* store.accept(second, rendering, "accepted")
        assert.deepStrictEqual(third.generation.state, rendering)
        assert.strictEqual(third.fence, first.fence)
        assert.strictEqual(third.generation.updatedAt.epochMillis, 2000)
        assert.strictEqual(third.generation.createdAt.epochMillis, 0)
        assert.deepStrictEqual(yield* store.get(first.generation.id), third.generation)
        const log = yield* store.events(first.generation.id)
        assert.deepStrictEqual(
          log.map(({ at, attempt, cause, from, sequence, to }) => [
            sequence,
            at.epochMillis,
            from,
            to,
            cause,
            attempt
          ]),
          [
            [1, 0, null, "Queued", "created", 0],
            [2, 2000, "Queued", "Submitting", "about to submit", 1],
            [3, 2000, "Submitting", "Rendering", "accepted", 0]
          ]
        )
      })
    )

    test(
      "dies of an illegal step, and changes nothing",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created()
        const exit = yield* Effect.exit(store.accept(claim, rendering, "too soon"))
        assert.isTrue(Exit.isFailure(exit) && exit.cause._tag === "Die")
        assert.deepStrictEqual(yield* store.get(claim.generation.id), claim.generation)
        assert.lengthOf(yield* store.events(claim.generation.id), 1)
      })
    )

    test(
      "R7 loses to whoever moved first, and logs nothing for the loser",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created()
        yield* intended(claim)
        assert.strictEqual(yield* tagOf(store.transition(claim, failed, "second")), "LeaseLost")
        assert.strictEqual((yield* store.get(claim.generation.id)).state._tag, "Submitting")
        assert.lengthOf(yield* store.events(claim.generation.id), 2)
      })
    )

    test(
      "refuses somebody who only says that it is theirs",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created()
        const forged: ReadonlyArray<Claim> = [
          { ...claim, owner: "other" },
          { ...claim, fence: claim.fence + 1 },
          { ...claim, fence: claim.fence - 1 }
        ]
        for (const other of forged) {
          assert.strictEqual(yield* tagOf(store.transition(other, failed, "mine")), "LeaseLost")
          yield* store.release(other)
        }
        yield* intended(claim)
      })
    )

    test(
      "tells the holder of a cancel that came in between",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created()
        yield* TestClock.adjust("3 seconds")
        const asked = yield* store.requestCancel(claim.generation.id)
        assert.strictEqual(asked.cancelRequestedAt?.epochMillis, 3000)
        assert.strictEqual(asked.state._tag, "Queued")
        yield* TestClock.adjust("3 seconds")
        assert.strictEqual((yield* store.requestCancel(asked.id)).cancelRequestedAt?.epochMillis, 3000)
        const next = yield* intended(claim)
        assert.strictEqual(next.generation.cancelRequestedAt?.epochMillis, 3000)
        assert.deepStrictEqual(yield* store.get(asked.id), next.generation)
      })
    )

    test(
      "keeps a confirmed cancel beside the claim of another, and through its next step",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* intended(yield* created())
        yield* TestClock.adjust("3 seconds")
        const { id } = claim.generation
        const confirmed = yield* store.confirmCancel(id)
        assert.strictEqual(confirmed.cancelConfirmedAt?.epochMillis, 3000)
        assert.strictEqual(confirmed.cancelRequestedAt?.epochMillis, 3000)
        yield* TestClock.adjust("3 seconds")
        yield* store.accept(claim, rendering, "accepted")
        const later = yield* store.confirmCancel(id)
        assert.strictEqual(later.cancelConfirmedAt?.epochMillis, 3000)
        assert.strictEqual(later.state._tag, "Rendering")
        assert.strictEqual(
          yield* tagOf(store.confirmCancel(Generation.GenerationId.make("none"))),
          "GenerationNotFound"
        )
      })
    )
  })

  describe("a job that cannot be found, or was given up", () => {
    const unreachable = {
      ...rendering,
      _tag: "Unreachable",
      since: DateTime.unsafeMake(0),
      error: new OperationNotFound({ provider: "test", reason: "HTTP 404" })
    } as const

    test(
      "takes no room in flight, is adopted by no other process, and is found again",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* store.accept(yield* intended(yield* created()), rendering, "accepted")
        assert.strictEqual((yield* store.queue.state).inFlight, 1)
        const lost = yield* store.transition(claim, unreachable, "not found")
        assert.strictEqual((yield* store.queue.state).inFlight, 0)
        yield* store.retire("me")
        assert.deepStrictEqual(yield* store.adopt("another", 10), [])
        const again = yield* store.claim(lost.generation.id, "another")
        const found = yield* store.accept(again, rendering, "found")
        assert.deepStrictEqual(yield* store.get(found.generation.id), found.generation)
      })
    )

    test(
      "a failed record moves on under a new claim, with its own operation",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* store.accept(yield* intended(yield* created()), rendering, "accepted")
        const { generation: ended } = yield* store.transition(claim, { ...failed, operation }, "failed")
        const again = yield* store.claim(ended.id, "me")
        const reopened = yield* store.accept(again, rendering, "found")
        assert.strictEqual(reopened.generation.state._tag, "Rendering")
        assert.strictEqual((yield* store.find(operation.id)).id, ended.id)
      })
    )

    test(
      "changes its place under its claim alone",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created("me", { output: "full" })
        const moved = yield* store.relocate(claim, "free")
        assert.strictEqual(moved.generation.output, "free")
        assert.deepStrictEqual(yield* store.get(claim.generation.id), moved.generation)
        yield* store.release(claim)
        yield* store.claim(claim.generation.id, "another")
        assert.strictEqual(yield* tagOf(store.relocate(claim, "elsewhere")), "LeaseLost")
      })
    )
  })

  describe("operations", () => {
    test(
      "P11 belong to one record: another that is given the same stays as it is",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const [one, two] = [yield* intended(yield* created()), yield* intended(yield* created())]
        const exits = yield* Effect.forEach(
          [one, two],
          (claim) => Effect.exit(store.accept(claim, rendering, "sent")),
          { concurrency: "unbounded" }
        )
        assert.deepStrictEqual(exits.map(Exit.isSuccess), [true, false])
        const error = yield* Effect.flip(store.accept(two, rendering, "again"))
        assert.strictEqual(
          error.message,
          `test answered with operation operations/1, which belongs to generation ${one.generation.id}`
        )
        assert.deepStrictEqual(yield* store.get(two.generation.id), two.generation)
      })
    )

    test(
      "P11 of another provider are others, whatever their names",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* store.accept(yield* intended(yield* created()), rendering, "sent")
        const other = yield* intended(yield* created("me", { provider: "other" }))
        yield* store.accept(other, { ...rendering, operation: { ...operation, provider: "other" } }, "sent")
      })
    )
  })

  describe("leases", () => {
    test(
      "holds a record against everybody, its own owner included, while the owner lives",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const { generation: record } = yield* created()
        assert.strictEqual(yield* tagOf(store.claim(record.id, "other")), "LeaseLost")
        assert.strictEqual(yield* tagOf(store.claim(record.id, "me")), "LeaseLost")
      })
    )

    test(
      "gives a released record to the next, whose fence is higher",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const mine = yield* created()
        yield* store.release(mine)
        const theirs = yield* store.claim(mine.generation.id, "other")
        assert.strictEqual(theirs.owner, "other")
        assert.isAbove(theirs.fence, mine.fence)
        assert.deepStrictEqual(theirs.generation, mine.generation)
      })
    )

    test(
      "takes a record from an owner that never said it lived",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* store.create(yield* generation(), "silent")
        assert.strictEqual((yield* store.claim(claim.generation.id, "other")).owner, "other")
      })
    )

    test(
      "S19 takes a record from an owner whose time ran out, whose late write changes nothing",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const mine = yield* created()
        yield* TestClock.adjust("59 seconds")
        assert.strictEqual(yield* tagOf(store.claim(mine.generation.id, "other")), "LeaseLost")
        yield* TestClock.adjust("1 second")
        const theirs = yield* store.claim(mine.generation.id, "other")
        assert.strictEqual(yield* tagOf(intended(mine)), "LeaseLost")
        yield* store.release(mine)
        yield* store.heartbeat("other", minute)
        assert.strictEqual(yield* tagOf(store.claim(mine.generation.id, "third")), "LeaseLost")
        yield* intended(theirs)
      })
    )

    test(
      "S20 a heartbeat prolongs the lease of all that its owner holds, from now on",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const mine = yield* created()
        yield* TestClock.adjust("50 seconds")
        yield* store.heartbeat("me", minute)
        yield* TestClock.adjust("50 seconds")
        assert.strictEqual(yield* tagOf(store.claim(mine.generation.id, "other")), "LeaseLost")
        yield* store.heartbeat("me", Duration.seconds(1))
        yield* TestClock.adjust("1 second")
        yield* store.claim(mine.generation.id, "other")
      })
    )

    describe.each([
      ["an hour forward", 3_600_000],
      ["an hour back", -3_600_000],
      ["to 1970", -7_200_000]
    ])("when the time of day is put %s", (_, by) => {
      // Two hours after 1970, in which nobody has to say that it lives.
      const onMachine = (
        name: string,
        effect: (put: Effect.Effect<void>) => Effect.Effect<void, unknown, GenerationStore>
      ) =>
        it.effect(name, () =>
          Effect.zipRight(
            TestClock.adjust("2 hours"),
            withTimeOfDay((set) => Effect.provide(effect(set(by)), layer))
          )
        )

      onMachine("S20 R10 whoever lives keeps what it holds", (put) =>
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const mine = yield* created()
          const sent = yield* intended(yield* created("me", { id: "sent" }))
          yield* put
          yield* store.heartbeat("other", minute)
          assert.strictEqual(yield* tagOf(store.claim(mine.generation.id, "other")), "LeaseLost")
          assert.deepStrictEqual(yield* store.adopt("other", 10), [])
          yield* store.accept(sent, rendering, "sent")
        })
      )

      onMachine("S20 R10 whoever died has lost it after its lease, and no later", (put) =>
        Effect.gen(function* () {
          const store = yield* GenerationStore
          const sent = yield* intended(yield* created())
          yield* put
          yield* TestClock.adjust("59 seconds")
          assert.deepStrictEqual(yield* store.adopt("other", 10), [])
          yield* TestClock.adjust("1 second")
          const [adopted] = yield* store.adopt("other", 10)
          assert.strictEqual(adopted?.generation.id, sent.generation.id)
        })
      )
    })

    test(
      "S18 lets exactly one of many claim a record",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const mine = yield* created()
        yield* store.release(mine)
        const owners = Array.from({ length: 25 }, (_, index) => `owner ${index}`)
        yield* Effect.forEach(owners, (owner) => store.heartbeat(owner, minute))
        const exits = yield* Effect.forEach(
          owners,
          (owner) => Effect.exit(store.claim(mine.generation.id, owner)),
          { concurrency: "unbounded" }
        )
        assert.lengthOf(exits.filter(Exit.isSuccess), 1)
      })
    )

    test(
      "writes many records at once, each whole",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const run = Effect.gen(function* () {
          const claim = yield* created()
          const next = yield* intended(claim)
          return yield* store.accept(
            next,
            { ...rendering, operation: { ...operation, id: next.generation.id } },
            "sent"
          )
        })
        const claims = yield* Effect.replicateEffect(run, 100).pipe(Effect.withConcurrency("unbounded"))
        const all = yield* Effect.forEach(claims, ({ generation: { id } }) => store.get(id))
        assert.deepStrictEqual(
          all,
          claims.map((claim) => claim.generation)
        )
        const logs = yield* Effect.forEach(all, ({ id }) => store.events(id))
        for (const log of logs)
          assert.deepStrictEqual(
            log.map(({ sequence }) => sequence),
            [1, 2, 3]
          )
      })
    )
  })

  describe("spool", () => {
    test(
      "R4 keeps the operation noted last, for its record alone",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const [one, other] = [yield* Generation.makeId, yield* Generation.makeId]
        assert.deepStrictEqual(yield* store.spooled(one), Option.none())
        yield* store.spool(one, { ...operation, id: "operations/0" })
        yield* store.spool(one, operation)
        assert.deepStrictEqual(yield* store.spooled(one), Option.some(operation))
        assert.deepStrictEqual(yield* store.spooled(other), Option.none())
      })
    )
  })

  describe("what comes back", () => {
    test(
      "P30 every request is what it was",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const requests = FastCheck.sample(anyRequest, { numRuns: 150, seed: 1 })
        for (const wanted of [...requests, ...nasty.map(request)].flatMap(throughJson(VideoRequest))) {
          const record = new Generation.Generation({ ...(yield* generation()), request: wanted })
          yield* store.create(record, "me")
          assert.deepStrictEqual(yield* store.get(record.id), record)
        }
      })
    )

    test(
      "every error is what it was",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const errors = FastCheck.sample(Arbitrary.make(GenerationError), { numRuns: 200, seed: 1 })
        for (const error of errors.flatMap(throughJson(GenerationError))) {
          const claim = yield* store.create(yield* generation(), "me")
          yield* store.transition(claim, { ...failed, error }, "it failed")
          const { state } = yield* store.get(claim.generation.id)
          if (state._tag !== "Failed") return assert.fail(state._tag)
          assert.deepStrictEqual(state.error, error)
          assert.strictEqual(state.error.message, error.message)
        }
      })
    )
  })
})

// The filters of these two are never met by chance.
const { duration: _duration, seed: _seed, ...fields } = VideoRequest.fields
const anyRequest = FastCheck.tuple(
  Arbitrary.make(Schema.Struct(fields)),
  FastCheck.integer({ min: 2, max: 60 }),
  FastCheck.integer({ min: 0, max: 2 ** 32 - 1 })
).map(([rest, duration, seed]) => new VideoRequest({ ...rest, duration, seed }))

const nasty = [
  "NUL \0 inside",
  "\uFEFFmark",
  "e\u0301 and \u00e9",
  "\u202Edlrow",
  "a\r\nb",
  "'; DROP TABLE generations; --",
  "\u{1F3AC}".repeat(2000)
]

// What JSON cannot carry (Infinity, NaN, absence as a value) never gets into a record: it comes from JSON.
const throughJson = <A, I>(schema: Schema.Schema<A, I>) => {
  const json = Schema.parseJson(schema)
  return (value: A) => Option.toArray(Schema.decodeOption(json)(Schema.encodeSync(json)(value)))
}
