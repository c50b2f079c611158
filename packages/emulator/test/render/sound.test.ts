import { assert, describe, it } from "@effect/vitest"
import { BLOCK, SAMPLE_RATE, soundBlocks } from "../../src/render/media/sound.ts"
import { makePlan } from "../../src/render/plan.ts"

describe("soundBlocks", () => {
  it.each(["waves on the ocean", "a thunderstorm in the city", "birds in a forest", "deep space"])(
    "is heard, does not clip and fades at both ends: %s",
    (prompt) => {
      let samples = 0
      let loudest = 0
      let last = 1
      for (const [left, right] of soundBlocks(makePlan({ prompt, seed: 3 }), 2.05)) {
        assert.isAtMost(left.length, BLOCK)
        if (samples === 0) assert.strictEqual(left[0], 0)
        for (const value of [...left, ...right]) loudest = Math.max(loudest, Math.abs(value))
        samples += left.length
        last = Math.abs(left[left.length - 1] ?? 1)
      }
      assert.strictEqual(samples, Math.round(2.05 * SAMPLE_RATE))
      assert.isAbove(loudest, 0.02)
      assert.isBelow(loudest, 0.9)
      assert.isBelow(last, 0.001)
    }
  )
})
