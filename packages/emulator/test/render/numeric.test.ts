import { assert, describe, it } from "@effect/vitest"
import { asin, atan2, cos, exp, pow, sin } from "../../src/render/numeric.ts"

const steps = (from: number, to: number) =>
  Array.from({ length: 200 }, (_, i) => from + ((to - from) * i) / 199)

describe("numeric", () => {
  it("is close to the functions of the engine", () => {
    for (const x of steps(-50, 50)) {
      assert.closeTo(sin(x), Math.sin(x), 1e-6)
      assert.closeTo(cos(x), Math.cos(x), 1e-6)
    }
    for (const x of steps(-20, 20)) assert.closeTo(exp(x) / Math.exp(x), 1, 1e-6)
    for (const x of steps(0.001, 9)) assert.closeTo(pow(x, 1.7) / x ** 1.7, 1, 1e-5)
    for (const x of steps(-1, 1)) assert.closeTo(asin(x), Math.asin(x), 1e-4)
    for (const x of steps(-3, 3))
      for (const y of [-2, -0.1, 0.3, 4]) assert.closeTo(atan2(y, x), Math.atan2(y, x), 1e-4)
  })
})
