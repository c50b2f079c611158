/**
 * Another model, where it is certain that the last one accepted nothing; and never where it is not.
 */
import { assert, describe, it } from "@effect/vitest"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { type Intent, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/TestClock"
import { api, id, type Ledger, request, router, type Script, succeeded } from "./scripted.ts"

const provider = "first"

const price = (perSecond: number) => ({
  asOf: "2026-01-01",
  rates: [{ perSecond: Money.dollars(perSecond) }] as const
})

const abilities: { readonly [name: string]: Partial<Capabilities> } = {
  first: { price: price(1) },
  second: { price: price(2), durations: { _tag: "OneOf", seconds: [4, 8] }, seed: false },
  third: { price: price(3) }
}

/** Three providers with a model each, what each was asked, and what was sent. */
const world = (scripts: { readonly [name: string]: Script } = {}) => {
  const sent: Array<Intent> = []
  const ledgers: { readonly [name: string]: Ledger } = { first: [], second: [], third: [] }
  const all = router(
    Object.entries(ledgers).map(([name, ledger]) =>
      api(
        {
          ...scripts[name],
          capabilities: {
            ...abilities[name],
            ...scripts[name]?.capabilities,
            provider: name,
            model: "m",
            aliases: []
          }
        },
        ledger
      )
    )
  )
  const live = Layer.succeed(VideoProvider, {
    ...all,
    submit: (intent) =>
      Effect.zipRight(
        Effect.sync(() => sent.push(intent)),
        all.submit(intent)
      )
  })
  return { live, sent, to: () => sent.map(({ provider }) => provider), ledgers }
}

const over = (provider: Layer.Layer<VideoProvider>, records: Layer.Layer<GenerationStore> = layerMemory) =>
  VideoGenerator.layer.pipe(Layer.provideMerge(Layer.mergeAll(provider, records, VideoStore.layerMemory)))

const wanted = (change: Partial<VideoRequest> = {}) =>
  new VideoRequest({ ...request, model: "first/m", duration: 4, ...change })

const fallback = ["second/m", "third/m"]

const record = Effect.flatMap(GenerationStore, (records) => records.get(id))
const causes = Effect.map(
  Effect.flatMap(GenerationStore, (records) => records.events(id)),
  (events) => events.map(({ cause, to }) => `${to}: ${cause}`)
)

const generate = (asked = wanted(), options: VideoGenerator.GenerateOptions = {}) =>
  Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
    generator.generate(asked, { id, fallback, ...options })
  )

/** The same, with as much time as it takes. */
const patiently = <A, E, R>(effect: Effect.Effect<A, E, R>) =>
  Effect.gen(function* () {
    const fiber = yield* Effect.fork(effect)
    for (let second = 0; second < 60; second++) yield* TestClock.adjust("1 second")
    return yield* Fiber.join(fiber)
  })

const refuses = (error: Errors.SubmitError): Script => ({ submit: [Effect.fail(error)] })

const wrongKey = new Errors.AuthenticationFailed({ provider, reason: "wrong" })
const usedUp = new Errors.QuotaExceeded({ provider, reason: "used up" })
const lost = new Errors.SubmitUnknown({ provider, reason: "reset" })

const leaving: ReadonlyArray<Errors.SubmitError> = [
  wrongKey,
  usedUp,
  new Errors.ProviderUnavailable({ provider, reason: "certificate", permanent: true }),
  new Errors.UnsupportedOption({ provider, model: "m", option: "x", value: "y", supported: [] })
]

const passing: ReadonlyArray<Errors.SubmitError> = [
  new Errors.RateLimited({ provider, retryAfter: Duration.zero }),
  new Errors.ProviderUnavailable({ provider, reason: "down" })
]

const unclear = new Errors.AuthenticationFailed({ provider, reason: "Forbidden", unclear: true })

const staying: ReadonlyArray<Errors.SubmitError> = [
  unclear,
  new Errors.ContentBlocked({ provider, reasons: ["no"] }),
  new Errors.InvalidRequest({ field: "prompt", value: "", reason: "no" }),
  lost
]

const nameOf = ({ _tag }: { readonly _tag: string }) => _tag

describe("after a submit that was certainly refused", () => {
  it.effect.each(leaving.map((error) => [nameOf(error), error] as const))(
    "%s: the next model, at once",
    ([, error]) => {
      const here = world({ first: refuses(error) })
      return Effect.gen(function* () {
        const made = yield* generate()
        assert.deepStrictEqual(here.to(), ["first", "second"])
        assert.deepStrictEqual([made.provider, made.model, made.estimate], ["second", "m", Money.dollars(8)])
        assert.strictEqual(made.request.model, "second/m")
        assert.strictEqual(made.cost?.amount, Money.dollars(8))
        assert.deepStrictEqual(
          made.tried?.map(({ error, model, provider }) => [provider, model, error._tag]),
          [["first", "m", error._tag]]
        )
        assert.deepStrictEqual(made.fallback, { models: ["third/m"], snap: false })
        assert.deepStrictEqual(Generation.asked(made), wanted())
        assert.deepStrictEqual(Generation.summary(made).tried, [{ model: "first/m", error: error.message }])
        assert.include(yield* causes, `Queued: ${error.message}; next: second/m`)
        assert.strictEqual(here.sent[1]?.request.model, "second/m")
        assert.strictEqual(here.sent[1]?.attempt, 2)
      }).pipe(Effect.provide(over(here.live)))
    }
  )

  it.effect.each(passing.map((error) => [nameOf(error), error] as const))(
    "%s: the next model after the last retry, and that one has its own",
    ([, error]) => {
      const here = world({
        first: refuses(error),
        second: { submit: [Effect.fail(error), Effect.fail(error)] }
      })
      return Effect.gen(function* () {
        const made = yield* patiently(generate())
        assert.deepStrictEqual(here.to(), [
          ...Array.from({ length: 4 }, () => "first"),
          ...Array.from({ length: 4 }, () => "second"),
          "third"
        ])
        assert.deepStrictEqual(
          made.tried?.map(({ provider }) => provider),
          ["first", "second"]
        )
        assert.isUndefined(made.fallback)
        assert.strictEqual(new Set(here.sent.map(({ attempt }) => attempt)).size, 9)
      }).pipe(Effect.provide(over(here.live)))
    }
  )

  it.effect.each(staying.map((error) => [nameOf(error), error] as const))("%s: never", ([, error]) => {
    const here = world({ first: refuses(error) })
    return Effect.gen(function* () {
      assert.strictEqual((yield* Effect.flip(generate()))._tag, error._tag)
      assert.deepStrictEqual(here.to(), ["first"])
      assert.isUndefined((yield* record).tried)
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect(
    "an unclear refusal leads to the next model where the caller allows that, and is on record",
    () => {
      const here = world({ first: refuses(unclear), second: refuses(unclear) })
      return Effect.gen(function* () {
        const made = yield* generate(wanted(), { fallbackUnclear: true })
        assert.deepStrictEqual(here.to(), ["first", "second", "third"])
        assert.deepStrictEqual(
          made.tried?.map(({ error }) => error.message),
          [unclear.message, unclear.message]
        )
        assert.include(
          unclear.message,
          "does not say whether the key or the content is the reason: Forbidden"
        )
      }).pipe(Effect.provide(over(here.live)))
    }
  )

  it.effect.each(
    staying.filter((error) => error !== unclear).map((error) => [nameOf(error), error] as const)
  )("%s: never, whatever the caller allows", ([, error]) => {
    const here = world({ first: refuses(error) })
    return Effect.gen(function* () {
      yield* Effect.flip(generate(wanted(), { fallbackUnclear: true }))
      assert.deepStrictEqual(here.to(), ["first"])
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("what was allowed is in the record, for whoever goes on with it", () => {
    const here = world()
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      const plan = (options: VideoGenerator.PlanOptions) => generator.plan(wanted(), { fallback, ...options })
      const models = ["second/m", "third/m"] as const
      assert.deepStrictEqual((yield* plan({ fallbackUnclear: true })).fallback, {
        models,
        snap: false,
        unclear: true
      })
      assert.deepStrictEqual((yield* plan({ fallbackUnclear: false })).fallback, { models, snap: false })
      const decoded = yield* Schema.decodeUnknown(Generation.Fallback)({ models, snap: true })
      assert.isUndefined(decoded.unclear)
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("what a refusal of blocked content cost is in the record", () => {
    const cost = Money.dollars(0.05)
    const here = world({ first: refuses(new Errors.ContentBlocked({ provider, reasons: ["no"], cost })) })
    return Effect.gen(function* () {
      yield* Effect.flip(generate())
      assert.deepStrictEqual((yield* record).cost, { amount: cost, source: "reported" })
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("what is sent again on request after a lost answer goes to no other model either", () => {
    const here = world({ first: { submit: [Effect.fail(lost), Effect.fail(wrongKey)] } })
    return Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      yield* Effect.flip(generate())
      yield* generator.resolve(id, { _tag: "Resubmit" })
      assert.strictEqual((yield* Effect.flip(generator.resume(id)))._tag, "AuthenticationFailed")
      assert.deepStrictEqual(here.to(), ["first", "first"])
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("where none is left, the error is the last one's, and the record knows them all", () => {
    const here = world({ first: refuses(wrongKey), third: refuses(usedUp) })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(generate(wanted({ seed: 7 })))
      assert.strictEqual(error._tag, "QuotaExceeded")
      assert.deepStrictEqual(here.to(), ["first", "third"])
      const { provider, state, tried = [] } = yield* record
      assert.deepStrictEqual([provider, state._tag], ["third", "Failed"])
      assert.deepStrictEqual(
        tried.map(({ error, provider }) => [provider, error._tag]),
        [
          ["first", "AuthenticationFailed"],
          ["second", "UnsupportedOption"]
        ]
      )
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("the one that goes on is asked as rarely as it wants to be", () => {
    const here = world({
      first: refuses(wrongKey),
      second: {
        capabilities: { minimumPollInterval: 30 },
        poll: [Effect.succeed({ _tag: "Pending" }), Effect.succeed(succeeded)]
      }
    })
    const looks = () => here.ledgers["second"]?.filter((asked) => asked === "poll").length
    return Effect.gen(function* () {
      const fiber = yield* Effect.fork(generate())
      yield* TestClock.adjust("29 seconds")
      assert.strictEqual(looks(), 1)
      yield* TestClock.adjust("1 seconds")
      assert.strictEqual((yield* Fiber.join(fiber)).provider, "second")
    }).pipe(Effect.provide(over(here.live)))
  })
})

describe("the models of a request", () => {
  it.effect("that cannot make it are passed over before anything is sent, and noted", () => {
    const here = world()
    return Effect.gen(function* () {
      const made = yield* generate(wanted({ model: "second/m", duration: 5 }), { fallback: ["first/m"] })
      assert.deepStrictEqual(here.to(), ["first"])
      assert.deepInclude(made.tried?.[0]?.error, { _tag: "UnsupportedOption", option: "duration" })
      assert.isUndefined(made.fallback)
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("are each given what is near to what was asked, and not to what the one before was given", () => {
    const here = world({ first: refuses(wrongKey), second: refuses(usedUp) })
    return Effect.gen(function* () {
      const asked = wanted({ duration: 6, resolution: "4K" })
      const made = yield* generate(asked, { snap: true })
      assert.deepStrictEqual(
        here.sent.map(({ request: { duration, resolution } }) => [duration, resolution]),
        [
          [6, "720p"],
          [8, "720p"],
          [6, "720p"]
        ]
      )
      assert.deepStrictEqual(made.warnings, [
        "third/m does not support resolution 4K: 720p was taken instead"
      ])
      assert.deepStrictEqual(Generation.asked(made), asked)
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("have to be known, all of them, before anything is stored", () => {
    const here = world()
    return Effect.gen(function* () {
      const error = yield* Effect.flip(generate(wanted(), { fallback: ["secnd/m"] }))
      assert.deepInclude(error, { _tag: "UnsupportedOption", option: "model", value: "secnd/m" })
      assert.isEmpty(yield* Effect.flatMap(GenerationStore, ({ list }) => list({})))
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect("where none can, the refusal is the first one's", () => {
    const here = world()
    return Effect.gen(function* () {
      const image = { _tag: "Url", url: "https://images.example/1.png" } as const
      const error = yield* Effect.flip(generate(wanted({ startImage: image })))
      assert.deepInclude(error, { provider: "first", option: "start image" })
      assert.isEmpty(here.sent)
    }).pipe(Effect.provide(over(here.live)))
  })

  it.effect(
    "make one job under one key, whichever of them did it; the fingerprint is of the one that did",
    () => {
      const here = world({ first: refuses(wrongKey) })
      return Effect.gen(function* () {
        const key = Generation.JobKey.make("scene 1")
        const asked = wanted({ seed: 3 })
        const made = yield* generate(asked, { key, fallback: ["third/m"] })
        const again = yield* generate(asked, { key, fallback: ["third/m"], id: undefined })
        assert.strictEqual(again.id, made.id)
        assert.lengthOf(here.sent, 2)
        const generator = yield* VideoGenerator.VideoGenerator
        assert.isTrue(Option.isNone(yield* generator.rendered(asked)))
        assert.isTrue(Option.isSome(yield* generator.rendered(wanted({ seed: 3, model: "third/m" }))))
      }).pipe(Effect.provide(over(here.live)))
    }
  )
})

describe("a crash", () => {
  /** A process that dies at the move to another model: right before it is written, or right after. */
  const dyingAt = (when: "before" | "after", store: GenerationStore["Type"]): GenerationStore["Type"] => ({
    ...store,
    transition: (claim, state, cause, amendment) => {
      if (amendment?.provider === undefined) return store.transition(claim, state, cause, amendment)
      const written = when === "after" ? store.transition(claim, state, cause, amendment) : Effect.void
      return Effect.zipRight(written, Effect.dieMessage("killed"))
    }
  })

  const killed = (when: "before" | "after") =>
    Effect.gen(function* () {
      const here = world({ first: refuses(wrongKey) })
      const store = yield* GenerationStore
      const dying = over(here.live, Layer.succeed(GenerationStore, dyingAt(when, store)))
      yield* Effect.exit(Effect.provide(generate(), dying))
      assert.deepStrictEqual(here.to(), ["first"])
      const before = yield* record
      const next = over(here.live, Layer.succeed(GenerationStore, store))
      const exit = yield* Effect.flatMap(VideoGenerator.VideoGenerator, (generator) =>
        Effect.either(generator.resume(id))
      ).pipe(Effect.provide(next))
      return { before, exit, sent: here.to() }
    }).pipe(Effect.provide(layerMemory))

  it.effect("right after the move: whoever goes on sends it to the new model alone", () =>
    Effect.gen(function* () {
      const { before, exit, sent } = yield* killed("after")
      assert.deepStrictEqual([before.state._tag, before.provider], ["Queued", "second"])
      assert.strictEqual(exit._tag, "Right")
      assert.deepStrictEqual(sent, ["first", "second"])
    })
  )

  it.effect("right before it: nobody knows what the answer was, so nothing is sent to anybody", () =>
    Effect.gen(function* () {
      const { before, exit, sent } = yield* killed("before")
      assert.deepStrictEqual([before.state._tag, before.provider], ["Submitting", "first"])
      assert.strictEqual(exit._tag === "Left" && exit.left._tag, "SubmitUnknown")
      assert.deepStrictEqual(sent, ["first"])
    })
  )
})

describe("the queue", () => {
  const drained = (here: ReturnType<typeof world>, models: ReadonlyArray<string>) =>
    Effect.gen(function* () {
      const generator = yield* VideoGenerator.VideoGenerator
      const queue = { batch: "a", priority: 0 }
      const options = { queue, fallback: models }
      const plans = yield* Effect.all([generator.plan(wanted(), options), generator.plan(wanted(), options)])
      yield* generator.enqueue(plans)
      return yield* patiently(generator.drain({ concurrency: 1 }))
    }).pipe(Effect.provide(over(here.live)))

  it.effect("is not stopped by one provider's key while there is another model", () => {
    const here = world({ first: refuses(wrongKey) })
    return Effect.gen(function* () {
      const { completed, halted } = yield* drained(here, ["third/m"])
      assert.deepStrictEqual([completed, Option.isNone(halted)], [2, true])
      assert.deepStrictEqual(here.to(), ["first", "third", "first", "third"])
    })
  })

  it.effect("is stopped by the last one's", () => {
    const here = world({ first: refuses(wrongKey), third: refuses(usedUp) })
    return Effect.gen(function* () {
      const { completed, halted } = yield* drained(here, ["third/m"])
      assert.strictEqual(completed, 0)
      assert.strictEqual(Option.getOrThrow(halted)._tag, "QuotaExceeded")
      assert.deepStrictEqual(here.to(), ["first", "third"])
    })
  })
})
