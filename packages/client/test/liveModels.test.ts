/**
 * What a provider says of its models now, before anything is decided on what this version knows of them.
 */
import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import { ProviderUnavailable } from "@mutoscope/core/GenerationError"
import * as GenerationStore from "@mutoscope/core/GenerationStore"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as ConfigError from "effect/ConfigError"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as TestClock from "effect/TestClock"
import * as Adapter from "../src/Adapter.ts"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as LiveModels from "../src/internal/liveModels.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Providers from "../src/Providers.ts"
import * as Veo from "../src/Veo.ts"
import { canary, request } from "./fixtures.ts"
import { json, type Scripted, serve } from "./scripted.ts"

const listed = (id: string, seconds: number, price: string) => ({
  id,
  name: id,
  supported_resolutions: ["720p"],
  supported_aspect_ratios: ["16:9"],
  supported_durations: [seconds],
  supported_frame_images: null,
  generate_audio: true,
  seed: true,
  upscale_factor: null,
  pricing_skus: { duration_seconds: price }
})

/** It contradicts the table on what Veo 3.1 can do and costs, and has a model that the table has not. */
const list = json(200, { data: [listed("google/veo-3.1", 7, "9"), listed("acme/new", 5, "0.1")] })

const registry = ({ base }: Scripted) => ({
  veo: {
    models: Veo.models({ _tag: "Vertex", provider: "veo" }),
    asks: false,
    layer: Layer.fail(ConfigError.Unsupported([], "it is not built"))
  },
  openrouter: Adapter.entryOf(
    OpenRouter.api("openrouter", { apiKey: Redacted.make(canary), baseUrl: `${base}/api/v1` })
  )
})

/** A generator over both, whose server answers so. */
const over = <A, E>(
  answer: Uint8Array,
  use: (
    generator: VideoGenerator.VideoGenerator["Type"],
    server: Scripted
  ) => Effect.Effect<A, E, VideoProvider>
) =>
  Effect.gen(function* () {
    const server = yield* serve((_, socket) => socket.write(answer))
    const layer = VideoGenerator.layer.pipe(
      Layer.provideMerge(Layer.provide(Providers.layer(registry(server)), HttpTransport.layer)),
      Layer.provide(Layer.merge(GenerationStore.layerMemory, VideoStore.layerMemory))
    )
    return yield* Effect.provide(
      Effect.flatMap(VideoGenerator.VideoGenerator, (generator) => use(generator, server)),
      layer
    )
  })

const seven = request({ model: "openrouter/veo-3.1", duration: 7 })

describe("a plan", () => {
  it.scopedLive("is made of what the provider's list says, not of the table", () =>
    over(list, (generator) =>
      Effect.gen(function* () {
        const plan = yield* generator.plan(seven)
        assert.strictEqual(plan.estimate, 63_000_000)
        assert.isUndefined(plan.warnings)
        const refused = yield* Effect.flip(generator.plan(request({ ...seven, duration: 8 })))
        assert.deepInclude(refused, { option: "duration", nearest: "7 s" })
        const snapped = yield* generator.plan(request({ ...seven, duration: 8 }), { snap: true })
        assert.strictEqual(snapped.request.duration, 7)
        assert.strictEqual(snapped.estimate, 63_000_000)
      })
    )
  )

  it.scopedLive("may be for a model that is in the list alone, by its bare name as well", () =>
    over(list, (generator, server) =>
      Effect.gen(function* () {
        for (const model of ["acme/new", "openrouter/acme/new", "new"])
          assert.strictEqual((yield* generator.plan(request({ model, duration: 5 }))).model, "acme/new")
        const models = (yield* VideoProvider).models.map(({ model }) => model)
        assert.include(models, "acme/new")
        assert.include(models, "veo-3.1-generate-001")
        assert.strictEqual(server.requests.length, 1)
      })
    )
  )

  it.scopedLive("asks nobody whom its models do not concern, nor does a list take a name from another", () =>
    over(list, (generator, server) =>
      Effect.gen(function* () {
        assert.strictEqual((yield* generator.plan(request({ model: "veo-3.1" }))).provider, "veo")
        assert.strictEqual(server.requests.length, 0)
        yield* generator.plan(request({ model: "veo-3.1" }), { fallback: ["acme/new"] })
        assert.strictEqual(server.requests.length, 1)
        assert.strictEqual((yield* generator.plan(request({ model: "veo-3.1" }))).provider, "veo")
      })
    )
  )

  it.scopedLive("is made of the table where the list cannot be had, and says so", () =>
    over(json(503, { error: { message: "later" } }), (generator, server) =>
      Effect.gen(function* () {
        const plan = yield* generator.plan(request({ ...seven, duration: 8 }))
        assert.strictEqual(plan.estimate, 3_200_000)
        const [warning, ...others] = plan.warnings ?? []
        assert.match(warning ?? "", /^What openrouter has and charges now could not be asked \(.*later.*\)/)
        assert.isEmpty(others)
        const unknown = yield* Effect.flip(generator.plan(request({ model: "acme/new" })))
        assert.match(
          unknown.message,
          /^acme\/new cannot be used: nobody is known to have it; What openrouter/
        )
        assert.strictEqual(server.requests.length, 1)
      })
    )
  )
})

describe("what is heard of models", () => {
  const api = OpenRouter.api("openrouter", { apiKey: Redacted.make(canary) })
  const unavailable = new ProviderUnavailable({ provider: "openrouter", reason: "later" })

  it.effect("is waited for a few seconds, all together, and not again within a minute", () =>
    Effect.gen(function* () {
      let asked = 0
      const live = yield* LiveModels.make(api, () =>
        Effect.zipRight(
          Effect.sync(() => asked++),
          Effect.never
        )
      )
      const both = yield* Effect.fork(Effect.all([live.refresh(), live.refresh()], { concurrency: 2 }))
      yield* TestClock.adjust("3 seconds")
      const [[error], others] = yield* Fiber.join(both)
      assert.include(error?.message, "it did not answer within 3 seconds")
      assert.strictEqual(others[0], error)
      assert.strictEqual((yield* live.refresh())[0], error)
      assert.strictEqual(asked, 1)
      yield* TestClock.adjust("1 minute")
      const again = yield* Effect.fork(live.refresh())
      yield* TestClock.adjust("3 seconds")
      yield* Fiber.join(again)
      assert.strictEqual(asked, 2)
    })
  )

  it.effect("is believed for an hour, and no longer", () =>
    Effect.gen(function* () {
      let asked = 0
      const live = yield* LiveModels.make(
        {
          ...api,
          catalogue: {
            _tag: "List",
            question: { model: "", method: "GET", path: "/" },
            read: () => Option.some([])
          }
        },
        () =>
          Effect.suspend(() =>
            asked++ === 0
              ? Effect.succeed({
                  _tag: "Answered" as const,
                  provider: "",
                  model: "",
                  secrets: [],
                  status: 200,
                  headers: Headers.empty,
                  body: "",
                  now: 0
                })
              : Effect.fail(unavailable)
          )
      )
      assert.isEmpty(yield* live.refresh())
      yield* TestClock.adjust("59 minutes")
      assert.isEmpty(yield* live.refresh())
      yield* TestClock.adjust("1 minute")
      assert.deepStrictEqual(yield* live.refresh(), [unavailable])
    })
  )

  it.effect("is left by who is interrupted to the next", () =>
    Effect.gen(function* () {
      const gate = yield* Deferred.make<never, ProviderUnavailable>()
      const live = yield* LiveModels.make(api, () => Deferred.await(gate))
      const first = yield* Effect.fork(live.refresh())
      yield* Effect.yieldNow()
      yield* Fiber.interrupt(first)
      yield* Deferred.fail(gate, unavailable)
      assert.deepStrictEqual(yield* live.refresh(), [unavailable])
    })
  )
})
