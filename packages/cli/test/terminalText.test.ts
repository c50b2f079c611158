/**
 * What comes from outside cannot steer a terminal: control sequences are written out, whichever way they are spelled.
 */
import { assert, describe, it } from "@effect/vitest"
import headless from "@xterm/headless"
import * as FastCheck from "effect/FastCheck"
import { table } from "../src/table.ts"
import { inOneLine, makeStyles, safe } from "../src/terminalText.ts"
import { oneLine } from "../src/wording.ts"
import { injections } from "./support/injections.ts"
import { world } from "./support/mutoscope.ts"

const styles = makeStyles()

/** What a terminal makes of a text: its title, its rows without the empty ones at the end, and what it answers. */
const onTerminal = async (text: string) => {
  const terminal = new headless.Terminal({ cols: 80, rows: 12, allowProposedApi: true, convertEol: true })
  const seen = { title: "", answer: "" }
  terminal.onTitleChange((title) => {
    seen.title = title
  })
  terminal.onData((answer) => {
    seen.answer += answer
  })
  await new Promise<void>((resolve) => terminal.write(text, resolve))
  const buffer = terminal.buffer.active
  const rows = Array.from({ length: 12 }, (_, row) => buffer.getLine(row)?.translateToString(true) ?? "")
  terminal.dispose()
  return { ...seen, screen: rows.join("\n").trimEnd() }
}

describe("text for a terminal", () => {
  it.each(injections)(
    "$name: a terminal shows what is written out, and nothing else happens",
    async ({ text }) => {
      const line = `Error: before ${text} after`
      const { answer, screen, title } = await onTerminal(`first line\n${styles.render(line, true)}`)
      assert.deepStrictEqual([answer, title], ["", ""])
      const rows = screen.split("\n")
      assert.strictEqual(rows[0], "first line")
      assert.match(screen.replaceAll("\n", ""), /first lineError: before .*after$/)
    }
  )

  it("keeps the joiners of scripts and emoji", () => {
    const text = "می\u200Cخواهم क्\u200Dष 👩\u200D🚀"
    assert.deepStrictEqual(
      [safe(text), inOneLine(text), oneLine(text), styles.render(text, true)],
      [text, text, text, text]
    )
    assert.include(table([{ heading: "PROMPT" }], [[text]], undefined).join("\n"), text)
  })

  it("keeps the value of every line of JSON", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.fullUnicodeString(),
        FastCheck.constantFrom(...injections),
        (value, { text }) => {
          const json = JSON.stringify({ error: value + text })
          assert.deepStrictEqual(JSON.parse(styles.render(json, false)), JSON.parse(json))
        }
      )
    )
  })

  it("renders its own styles, and none that came from outside", () => {
    const line = styles.paint("red", "Error:")
    assert.strictEqual(styles.render(`${line} x`, true), "\u001b[31mError:\u001b[0m x")
    assert.strictEqual(styles.render(`${line} x`, false), "Error: x")
    assert.notInclude(styles.render(makeStyles().paint("red", "x"), true), "\u001b")
    assert.strictEqual(styles.render("\u001b[32mDone\u001b[0m", true), "Done")
  })
})

describe("the command", () => {
  it("leaves the value of a flag and the lines of the log safe, as text and as JSON", async () => {
    const { remove, run } = world()
    // No argument of a process holds NUL.
    const hostile = injections.map(({ text }) => text.replaceAll("\0", "")).join("")
    const args = ["generate", `a ${hostile} prompt`, "--model", `x${hostile}y`, "--log-level", "all"]
    for (const json of [[], ["--json"]]) {
      const { stderr, stdout } = await run([...args, ...json])
      assert.include(stdout + stderr, "owned")
      assert.strictEqual(safe(stdout + stderr), stdout + stderr)
    }
    remove()
  })
})
