/**
 * A submit whose answer was lost is looked for at its provider: adopted on proof, and parked on anything less.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore, layerMemory as layerRecords } from "@mutoscope/core/GenerationStore"
import type { Operation } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import { layer as layerGenerator, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import {
  type Intent,
  label,
  type ReconcileOptions,
  type Reconciliation,
  VideoProvider
} from "@mutoscope/core/VideoProvider"
import { layerMemory as layerVideos } from "@mutoscope/core/VideoStore"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { api, id, type Ledger, layer, operation, request, type Script } from "./scripted.ts"

const lost = new Errors.SubmitUnknown({ provider: "scripted", reason: "connection reset" })
const named = (name: string): Operation => ({ ...operation, id: `operations/${name}` })
const found = (name: string): Reconciliation => ({ _tag: "Found", operation: named(name) })
const candidates = (...names: ReadonlyArray<string>): Reconciliation => ({
  _tag: "Candidates",
  operations: names.map(named)
})
const nothingYet = candidates()
const by = { provider: "scripted" }

const submits = (ledger: Ledger) => ledger.filter((call) => call === "submit").length

/** What a test sees: the calls, and after how many seconds its provider was asked for the lost submit. */
interface Seen {
  readonly ledger: Ledger
  readonly looks: Array<number>
}

/** Loses the answer to the first submit, and runs on these answers to the questions for it. */
const on = <A, E>(
  reconcile: NonNullable<Script["reconcile"]>,
  test: (seen: Seen) => Effect.Effect<A, E, VideoGenerator | GenerationStore>
) => {
  const seen: Seen = { ledger: [], looks: [] }
  const asked = Effect.map(Clock.currentTimeMillis, (now) => seen.looks.push(now / 1000))
  const script = {
    submit: [Effect.fail(lost)],
    reconcile: reconcile.map((answer) => Effect.zipRight(asked, answer))
  }
  return Effect.provide(test(seen), layer(script, seen.ledger))
}

/** What a generation comes to, with the clock moved on for a minute: its operation, or its error. */
const outcome = Effect.gen(function* () {
  const generator = yield* VideoGenerator
  const fiber = yield* Effect.fork(Effect.either(generator.generate(request, { id })))
  yield* TestClock.adjust("1 minute")
  const end = yield* Fiber.join(fiber)
  return end._tag === "Right" ? end.right.state.operation.id : end.left._tag
})

const state = Effect.flatMap(GenerationStore, (records) => records.get(id)).pipe(
  Effect.map(({ state }) => state)
)

describe("a lost submit", () => {
  it("is called by its id and its attempt", () => {
    assert.strictEqual(label({ id: Generation.GenerationId.make("abc"), attempt: 2 }), "abc-2")
  })

  it.effect("N06 is adopted at once where the provider shows our label", () =>
    on([Effect.succeed(found("x"))], ({ ledger }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome, "operations/x")
        assert.strictEqual(submits(ledger), 1)
      })
    )
  )

  it.effect("N06 is adopted when it shows up in the list seconds later", () =>
    on(
      [Effect.succeed(nothingYet), Effect.succeed(nothingYet), Effect.succeed(found("x"))],
      ({ ledger, looks }) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* outcome, "operations/x")
          assert.deepStrictEqual(looks, [0, 2, 6])
          assert.strictEqual(submits(ledger), 1)
        })
    )
  )

  it.effect("N06 is looked for after 0, 2, 6 and 14 seconds, and then parked", () =>
    on([Effect.succeed(nothingYet)], ({ looks }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome, "SubmitUnknown")
        assert.deepStrictEqual(looks, [0, 2, 6, 14])
      })
    )
  )

  it.effect.each([
    ["a lone job of the model and the time", candidates("x"), [0, 2, 6, 14]],
    ["two of them", candidates("x", "y"), [0, 2, 6, 14]],
    ["a provider that cannot say", { _tag: "NotSupported" }, [0]]
  ] as ReadonlyArray<[string, Reconciliation, ReadonlyArray<number>]>)(
    "N06 is adopted for nothing less than proof: %s",
    ([, answer, asked]) =>
      on([Effect.succeed(answer)], ({ ledger, looks }) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* outcome, "SubmitUnknown")
          assert.deepStrictEqual(looks, asked)
          assert.strictEqual(submits(ledger), 1)
        })
      )
  )

  it.effect("R6 is recorded as unknown before its provider is asked anything", () =>
    Effect.gen(function* () {
      const seen: Array<string> = []
      const ledger: Ledger = []
      const records = yield* GenerationStore
      const scripted = api({ submit: [Effect.fail(lost)] }, ledger)
      const watched = {
        ...scripted,
        reconcile: ({ attempt, id }: Intent, options?: ReconcileOptions) =>
          Effect.flatMap(Effect.orDie(records.get(id)), ({ state }) => {
            seen.push(`${state._tag} ${attempt} ${JSON.stringify(options)}`)
            return Effect.succeed(found("x"))
          })
      }
      const provider = Layer.succeed(VideoProvider, watched)
      yield* Effect.provide(outcome, layerGenerator.pipe(Layer.provide(provider)))
      assert.deepStrictEqual(seen, ['SubmitUnknown 1 {"proofOnly":true}'])
    }).pipe(Effect.provide([layerRecords, layerVideos]))
  )

  it.effect.each([
    [
      "does not answer",
      Effect.fail(new Errors.ProviderUnavailable({ ...by, reason: "down" })),
      [0, 2, 6, 14]
    ],
    [
      "answers nonsense",
      Effect.fail(new Errors.UnexpectedAnswer({ ...by, status: 200, reason: "what?", body: "" })),
      [0, 2, 6, 14]
    ],
    ["refuses the key", Effect.fail(new Errors.AuthenticationFailed({ ...by, reason: "no" })), [0]],
    [
      "wants to be left alone for five seconds",
      Effect.fail(new Errors.RateLimited({ ...by, retryAfter: Duration.seconds(5) })),
      [0, 6, 14]
    ],
    [
      "wants to be left alone for an hour",
      Effect.fail(new Errors.RateLimited({ ...by, retryAfter: Duration.hours(1) })),
      [0]
    ]
  ] as ReadonlyArray<[string, Effect.Effect<Reconciliation, Errors.PollError>, ReadonlyArray<number>]>)(
    "N06 stays unknown, and says so, where the provider %s",
    ([, answer, asked]) =>
      on([answer], ({ looks }) =>
        Effect.gen(function* () {
          assert.strictEqual(yield* outcome, "SubmitUnknown")
          assert.deepStrictEqual(looks, asked)
          const { _tag, ...rest } = yield* state
          assert.strictEqual(_tag, "SubmitUnknown")
          assert.strictEqual(
            "error" in rest && rest.error._tag === "SubmitUnknown" && rest.error.reason,
            lost.reason
          )
        })
      )
  )

  it.effect("N06 is found in spite of an error on the way", () =>
    on(
      [Effect.fail(new Errors.ProviderUnavailable({ ...by, reason: "down" })), Effect.succeed(found("x"))],
      () => Effect.map(outcome, (end) => assert.strictEqual(end, "operations/x"))
    )
  )

  it.effect("P11 is parked where what is found belongs to another generation, and asked for once", () =>
    on([Effect.succeed(found("taken"))], ({ looks }) =>
      Effect.gen(function* () {
        yield* rendering("another", named("taken"))
        assert.strictEqual(yield* outcome, "SubmitUnknown")
        assert.deepStrictEqual(looks, [0])
        assert.strictEqual((yield* state)._tag, "SubmitUnknown")
      })
    )
  )

  it.effect("is not looked for where the policy is to park", () =>
    on([Effect.succeed(found("x"))], ({ looks }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome, "SubmitUnknown")
        assert.deepStrictEqual(looks, [])
      })
    ).pipe(Effect.provideService(Policy.Policy, Policy.make({ unknownSubmit: "park" })))
  )

  it.effect("is looked for when the policy says, and not before", () =>
    on([Effect.succeed(nothingYet)], ({ looks }) =>
      Effect.gen(function* () {
        assert.strictEqual(yield* outcome, "SubmitUnknown")
        assert.deepStrictEqual(looks, [3, 9])
      })
    ).pipe(Effect.provideService(Policy.Policy, Policy.make({ reconcileAfter: ["3 seconds", "9 seconds"] })))
  )

  it.effect("stops while it is looked for: the record is given back, and stays unknown", () =>
    on([Effect.succeed(nothingYet)], () =>
      Effect.gen(function* () {
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(generator.generate(request, { id }))
        yield* TestClock.adjust("3 seconds")
        yield* Fiber.interrupt(fiber)
        assert.strictEqual((yield* state)._tag, "SubmitUnknown")
        const records = yield* GenerationStore
        yield* records.claim(id, "somebody else")
      })
    )
  )

  it.effect("is looked for again by resume, once where it was sent long ago", () =>
    on(
      [...Array.from({ length: 4 }, () => Effect.succeed(nothingYet)), Effect.succeed(nothingYet)],
      ({ looks }) =>
        Effect.gen(function* () {
          yield* outcome
          yield* TestClock.adjust("1 minute")
          const generator = yield* VideoGenerator
          assert.strictEqual((yield* Effect.flip(generator.resume(id)))._tag, "SubmitUnknown")
          assert.deepStrictEqual(looks, [0, 2, 6, 14, 120])
        })
    )
  )

  it.effect("is adopted by resumeAll, which then finishes it", () =>
    on(
      [...Array.from({ length: 4 }, () => Effect.succeed(nothingYet)), Effect.succeed(found("x"))],
      ({ ledger }) =>
        Effect.gen(function* () {
          yield* outcome
          const generator = yield* VideoGenerator
          const { finished, undecided } = yield* generator.resumeAll()
          assert.deepStrictEqual(
            [finished.map(({ state }) => state.operation.id), undecided],
            [["operations/x"], []]
          )
          assert.strictEqual(submits(ledger), 1)
        })
    )
  )

  it.effect.each([
    ["is adopted by the next run of its batch", "reconcile", undefined, "operations/x", [0, 0]],
    ["is left alone by a run that is told not to look", "reconcile", false, "SubmitUnknown", []],
    [
      "is left alone by the next run of its batch where the policy is to park",
      "park",
      undefined,
      "SubmitUnknown",
      []
    ]
  ] as ReadonlyArray<[string, "reconcile" | "park", boolean | undefined, string, ReadonlyArray<number>]>)(
    "%s",
    ([, unknownSubmit, lostOnes, expected, asked]) =>
      on([Effect.succeed(found("x"))], ({ ledger, looks }) =>
        Effect.gen(function* () {
          yield* parkedInBatch("clips")
          const generator = yield* VideoGenerator
          yield* generator.drain({ batch: "clips", lost: lostOnes })
          const now = yield* state
          assert.strictEqual(now._tag === "Completed" ? now.operation.id : now._tag, expected)
          assert.deepStrictEqual(looks, asked)
          assert.strictEqual(submits(ledger), 0)
        })
      ).pipe(Effect.provideService(Policy.Policy, Policy.make({ unknownSubmit })))
  )

  it.effect("W3 is adopted where its process died before the answer was written down, and sent once", () =>
    on([Effect.succeed(nothingYet), Effect.succeed(found("x"))], ({ ledger, looks }) =>
      Effect.gen(function* () {
        const { records, sent } = yield* sentRecord(id)
        yield* records.release(sent)
        const generator = yield* VideoGenerator
        const fiber = yield* Effect.fork(generator.resume(id))
        yield* TestClock.adjust("1 minute")
        assert.strictEqual((yield* Fiber.join(fiber)).state.operation.id, "operations/x")
        assert.deepStrictEqual(looks, [0, 2])
        assert.strictEqual(submits(ledger), 0)
      })
    )
  )

  it.effect("is not claimed by the next run of its batch where it is not found", () =>
    on([Effect.succeed(nothingYet)], ({ looks }) =>
      Effect.gen(function* () {
        yield* parkedInBatch("clips")
        const records = yield* GenerationStore
        const claim = yield* records.claim(id, "a person who decides")
        const generator = yield* VideoGenerator
        const { completed, failed } = yield* generator.drain({ batch: "clips" })
        assert.deepStrictEqual([completed, failed, looks], [0, 0, [0]])
        yield* records.release(claim)
      })
    )
  )

  it.effect("is asked for once by the next run of its batch where the provider does not answer", () =>
    on([Effect.fail(new Errors.ProviderUnavailable({ ...by, reason: "down" }))], ({ looks }) =>
      Effect.gen(function* () {
        yield* parkedInBatch("clips")
        const generator = yield* VideoGenerator
        yield* generator.drain({ batch: "clips" })
        assert.deepStrictEqual(looks, [0])
        assert.strictEqual((yield* state)._tag, "SubmitUnknown")
      })
    )
  )
})

/** A record that was sent once. */
const sentRecord = (name: string, batch?: string) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const now = yield* DateTime.now
    const queued = new Generation.Generation({
      id: Generation.GenerationId.make(name),
      request,
      provider: "scripted",
      model: "scripted-1",
      state: { _tag: "Queued", attempt: 0 },
      createdAt: now,
      updatedAt: now,
      ...(batch === undefined ? {} : { queue: { batch, priority: 0 } })
    })
    const intent = { _tag: "Submitting", attempt: 1, startedAt: now } as const
    const claim = yield* records.create(queued, "an earlier process")
    return { records, intent, sent: Option.getOrThrow(yield* records.intend(claim, intent, unlimited)) }
  })

/** A record with an operation, in nobody's hands. */
const rendering = (name: string, handle: Operation) =>
  Effect.gen(function* () {
    const { intent, records, sent } = yield* sentRecord(name)
    const accepted = { _tag: "Rendering", operation: handle, submittedAt: intent.startedAt } as const
    yield* records.release(yield* records.accept(sent, accepted, "sent"))
  })

/** A record that an earlier run of a batch parked. */
const parkedInBatch = (batch: string) =>
  Effect.gen(function* () {
    const { intent, records, sent } = yield* sentRecord(id, batch)
    const unknown = { ...intent, _tag: "SubmitUnknown", error: lost } as const
    yield* records.release(yield* records.transition(sent, unknown, "lost", {}))
  })
