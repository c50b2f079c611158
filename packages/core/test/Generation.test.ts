import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import * as Errors from "@mutoscope/core/GenerationError"
import * as Progress from "@mutoscope/core/Progress"
import * as Arbitrary from "effect/Arbitrary"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"

const states = Arbitrary.make(Generation.GenerationState)
const time = DateTime.unsafeMake(0)

describe("the state machine", () => {
  it.effect("takes every legal step and refuses every other", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(Arbitrary.make(Generation.Generation), states, async (generation, state) => {
          const legal = Generation.transitions[generation.state._tag].includes(state._tag)
          const exit = await Effect.runPromiseExit(Generation.advance(generation, state, time))
          assert.strictEqual(Exit.isSuccess(exit), legal)
        }),
        { numRuns: 1000 }
      )
    )
  )

  it("nothing follows a video or a cancel, and every other state can be left", () => {
    for (const [tag, next] of Object.entries(Generation.transitions)) {
      assert.strictEqual(next.length === 0, ["Completed", "Cancelled"].includes(tag), tag)
    }
  })

  it("a failed record is never queued or sent again", () => {
    assert.deepStrictEqual(Generation.transitions.Failed, ["Rendering", "Downloading", "Failed"])
  })

  it("I10 every record survives JSON", () => {
    const json = Schema.parseJson(Generation.Generation)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Generation.Generation), (generation) => {
        const text = Schema.encodeSync(json)(generation)
        assert.strictEqual(Schema.encodeSync(json)(Schema.decodeSync(json)(text)), text)
      }),
      { numRuns: 200 }
    )
  })

  it.effect("ids are 16 characters and do not repeat", () =>
    Effect.gen(function* () {
      const ids = yield* Effect.all(Array.from({ length: 1000 }, () => Generation.makeId))
      assert.strictEqual(new Set(ids).size, 1000)
      assert.isTrue(ids.every((id) => /^[0-9a-hjkmnp-tv-z]{16}$/.test(id)))
    })
  )
})

describe("errors", () => {
  it("each survives JSON with its tag, its fields and its message", () => {
    const json = Schema.parseJson(Errors.GenerationError)
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Errors.GenerationError), (error) => {
        const revived = Schema.decodeSync(json)(Schema.encodeSync(json)(error))
        assert.strictEqual(revived._tag, error._tag)
        assert.strictEqual(revived.message, error.message)
      }),
      { numRuns: 500 }
    )
  })

  it("each has one of the four types", () => {
    const provider = "p"
    assert.strictEqual(Errors.errorType(new Errors.QuotaExceeded({ provider, reason: "" })), "quota_exceeded")
    assert.strictEqual(Errors.errorType(new Errors.EmptyResult({ provider })), "generation_failed")
    assert.strictEqual(Errors.errorType(new Errors.SubmitUnknown({ provider, reason: "" })), "unknown")
    FastCheck.assert(
      FastCheck.property(Arbitrary.make(Errors.GenerationError), (error) =>
        Schema.is(Errors.ErrorType)(Errors.errorType(error))
      )
    )
  })
})

describe("progress", () => {
  it("estimates stay between 20 and 80 and never go back", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.double({ min: 0, max: 1e9, noNaN: true }),
        FastCheck.double({ min: 0, max: 1e9, noNaN: true }),
        FastCheck.integer({ min: 2, max: 60 }),
        (a, b, duration) => {
          const [sooner, later] = [Math.min(a, b), Math.max(a, b)]
          const percent = Progress.estimated(sooner, duration).percent
          assert.isAtLeast(percent, 20)
          assert.isAtLeast(Progress.estimated(later, duration).percent, percent)
          assert.isBelow(Progress.estimated(later, duration).percent, 80)
        }
      )
    )
  })

  it("the provider's figure fills 20 to 80, the download 90 to 99", () => {
    assert.deepStrictEqual(
      [-5, 0, 50, 100, 200].map((n) => Progress.reported(n).percent),
      [20, 20, 50, 80, 80]
    )
    assert.deepStrictEqual(
      [0, 50, 100].map((n) => Progress.downloading(n, 100).percent),
      [90, 94, 99]
    )
    assert.strictEqual(Progress.downloading(50, undefined).percent, 90)
  })
})
