/**
 * Another model's turn, as the person at the terminal sees it.
 */

import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { assert, describe, it } from "@effect/vitest"
import { AuthenticationFailed, QuotaExceeded } from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Flags, generate } from "../src/actions/generate.ts"
import { show } from "../src/actions/show.ts"
import * as Configuration from "../src/Configuration.ts"
import { describe as outcomeOf } from "../src/Outcome.ts"
import { request, world } from "./support/scriptedWorld.ts"

const none = Option.none()
const wrongKey = new AuthenticationFailed({ provider: "first", reason: "wrong" })
const usedUp = new QuotaExceeded({ provider: "second", reason: "used up" })

const price = (perSecond: number) => ({
  asOf: "2026-08-01",
  rates: [{ perSecond: Money.dollars(perSecond) }] as const
})

const scripts = [
  { provider: "first", model: "a", capabilities: { price: price(0.1) }, submit: [Effect.fail(wrongKey)] },
  { provider: "second", model: "b", capabilities: { price: price(0.4), ignored: ["seed"] as const } },
  { provider: "third", model: "c", submit: [Effect.fail(usedUp)] }
]

const flags: Flags = {
  prompt: Option.some("A boat"),
  promptFile: none,
  noInput: false,
  request: { ...request, model: Option.some("first/a"), fallback: ["second/b"] },
  output: none,
  detach: false,
  fresh: false,
  key: none,
  maxCost: none,
  askAbove: none,
  yes: false,
  json: false,
  quiet: false
}

describe("mutoscope generate --fallback", () => {
  it.effect("says who made it, who did not and why, and what the other one ignores", () => {
    const { data, live, notes } = world(scripts)
    return Effect.gen(function* () {
      yield* generate({ ...flags, request: { ...flags.request, seed: Option.some(7) } })
      const said = notes.filter((note) => !/^ *\d+ %/.test(note))
      assert.deepStrictEqual(said.slice(0, 2), [
        "Tried before: first/a: first refused the credentials: wrong",
        "Warning: second/b ignores the seed (7)"
      ])
      assert.match(said[2] ?? "", /about \$2\.00 {2}\(second\/b, /)
      data.length = 0
      yield* show({ reference: "last", json: false })
      const shown = data.join("\n")
      assert.include(shown, "tried      first/a: first refused the credentials: wrong")
      assert.include(shown, "model      second/b")
      assert.match(shown, /Queued +first refused the credentials: wrong; next: second\/b/)
    }).pipe(Effect.provide(live))
  })

  it.effect("holds a default against no model, and what was asked for against each", () => {
    const narrow = {
      provider: "narrow",
      model: "d",
      capabilities: { resolutions: ["480p"], durations: { _tag: "OneOf", seconds: [4, 8] } }
    } as const
    const { live, notes } = world([...scripts, narrow])
    return Effect.gen(function* () {
      const request = { ...flags.request, fallback: ["narrow/d"] }
      yield* generate({ ...flags, request })
      assert.match(notes.at(-1) ?? "", /Done.*: 4 s, 480p, 16:9.*\(narrow\/d/)
      assert.isUndefined(notes.find((note) => note.includes("Warning")))
      const asked = { ...request, resolution: Option.some("720p") }
      const error = yield* Effect.flip(generate({ ...flags, request: asked }))
      assert.strictEqual(outcomeOf(error).message, wrongKey.message)
    }).pipe(Effect.provide(live))
  })

  it.effect("tells programs the same", () => {
    const { data, live } = world(scripts)
    return Effect.gen(function* () {
      yield* generate({ ...flags, json: true })
      const result = JSON.parse(data.at(-1) ?? "")
      assert.deepInclude(result, { event: "result", provider: "second", cost: 2_000_000 })
      assert.deepStrictEqual(result.tried, [{ model: "first/a", error: wrongKey.message }])
    }).pipe(Effect.provide(live))
  })

  it.effect("where none takes it, the last one's refusal is the error, and the others are named", () => {
    const { live } = world(scripts, { fallback: ["third/c"] })
    return Effect.gen(function* () {
      const request = { ...flags.request, fallback: [] }
      const { code, hints, message } = outcomeOf(yield* Effect.flip(generate({ ...flags, request })))
      assert.deepStrictEqual([code, message], [4, usedUp.message])
      assert.strictEqual(hints[0], "Tried before: first/a: first refused the credentials: wrong")
    }).pipe(Effect.provide(live))
  })

  it.effect("asks about the dearest of them before anything is sent", () => {
    const { ledgers, live } = world(scripts, { askAbove: Money.dollars(1) })
    return Effect.gen(function* () {
      const error = yield* Effect.flip(generate(flags))
      assert.match(error.message, /^second\/b would charge \$2\.00/)
      assert.isEmpty(ledgers.flat())
    }).pipe(Effect.provide(live))
  })
})

describe("mutoscope generate --fallback, after a 403 without a reason", () => {
  const unclear = new AuthenticationFailed({ provider: "first", reason: "Forbidden", unclear: true })
  const refusing = [
    { provider: "first", model: "a", submit: [Effect.fail(unclear)] },
    { provider: "second", model: "b" }
  ]

  it.effect("shows the prompt to no other model, and says how to allow it", () => {
    const { ledgers, live } = world(refusing)
    return Effect.gen(function* () {
      const { code, hints, message } = outcomeOf(yield* Effect.flip(generate(flags)))
      assert.deepStrictEqual([code, message], [3, unclear.message])
      assert.include(hints[0], "not sent to second/b")
      assert.include(hints[0], "--fallback-unclear")
      assert.isEmpty(ledgers[1])
    }).pipe(Effect.provide(live))
  })

  it.effect.each([
    ["the flag", { ...flags, request: { ...flags.request, fallbackUnclear: true } }, {}],
    ["the setting", flags, { fallbackUnclear: true }]
  ] as const)("goes to the next model where %s allows it", ([, allowing, settings]) => {
    const { ledgers, live } = world(refusing, settings)
    return Effect.gen(function* () {
      yield* generate(allowing)
      assert.include(ledgers[1] ?? [], "submit")
    }).pipe(Effect.provide(live))
  })
})

describe("the setting", () => {
  it.effect("of unclear refusals is a flag in a file and a word in the environment", () =>
    Effect.gen(function* () {
      const settled = yield* Configuration.Configuration
      assert.strictEqual(settled.settings.fallbackUnclear, true)
    }).pipe(
      Effect.provide(Layer.provide(Configuration.layer, Layer.merge(NodeFileSystem.layer, NodePath.layer))),
      Effect.withConfigProvider(ConfigProvider.fromMap(new Map([["MUTOSCOPE_FALLBACK_UNCLEAR", "true"]])))
    )
  )

  it.effect("is a list in a file, and has commas in the environment", () =>
    Effect.gen(function* () {
      const settled = yield* Configuration.Configuration
      assert.deepStrictEqual(settled.settings.fallback, ["first/a", "second/b"])
    }).pipe(
      Effect.provide(Layer.provide(Configuration.layer, Layer.merge(NodeFileSystem.layer, NodePath.layer))),
      Effect.withConfigProvider(
        ConfigProvider.fromMap(new Map([["MUTOSCOPE_FALLBACK", "first/a, second/b"]]))
      )
    )
  )
})
