import { assert, describe, it } from "@effect/vitest"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Config from "effect/Config"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as Providers from "../src/Providers.ts"
import * as Veo from "../src/Veo.ts"
import { fromTheStart, intent, operation } from "./fixtures.ts"

const models = (provider: string): ReadonlyArray<Capabilities> => Veo.models({ _tag: "Vertex", provider })

/** A provider that says its name, and counts how often it was built. */
const named = (provider: string) => {
  const built = { times: 0 }
  const layer = Layer.effect(
    VideoProvider,
    Effect.sync(() => {
      built.times++
      return VideoProvider.of({
        submit: () => Effect.succeed({ provider, id: "1", model: "m" }),
        poll: () => Effect.succeed({ _tag: "Running" }),
        cancel: () => Effect.succeed("NotSupported"),
        reconcile: () => Effect.succeed({ _tag: "NotSupported" }),
        download: () =>
          Effect.succeed({
            offset: 0,
            totalBytes: Option.none(),
            announcedHash: Option.none(),
            validator: Option.none(),
            bytes: Stream.empty
          }),
        capabilities: () => Option.none(),
        models: []
      })
    })
  )
  return { built, entry: { models: models(provider), layer } }
}

describe("Providers", () => {
  it.effect("routes by name, and builds each provider once and not before it is needed", () =>
    Effect.gen(function* () {
      const [a, b] = [named("a"), named("b")]
      const router = yield* Providers.make({ a: a.entry, b: b.entry })
      assert.deepStrictEqual([a.built.times, b.built.times], [0, 0])
      const accepted = yield* Effect.all(
        [1, 2, 3].map(() => router.submit({ ...intent(), provider: "b" })),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(
        accepted.map(({ provider }) => provider),
        ["b", "b", "b"]
      )
      yield* router.poll({ ...operation, provider: "b" })
      assert.deepStrictEqual([a.built.times, b.built.times], [0, 1])
    }).pipe(Effect.scoped)
  )

  it.effect("knows all models without building anything", () =>
    Effect.gen(function* () {
      const [a, b] = [named("a"), named("b")]
      const router = yield* Providers.make({ a: a.entry, b: b.entry })
      const provider = (model: string) => Option.map(router.capabilities(model), ({ provider }) => provider)
      assert.deepStrictEqual(provider("veo-3.1"), Option.some("a"))
      assert.deepStrictEqual(provider("b/veo-3.1"), Option.some("b"))
      assert.deepStrictEqual(provider("veo-3.1-generate-001"), Option.some("a"))
      assert.deepStrictEqual(provider("c/veo-3.1"), Option.none())
      assert.strictEqual(router.models.length, a.entry.models.length + b.entry.models.length)
      assert.strictEqual(a.built.times + b.built.times, 0)
    }).pipe(Effect.scoped)
  )

  it.effect("a missing key hurts its own provider only, and is asked for again", () =>
    Effect.gen(function* () {
      const environment = new Map<string, string>()
      const keyed = Layer.unwrapEffect(
        Effect.suspend(() =>
          Effect.as(
            Effect.withConfigProvider(Config.string("A_KEY"), ConfigProvider.fromMap(environment)),
            named("a").entry.layer
          )
        )
      )
      const router = yield* Providers.make({ a: { models: models("a"), layer: keyed }, b: named("b").entry })
      const error = yield* Effect.flip(router.poll({ ...operation, provider: "a" }))
      assert.strictEqual(error._tag, "AuthenticationFailed")
      assert.include(error.message, "A_KEY")
      assert.strictEqual((yield* router.poll({ ...operation, provider: "b" }))._tag, "Running")
      environment.set("A_KEY", "k")
      assert.strictEqual((yield* router.poll({ ...operation, provider: "a" }))._tag, "Running")
    }).pipe(Effect.scoped)
  )

  it.effect("an operation of a provider that is not there is refused", () =>
    Effect.gen(function* () {
      const router = yield* Providers.make({ b: named("b").entry })
      for (const provider of ["gone", "constructor"]) {
        const download = router.download(
          { ...operation, provider },
          { _tag: "Inline", index: 0 },
          fromTheStart
        )
        assert.strictEqual((yield* Effect.flip(Effect.scoped(download)))._tag, "AuthenticationFailed")
      }
    }).pipe(Effect.scoped)
  )

  it.effect("says why a model cannot be used: its provider is not set up well, or it is gone", () =>
    Effect.gen(function* () {
      const standIn = {
        ...named("emulator").entry,
        models: Veo.models({ _tag: "ApiKey", provider: "emulator" })
      }
      const router = yield* Providers.make({
        fal: { models: [], fault: "priority cannot be used", layer: Layer.fail("not built") },
        emulator: { ...standIn, standsIn: true }
      })
      const why = (model: string) =>
        Option.getOrUndefined(Option.map(router.refusal?.(model) ?? Option.none(), ({ message }) => message))
      assert.strictEqual(
        why("fal/veo-3.1"),
        "fal/veo-3.1 cannot be used: fal is not set up well: priority cannot be used"
      )
      assert.strictEqual(why("sora-2"), "openai/sora-2 was retired on 2026-09-24")
      assert.include(why("veo-3.1-generate-preview"), "was retired on 2026-10-22")
      assert.isUndefined(why("emulator/veo-3.1-generate-preview"))
      assert.isUndefined(why("veo-3.1"))
      assert.isUndefined(why("nobody/knows"))
      const proxy = yield* Providers.make({ emulator: standIn })
      assert.deepStrictEqual(proxy.refusal?.("veo-3.1-generate-preview"), Option.none())
    }).pipe(Effect.scoped)
  )

  it.effect("takes a Veo from the configuration", () =>
    Effect.gen(function* () {
      const router = yield* VideoProvider
      const error = yield* Effect.flip(router.submit(intent()))
      assert.strictEqual(error._tag, "AuthenticationFailed")
      assert.include(error.message, "GOOGLE_CLOUD_PROJECT")
    }).pipe(
      Effect.provide(
        Providers.layer({ veo: { models: Veo.models({ _tag: "Vertex" }), layer: Veo.layerConfig() } }).pipe(
          Layer.provide(HttpTransport.layer)
        )
      ),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map()))
    )
  )
})
