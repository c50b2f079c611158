/**
 * The lines of a batch file, and the keys by which the same file goes on.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { batchOfContent, canonical, keysOf } from "../src/batch/keys.ts"
import { formatOf, linesOf } from "../src/batch/lines.ts"

const read = (...args: Parameters<typeof linesOf>) =>
  linesOf(...args).map(
    Either.match({
      onLeft: ({ number, reason }) => `${number}: ${reason}`,
      onRight: ({ fields, number }): object => ({ number, ...fields })
    })
  )

describe("the lines of a batch file", () => {
  it("takes the format from the name, and text where it tells nothing", () => {
    const names = ["a.jsonl", "a.NDJSON", "a.csv", "a.txt", "-"]
    assert.deepStrictEqual(names.map(formatOf), ["jsonl", "jsonl", "csv", "text", "text"])
  })

  it("text: a prompt a line; blank lines, comments and a byte order mark are none", () => {
    assert.deepStrictEqual(read("\uFEFFone\r\n\r\n# no\n two \n", "text"), [
      { number: 1, prompt: "one" },
      { number: 4, prompt: "two" }
    ])
  })

  it("JSON Lines: each bad line with its number, the others as they are", () => {
    assert.deepStrictEqual(
      read('{"prompt":"one","seed":1}\n{\n[]\n{"prmpt":"x"}\n{"prompt":"two"}', "jsonl"),
      [
        { number: 1, prompt: "one", seed: 1 },
        "2: It is not a JSON object",
        "3: It is not a JSON object",
        '4: There is no field "prmpt"; did you mean prompt?',
        { number: 5, prompt: "two" }
      ]
    )
  })

  it("CSV: quotes, line breaks in cells, CRLF, empty cells, and the line that each row begins at", () => {
    const content = '\uFEFFprompt,duration,audio\r\n"a ""b""\r\nc",5,true\r\nd,,\r\ne\r\n'
    assert.deepStrictEqual(read(content, "csv"), [
      { number: 2, prompt: 'a "b"\nc', duration: 5, audio: true },
      { number: 4, prompt: "d" },
      "5: It has 1 cells, and the header 3 columns"
    ])
  })

  it("CSV: an unknown column names the nearest, an open quote its line", () => {
    assert.deepStrictEqual(read("prompt,duratoin\na,5", "csv"), [
      '1: There is no column "duratoin"; did you mean duration?'
    ])
    assert.match(String(read('prompt\na\n"b', "csv")[0]), /^3: .*Quote/)
  })

  it("a line that is too long is bad, and the next is read", () => {
    const [first, second] = read(`${"x".repeat(1_000_001)}\ny`, "text")
    assert.deepStrictEqual(
      [first, second],
      ["1: The line is longer than 1000000 characters", { number: 2, prompt: "y" }]
    )
  })
})

describe("the keys of a batch", () => {
  const keys = (batch: string, contents: ReadonlyArray<string>) => {
    const keyOf = keysOf(batch)
    return contents.map((content) => keyOf({ content, key: undefined }))
  }
  const contents = FastCheck.array(FastCheck.constantFrom("a", "b", "c", "d"), { maxLength: 30 })

  it("are the same for the same file, and different for every line of it", () => {
    FastCheck.assert(
      FastCheck.property(contents, (file) => {
        const made = keys("batch", file)
        assert.deepStrictEqual(keys("batch", file), made)
        assert.strictEqual(new Set(made).size, file.length)
        assert.isTrue(keys("other", file).every((key) => !made.includes(key)))
      })
    )
  })

  it("stay where lines are moved, and a line more is a key more", () => {
    FastCheck.assert(
      FastCheck.property(contents, FastCheck.nat(), FastCheck.constantFrom("a", "z"), (file, at, line) => {
        const before = keys("batch", file)
        assert.deepStrictEqual(keys("batch", [...file].reverse()).sort(), [...before].sort())
        const more = new Set(keys("batch", [...file.slice(0, at), line, ...file.slice(at)]))
        assert.isTrue(before.every((key) => more.has(key)))
        assert.strictEqual(more.size, file.length + 1)
      })
    )
  })

  it("are the line's own where it has one, whatever it asks for", () => {
    const keyOf = keysOf("batch")
    assert.strictEqual(keyOf({ key: "k", content: "a" }), keyOf({ key: "k", content: "b" }))
  })

  it("do not depend on the order of fields", () => {
    assert.strictEqual(canonical({ a: 1, b: [{ c: 2, d: 3 }] }), canonical({ b: [{ d: 3, c: 2 }], a: 1 }))
    assert.notStrictEqual(batchOfContent("a"), batchOfContent("b"))
  })
})
