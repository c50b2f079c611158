import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import { DownloadFailed, GenerationFailed, RateLimited, SubmitUnknown } from "@mutoscope/core/GenerationError"
import { type Budget, unlimited } from "@mutoscope/core/GenerationQueue"
import { type Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import * as Arr from "effect/Array"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { type Fields, generation, intended, operation } from "./fixtures.ts"
import { stores } from "./stores.ts"

const epoch = DateTime.unsafeMake(0)
const minute = Duration.minutes(1)
const inline = { _tag: "Inline", index: 0 } as const
const video = { path: "videos/1.mp4", bytes: 1, sha256: "00", integrity: "boxes" } as const

/** A new record in the hands of an owner who lives for a minute. */
const created = (owner: string, fields: Fields = {}) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    yield* store.heartbeat(owner, minute)
    return yield* store.create(yield* generation(fields), owner)
  })

const rendering = (claim: Claim, id: string = claim.generation.id) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    const state = { _tag: "Rendering", operation: { ...operation, id }, submittedAt: epoch } as const
    return yield* store.accept(yield* intended(claim), state, "sent")
  })

const completed = (claim: Claim) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    const { operation, submittedAt } = (yield* rendering(claim)).generation
      .state as Generation.StateOf<"Rendering">
    const held = yield* Effect.map(store.get(claim.generation.id), (generation) => ({ ...claim, generation }))
    const videos = [inline] as const
    const next = yield* store.transition(
      held,
      { _tag: "Downloading", operation, submittedAt, videos },
      "rendered"
    )
    return yield* store.transition(next, { _tag: "Completed", operation, video, finishedAt: epoch }, "done")
  })

const intend = (claim: Claim, budget: Budget = unlimited) =>
  Effect.flatMap(GenerationStore, (store) =>
    store.intend(claim, { _tag: "Submitting", attempt: 1, startedAt: epoch }, budget)
  )

const queued = (batch: string, count: number, fields: Fields = {}, priority = 0) =>
  Effect.flatMap(GenerationStore, (store) =>
    Effect.flatMap(
      Effect.all(
        Array.from({ length: count }, (_, index) =>
          generation({ ...fields, id: `${batch}${index + 1}`, queue: { batch, priority } })
        )
      ),
      (all) => store.queue.add(all)
    )
  )

const ids = (claims: ReadonlyArray<Claim>) => claims.map((claim) => String(claim.generation.id))

const take = (most: number, batch?: string, owner = "me") =>
  Effect.flatMap(GenerationStore, (store) =>
    Effect.zipRight(store.heartbeat(owner, minute), store.queue.take(owner, { most, batch }))
  )

describe.each(stores)("GenerationStore (%s)", (_, layer) => {
  const test = (name: string, effect: Effect.Effect<void, unknown, GenerationStore>) =>
    it.effect(name, () => Effect.provide(effect, layer))

  describe("keys and fingerprints", () => {
    test(
      "a key belongs to one record, which is named to whoever tries to take it",
      Effect.gen(function* () {
        const first = yield* created("me", { key: "clip 7" })
        const error = yield* Effect.flip(created("me", { key: "clip 7" }))
        assert.deepInclude(error, { _tag: "KeyTaken", key: "clip 7", generationId: first.generation.id })
        const store = yield* GenerationStore
        assert.strictEqual((yield* store.get(first.generation.id)).key, "clip 7")
        assert.lengthOf(yield* store.list({}), 1)
      })
    )

    test(
      "the newest finished video of a request is found, and no unfinished one",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const first = yield* created("me", { fingerprint: "f" })
        assert.isTrue(Option.isNone(yield* store.rendered("f")))
        yield* completed(first)
        yield* TestClock.adjust("1 second")
        const second = yield* completed(yield* created("me", { fingerprint: "f" }))
        assert.deepStrictEqual(
          Option.map(yield* store.rendered("f"), ({ id }) => id),
          Option.some(second.generation.id)
        )
        assert.isTrue(Option.isNone(yield* store.rendered("g")))
      })
    )
  })

  test(
    "P12 finds another completed record that has the same video, though something else was asked for",
    Effect.gen(function* () {
      const store = yield* GenerationStore
      const prompt = "A stormy sea"
      const { generation } = yield* completed(yield* created("me", { id: "one" }))
      yield* completed(yield* created("me", { id: "same" }))
      yield* rendering(yield* created("me", { id: "unfinished", prompt }))
      assert.deepStrictEqual(yield* store.double(generation, video.sha256), Option.none())
      yield* completed(yield* created("me", { id: "fitted", prompt, asked: generation.request }))
      assert.deepStrictEqual(yield* store.double(generation, video.sha256), Option.none())
      yield* completed(yield* created("me", { id: "other", prompt }))
      assert.deepStrictEqual(
        Option.map(yield* store.double(generation, video.sha256), ({ id }) => String(id)),
        Option.some("other")
      )
      assert.deepStrictEqual(yield* store.double(generation, "01"), Option.none())
    })
  )

  describe("what others left", () => {
    test(
      "what a dead process had sent is adopted, with a higher fence; what was not sent is not",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const unsent = yield* created("dead")
        const sent = yield* rendering(yield* created("dead"))
        yield* TestClock.adjust("59 seconds")
        assert.lengthOf(yield* store.adopt("me", 10), 0)
        yield* TestClock.adjust("1 seconds")
        const [adopted, ...others] = yield* store.adopt("me", 10)
        assert.lengthOf(others, 0)
        assert.deepStrictEqual(adopted?.generation, sent.generation)
        assert.isAbove(adopted?.fence ?? 0, sent.fence)
        assert.notStrictEqual(unsent.generation.id, adopted?.generation.id)
        const late = store.transition(sent, { _tag: "Cancelled", finishedAt: epoch }, "late")
        assert.strictEqual((yield* Effect.flip(late))._tag, "LeaseLost")
      })
    )

    test(
      "what its holder gave back is left alone, but for a cancel that is still to be passed on",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const sent = yield* rendering(yield* created("me"))
        yield* store.release(sent)
        assert.lengthOf(yield* store.adopt("other", 10), 0)
        yield* store.requestCancel(sent.generation.id)
        yield* store.heartbeat("other", minute)
        assert.deepStrictEqual(ids(yield* store.adopt("other", 10)), [sent.generation.id])
        assert.lengthOf(yield* store.adopt("other", 10), 0)
      })
    )

    test(
      "an owner that says it is done leaves all it holds at once, and no more at a time than is asked for",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        for (const id of ["1", "2", "3"]) yield* rendering(yield* created("done", { id }), id)
        yield* store.retire("done")
        yield* store.heartbeat("me", minute)
        assert.lengthOf(yield* store.adopt("me", 2), 2)
        assert.lengthOf(yield* store.adopt("me", 2), 1)
      })
    )

    test(
      "what has ended is held by nobody",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const { generation: record } = yield* completed(yield* created("me"))
        assert.strictEqual((yield* store.claim(record.id, "other")).owner, "other")
      })
    )
  })

  describe("limits in flight", () => {
    test(
      "holds over all who submit to a provider, and over one model",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* store.queue.limit({ provider: "test", most: 2 })
        yield* store.queue.limit({ provider: "test", model: "slow", most: 1 })
        const slow = yield* created("me", { model: "slow" })
        const alsoSlow = yield* created("other", { model: "slow" })
        assert.isTrue(Option.isSome(yield* intend(slow)))
        assert.isTrue(Option.isNone(yield* intend(alsoSlow)))
        assert.strictEqual((yield* store.get(alsoSlow.generation.id)).state._tag, "Queued")
        assert.isTrue(Option.isSome(yield* intend(yield* created("me"))))
        const third = yield* created("me")
        assert.isTrue(Option.isNone(yield* intend(third)))
        assert.isTrue(Option.isSome(yield* intend(yield* created("me", { provider: "another" }))))
        yield* store.queue.unlimit({ provider: "test" })
        assert.isTrue(Option.isSome(yield* intend(third)))
        assert.deepStrictEqual((yield* store.queue.state).limits, [
          { provider: "test", model: "slow", most: 1 }
        ])
      })
    )

    test(
      "room comes back when one has rendered",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* store.queue.limit({ provider: "test", most: 1 })
        const first = yield* rendering(yield* created("me"))
        const second = yield* created("me")
        assert.isTrue(Option.isNone(yield* intend(second)))
        const error = new GenerationFailed({ provider: "test", reason: "no" })
        yield* store.transition(first, { _tag: "Failed", error, finishedAt: epoch }, "no")
        assert.isTrue(Option.isSome(yield* intend(second)))
      })
    )

    test(
      "what is in flight and nobody looks after can be taken, to make room; what somebody holds can not",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const { queue } = store
        yield* queue.limit({ provider: "test", most: 2 })
        yield* queue.limit({ provider: "test", model: "slow", most: 0 })
        const back = yield* rendering(yield* created("other"), "1")
        yield* store.release(back)
        yield* queued("a", 1)
        assert.deepStrictEqual(yield* queue.full({}), [])
        yield* rendering(yield* created("other"), "2")
        assert.deepStrictEqual(yield* queue.full({}), [{ provider: "test", most: 2 }])
        assert.deepStrictEqual(yield* queue.full({ batch: "b" }), [])
        assert.lengthOf(yield* queue.takeInFlight("me", { provider: "another", most: 9 }), 0)
        yield* store.heartbeat("me", minute)
        const [taken, ...others] = yield* queue.takeInFlight("me", { provider: "test", most: 9 })
        assert.deepStrictEqual([taken?.generation.id, others], [back.generation.id, []])
        assert.lengthOf(yield* queue.takeInFlight("me", { provider: "test", most: 9 }), 0)
        const error = new GenerationFailed({ provider: "test", reason: "no" })
        const claim = yield* Effect.fromNullable(taken)
        yield* store.transition(claim, { _tag: "Failed", error, finishedAt: epoch }, "no")
        assert.deepStrictEqual(yield* queue.full({}), [])
        assert.deepStrictEqual(ids(yield* take(1)), ["a1"])
      })
    )

    test(
      "is no reason to take from somebody what he holds no longer",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const claim = yield* created("me")
        yield* store.release(claim)
        yield* store.queue.limit({ provider: "test", most: 0 })
        assert.strictEqual((yield* Effect.flip(intend(claim)))._tag, "LeaseLost")
      })
    )
  })

  describe("budgets", () => {
    const most = (amount: number) => MicroUsd.make(amount)

    test(
      "so many submits of one run, and not one more; what was refused does not count",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const budget = { jobs: 2 }
        const refused = Option.getOrThrow(yield* intend(yield* created("me"), budget))
        yield* store.transition(refused, { _tag: "Queued", attempt: 1 }, "refused")
        yield* intend(yield* created("me"), budget)
        yield* intend(yield* created("other"), budget)
        yield* intend(yield* created("me"), budget)
        const error = yield* Effect.flip(Effect.flatMap(created("me"), (claim) => intend(claim, budget)))
        assert.deepInclude(error, { _tag: "BudgetSpent", limit: "jobs", most: 2, spent: 2 })
      })
    )

    test(
      "money of a run and of a day; an unknown submit counts as spent, and midnight begins anew",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const budget = { run: most(10), day: most(12) }
        const first = Option.getOrThrow(yield* intend(yield* created("me", { estimate: 6 }), budget))
        const error = new SubmitUnknown({ provider: "test", reason: "reset" })
        yield* store.transition(first, { _tag: "SubmitUnknown", attempt: 1, startedAt: epoch, error }, "lost")
        const second = yield* created("me", { estimate: 6 })
        const run = yield* Effect.flip(intend(second, budget))
        assert.deepInclude<object>(run, {
          _tag: "BudgetSpent",
          limit: "run",
          most: 10,
          spent: 6,
          estimate: 6
        })
        const others = yield* created("other", { estimate: 7 })
        const day = yield* Effect.flip(intend(others, budget))
        assert.deepInclude<object>(day, {
          _tag: "BudgetSpent",
          limit: "day",
          most: 12,
          spent: 6,
          estimate: 7
        })
        yield* TestClock.adjust("1 day")
        yield* store.heartbeat("other", minute)
        const tomorrow = yield* created("other", { estimate: 7 })
        assert.isTrue(Option.isSome(yield* intend(tomorrow, budget)))
      })
    )

    test(
      "what is sent again after an unknown submit counts for each time that it was sent",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const budget = { run: most(12), day: most(18), jobs: 3 }
        const error = new SubmitUnknown({ provider: "test", reason: "reset" })
        const lose = (claim: Claim) =>
          store.transition(claim, { _tag: "SubmitUnknown", attempt: 1, startedAt: epoch, error }, "lost")
        const again = (claim: Claim, submits: number) =>
          store.transition(claim, { _tag: "Queued", attempt: 1 }, "again", {
            possiblyCharged: { submits, amount: most(6 * submits), unpriced: 0 }
          })
        const first = Option.getOrThrow(yield* intend(yield* created("me", { estimate: 6 }), budget))
        const waiting = yield* again(yield* lose(first), 1)
        // While it waits, what it may have cost counts for others too.
        const dear = yield* Effect.flip(
          Effect.flatMap(created("me", { estimate: 7 }), (claim) => intend(claim, budget))
        )
        assert.deepInclude<object>(dear, { _tag: "BudgetSpent", limit: "run", spent: 6 })
        const second = Option.getOrThrow(yield* intend(waiting, budget))
        const third = yield* again(yield* lose(second), 2)
        assert.deepStrictEqual(
          third.generation.possiblyCharged,
          (yield* store.get(third.generation.id)).possiblyCharged
        )
        const spent = yield* Effect.flip(intend(third, budget))
        assert.deepInclude<object>(spent, { _tag: "BudgetSpent", limit: "run", spent: 12, estimate: 6 })
        const jobs = yield* Effect.flip(intend(third, { jobs: 2 }))
        assert.deepInclude(jobs, { limit: "jobs", spent: 2 })
        assert.isTrue(Option.isSome(yield* intend(third, { run: most(18), day: most(18), jobs: 3 })))
      })
    )

    test(
      "a bill below what was expected counts once the job has come to its end",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const budget = { run: most(12) }
        const sent = Option.getOrThrow(yield* intend(yield* created("me", { estimate: 7 }), budget))
        const submitted = { operation: { provider: "test", id: "1", model: "veo" }, submittedAt: epoch }
        const running = yield* store.accept(sent, { _tag: "Rendering", ...submitted }, "accepted")
        const cost = { amount: most(1), source: "reported" } as const
        const downloading = yield* store.transition(
          running,
          { _tag: "Downloading", ...submitted, videos: [inline] },
          "rendered",
          { cost }
        )
        const next = yield* created("me", { estimate: 6 })
        assert.deepInclude<object>(yield* Effect.flip(intend(next, budget)), { limit: "run", spent: 7 })
        const { operation } = submitted
        yield* store.transition(
          downloading,
          { _tag: "Completed", operation, video, finishedAt: epoch },
          "complete"
        )
        assert.isTrue(Option.isSome(yield* intend(next, budget)))
      })
    )

    test(
      "what a job did cost counts in place of what it was expected to; what was given up unknown still counts",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const budget = { run: most(10) }
        const dear = yield* rendering(yield* created("me", { estimate: 9 }))
        const next = yield* created("me", { estimate: 6 })
        assert.strictEqual((yield* Effect.flip(intend(next, budget)))._tag, "BudgetSpent")
        const { operation, submittedAt } = dear.generation.state as Generation.StateOf<"Rendering">
        const downloading = { _tag: "Downloading", operation, submittedAt, videos: [inline] } as const
        const rendered = yield* store.transition(dear, downloading, "rendered", {
          cost: { amount: most(4), source: "reported" }
        })
        yield* store.transition(rendered, { _tag: "Completed", operation, video, finishedAt: epoch }, "done")
        const second = Option.getOrThrow(yield* intend(next, budget))
        const error = new SubmitUnknown({ provider: "test", reason: "reset" })
        const lost = yield* store.transition(
          second,
          { _tag: "SubmitUnknown", attempt: 1, startedAt: epoch, error },
          "lost"
        )
        yield* store.transition(lost, { _tag: "Failed", error, finishedAt: epoch }, "given up")
        const third = yield* Effect.flip(intend(yield* created("me", { estimate: 1 }), budget))
        assert.deepInclude(third, { _tag: "BudgetSpent", spent: 10 })
      })
    )

    test(
      "without a price no limit of money can be kept; what is free always fits",
      Effect.gen(function* () {
        const unknown = yield* Effect.flip(intend(yield* created("me"), { run: most(10) }))
        assert.deepInclude(unknown, { _tag: "BudgetSpent", limit: "run" })
        assert.isFalse("estimate" in unknown && unknown.estimate !== undefined)
        const free = yield* created("me", { estimate: 0 })
        assert.isTrue(Option.isSome(yield* intend(free, { run: most(0), day: most(0) })))
      })
    )
  })

  describe("the queue", () => {
    test(
      "gives out what waits, once, in its order",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 3)
        const all = (yield* store.list({ batch: "a" })).map(({ id }) => id)
        assert.strictEqual(yield* store.queue.waiting({ except: all.slice(1) }), 1)
        assert.lengthOf(yield* store.queue.take("nobody", { most: 9, except: all }), 0)
        assert.deepStrictEqual(ids(yield* take(2)), ["a1", "a2"])
        assert.deepStrictEqual(ids(yield* take(2, undefined, "other")), ["a3"])
        assert.lengthOf(yield* take(2), 0)
        assert.deepInclude(yield* store.queue.state, { waiting: 3, inFlight: 0, paused: false })
        assert.deepStrictEqual(
          (yield* store.list({ batch: "a" })).map(({ queue }) => queue),
          Array.from({ length: 3 }, () => ({ batch: "a", priority: 0 }))
        )
      })
    )

    test(
      "takes higher priorities first, and batches of one priority in turn",
      Effect.gen(function* () {
        yield* queued("a", 3)
        yield* queued("b", 2)
        yield* queued("c", 1, {}, 5)
        assert.deepStrictEqual(ids(yield* take(10)), ["c1", "a1", "b1", "a2", "b2", "a3"])
      })
    )

    test(
      "a batch that comes later neither waits for an earlier one nor overtakes it",
      Effect.gen(function* () {
        yield* queued("a", 4)
        assert.deepStrictEqual(ids(yield* take(2)), ["a1", "a2"])
        yield* queued("b", 2)
        const rest = ids(yield* take(10))
        assert.sameMembers(rest, ["a3", "a4", "b1", "b2"])
        assert.isBelow(rest.indexOf("b1"), rest.indexOf("a4"))
      })
    )

    test(
      "adds very many at once, in their order, and a key once",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const place = { batch: "many", priority: 0 }
        const plans = yield* Effect.forEach(Array.from({ length: 450 }), (_, index) =>
          generation({ id: `many${index}`, key: `${index % 449}`, queue: place })
        )
        const added = yield* store.queue.add(plans)
        assert.lengthOf(added, 450)
        assert.strictEqual(added[449]?.id, "many0")
        const claims = yield* store.queue.take("me", { most: 1_000, batch: "many" })
        assert.deepStrictEqual(
          claims.map(({ generation: { id } }) => String(id)),
          Array.from({ length: 449 }, (_, index) => `many${index}`)
        )
        const events = yield* store.events(Generation.GenerationId.make("many448"))
        assert.deepStrictEqual(
          events.map(({ sequence, to }) => [sequence, to]),
          [[1, "Queued"]]
        )
      })
    )

    test(
      "answers with the earlier record where a key is known, and adds the others",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const place = { batch: "a", priority: 0 }
        const first = yield* generation({ key: "1", queue: place })
        yield* store.queue.add([first])
        const again = yield* generation({ key: "1", queue: place })
        const second = yield* generation({ key: "2", queue: place })
        const answers = yield* store.queue.add([again, second])
        assert.deepStrictEqual(
          answers.map(({ id }) => id),
          [first.id, second.id]
        )
        assert.lengthOf(yield* store.list({ batch: "a" }), 2)
      })
    )

    test(
      "gives out nothing while it is paused, and goes on after",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 1)
        yield* store.queue.pause(true)
        yield* store.queue.pause(true)
        assert.isTrue((yield* store.queue.state).paused)
        assert.lengthOf(yield* take(1), 0)
        yield* store.queue.pause(false)
        const [taken] = yield* take(1)
        assert.strictEqual(taken?.generation.id, "a1")
        // Seen where the intent is written, for what was taken before and for what was claimed by its name.
        yield* store.queue.pause(true)
        const held = yield* Effect.flip(intend(yield* Effect.fromNullable(taken)))
        assert.deepInclude<object>(held, { _tag: "HeldBack", why: "paused", generationId: "a1" })
        assert.isTrue(Option.isSome(yield* intend(yield* created("me"))))
        yield* store.queue.pause(false)
        assert.isTrue(Option.isSome(yield* intend(yield* Effect.fromNullable(taken))))
      })
    )

    test(
      "what is set aside is sent by nobody, not by its holder either, until it is added again",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("b", 1)
        const plans = yield* Effect.forEach(["1", "2", "3"], (key) =>
          generation({ id: `a${key}`, key, queue: { batch: "a", priority: 0 } })
        )
        yield* store.queue.add(plans)
        const [held] = yield* take(1, "a")
        if (held === undefined) return assert.fail("nothing was taken")
        const sent = yield* intended(yield* Effect.flatten(Effect.map(take(1, "a"), Arr.head)))
        const aside = yield* store.queue.setAside(plans.map(({ id }) => id))
        assert.deepStrictEqual(aside.map(({ id, queue }) => [String(id), queue?.aside]).sort(), [
          ["a1", true],
          ["a3", true]
        ])
        assert.lengthOf(yield* store.queue.setAside(plans.map(({ id }) => id)), 0)
        assert.strictEqual((yield* store.get(sent.generation.id)).queue?.aside, undefined)
        const kept = yield* Effect.flip(intend(held))
        assert.deepInclude<object>(kept, { _tag: "HeldBack", why: "aside", generationId: "a1" })
        yield* store.release(held)
        assert.deepInclude(yield* store.queue.state, { waiting: 1, aside: 2 })
        assert.deepStrictEqual(
          [yield* store.queue.waiting({ batch: "a" }), yield* store.queue.waiting({})],
          [0, 1]
        )
        assert.deepStrictEqual(ids(yield* take(10)), ["b1"])

        const [back] = yield* store.queue.add([
          yield* generation({ key: "3", queue: { batch: "a", priority: 0 } })
        ])
        assert.strictEqual(back?.id, plans[2]?.id)
        assert.deepStrictEqual(back?.queue, { batch: "a", priority: 0 })
        assert.strictEqual(yield* store.queue.waiting({ batch: "a" }), 1)
        const again = yield* take(10, "a")
        assert.deepStrictEqual(ids(again), ["a3"])
        assert.isTrue(Option.isSome(yield* intend(yield* Effect.fromNullable(again[0]))))
      })
    )

    test(
      "gives out no more of a provider than its limit, and goes on with the others",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* store.queue.limit({ provider: "test", most: 1 })
        yield* queued("a", 3)
        yield* queued("b", 2, { provider: "another" })
        assert.sameMembers(ids(yield* take(10)), ["a1", "b1", "b2"])
        assert.lengthOf(yield* take(10, undefined, "other"), 0)
      })
    )

    test(
      "P13 gives a refused record out again when the provider wants to hear of it",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 1)
        const sent = yield* intended(yield* Effect.flatten(Effect.map(take(1), Arr.head)))
        const refusal = new RateLimited({ provider: "test", retryAfter: Duration.seconds(30) })
        const back = yield* store.transition(sent, { _tag: "Queued", attempt: 1, refusal }, "later")
        yield* store.release(back)
        yield* TestClock.adjust("29 seconds")
        assert.lengthOf(yield* take(1), 0)
        yield* TestClock.adjust("1 seconds")
        assert.deepStrictEqual(ids(yield* take(1)), ["a1"])
      })
    )

    test(
      "what a dead process held and had not sent is given out again",
      Effect.gen(function* () {
        yield* queued("a", 1)
        yield* take(1, "a", "dead")
        assert.lengthOf(yield* take(1), 0)
        yield* TestClock.adjust("1 minute")
        assert.deepStrictEqual(ids(yield* take(1)), ["a1"])
      })
    )
  })

  describe("the breaker of a provider", () => {
    test(
      "opens after five jobs in a row, and keeps one that waits from its turn",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 2)
        yield* queued("b", 1, { provider: "another" })
        for (const id of ["1", "2", "3", "4"]) yield* store.queue.fail(yield* failure(id))
        assert.deepStrictEqual((yield* store.queue.state).breakers, [])
        yield* store.queue.fail(yield* failure("4"))
        assert.deepStrictEqual((yield* store.queue.state).breakers, [])
        yield* store.queue.fail(yield* failure("5"))
        const [breaker, ...others] = (yield* store.queue.state).breakers
        assert.deepInclude(breaker, { provider: "test", failures: 5, trouble })
        assert.lengthOf(others, 0)
        assert.deepStrictEqual(ids(yield* take(10)), ["b1"])
        assert.lengthOf(yield* store.queue.breakers({}), 1)
        assert.lengthOf(yield* store.queue.breakers({ batch: "b" }), 0)
        assert.strictEqual(yield* store.queue.waiting({ exceptProviders: ["test"] }), 1)
      })
    )

    test(
      "refuses an intent, with what the last job came to and when one is tried",
      Effect.gen(function* () {
        const claim = yield* created("me")
        yield* opened
        const error = yield* Effect.flip(intend(claim))
        assert.deepInclude(error, { _tag: "ProviderPaused", provider: "test", failures: 5, trouble })
        assert.deepInclude(error, { retryAt: DateTime.addDuration(yield* DateTime.now, "1 minute") })
        const other = yield* created("me", { provider: "another" })
        assert.isTrue(Option.isSome(yield* intend(other)))
      })
    )

    test(
      "lets one job through after a minute, whatever waits and whoever asks",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 3)
        yield* opened
        yield* TestClock.adjust("1 minute")
        const [probe, ...others] = yield* take(10)
        assert.lengthOf(others, 0)
        assert.lengthOf(yield* take(10, undefined, "other"), 0)
        yield* store.heartbeat("me", Duration.hours(1))
        yield* rendering(yield* Effect.fromNullable(probe))
        const single = yield* created("other", { id: "single" })
        assert.strictEqual((yield* Effect.flip(intend(single)))._tag, "ProviderPaused")
        yield* store.retire("me")
        assert.isTrue(Option.isSome(yield* intend(single)))
      })
    )

    test(
      "waits twice as long after each job tried in vain, at most 15 minutes",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 1)
        yield* opened
        for (const [index, minutes] of [1, 2, 4, 8, 15, 15].entries()) {
          yield* TestClock.adjust(Duration.millis(minutes * 60_000 - 1))
          assert.lengthOf(yield* take(1), 0, `before ${minutes} min`)
          yield* TestClock.adjust("1 millis")
          const [claim] = yield* take(1)
          yield* store.release(yield* Effect.fromNullable(claim))
          yield* store.queue.fail(yield* failure(`try ${index}`))
        }
      })
    )

    test(
      "does not wait longer for jobs that had been sent before it opened",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        const early = yield* failure("early")
        yield* TestClock.adjust("1 second")
        yield* opened
        const before = (yield* store.queue.state).breakers
        yield* TestClock.adjust("30 seconds")
        yield* store.queue.fail(early)
        assert.deepStrictEqual((yield* store.queue.state).breakers, before)
      })
    )

    test(
      "is closed by a video, which also forgets what was counted",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        for (const id of ["1", "2", "3", "4"]) yield* store.queue.fail(yield* failure(id))
        yield* completed(yield* created("me", { id: "good" }))
        for (const id of ["5", "6", "7", "8"]) yield* store.queue.fail(yield* failure(id))
        assert.deepStrictEqual((yield* store.queue.state).breakers, [])
        yield* store.queue.fail(yield* failure("9"))
        assert.lengthOf((yield* store.queue.state).breakers, 1)
        yield* TestClock.adjust("1 minute")
        yield* completed(yield* created("me", { id: "probe" }))
        assert.deepStrictEqual((yield* store.queue.state).breakers, [])
        yield* queued("a", 2)
        assert.lengthOf(yield* take(10), 2)
      })
    )

    test(
      "is closed by hand, and of no other provider",
      Effect.gen(function* () {
        const store = yield* GenerationStore
        yield* queued("a", 2)
        yield* opened
        assert.isFalse(yield* store.queue.close("test@work"))
        assert.lengthOf(yield* take(10), 0)
        assert.isTrue(yield* store.queue.close("test"))
        assert.isFalse(yield* store.queue.close("test"))
        assert.lengthOf(yield* take(10), 2)
      })
    )

    test(
      "does not hold jobs for longer where the clock was set back",
      Effect.gen(function* () {
        yield* queued("a", 1)
        yield* TestClock.adjust("1 day")
        yield* opened
        yield* TestClock.setTime(0)
        assert.deepStrictEqual(ids(yield* take(10)), ["a1"])
      })
    )
  })
})

const trouble = new DownloadFailed({ provider: "test", reason: "HTTP 404" })

/** A job that was sent now and delivered no video. */
const failure = (id: string) =>
  Effect.map(DateTime.now, (submittedAt) => ({
    provider: "test",
    id: Generation.GenerationId.make(id),
    submittedAt,
    trouble
  }))

const opened = Effect.flatMap(GenerationStore, (store) =>
  Effect.forEach(["1", "2", "3", "4", "5"], (id) => Effect.flatMap(failure(id), store.queue.fail))
)
