import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { drawable, strokesOf } from "../../src/render/picture/font.ts"
import { Frame } from "../../src/render/picture/frame.ts"
import { breakLines, letter, print } from "../../src/render/picture/lettering.ts"

describe("lettering", () => {
  it("drops accents and boxes what the font lacks", () => {
    assert.strictEqual(
      drawable("Caf\u00e9 \u201cM\u00fcnchen\u201d \u2014 stra\u00dfe"),
      'CAFE "MUNCHEN" - STRASSE'
    )
    assert.strictEqual(drawable("\u4e00\u4e8c\u4e09 cat \ud83d\udc08"), "\u25a1 CAT \u25a1")
    assert.isNotEmpty(strokesOf("\u25a1"))
  })

  it("breaks into no more lines than asked", () => {
    assert.deepStrictEqual(breakLines("one two", 20, 2), ["ONE TWO"])
    const lines = breakLines("a very long sentence that goes on and on and never seems to end at all", 20, 2)
    assert.strictEqual(lines.length, 2)
    assert.isTrue(lines[1]?.endsWith("..."))
  })

  it("prints any text anywhere without leaving the frame", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.string({ unit: "binary", maxLength: 60 }),
        FastCheck.integer({ min: -80, max: 80 }),
        FastCheck.integer({ min: -80, max: 80 }),
        (text, x, y) => {
          const lines = breakLines(text, 12, 2)
          assert.isAtMost(lines.length, 2)
          for (const line of lines) assert.isAtMost(line.length, 18)
          if (lines.length > 0) print(new Frame(64, 36), letter(lines, 6), x, y, 0.9)
        }
      ),
      { numRuns: 50 }
    )
  })
})
