/**
 * The lines of a batch file, and the keys by which the same file goes on.
 */
import { assert, describe, it } from "@effect/vitest"
import * as Either from "effect/Either"
import * as FastCheck from "effect/FastCheck"
import { formatOfName, formatOfText } from "../src/batch/detectFormat.ts"
import { batchOfContent, canonical, keysOf } from "../src/batch/keys.ts"
import { linesOf } from "../src/batch/lines.ts"
import { decodeText } from "../src/decodeText.ts"

const read = (...args: Parameters<typeof linesOf>) =>
  linesOf(...args).map(
    Either.match({
      onLeft: ({ number, reason }) => `${number}: ${reason}`,
      onRight: ({ fields, number }): object => ({ number, ...fields })
    })
  )

describe("the lines of a batch file", () => {
  it("JSON: an array of prompts, of objects, or of both, numbered in their order", () => {
    assert.deepStrictEqual(read('\uFEFF["one", {"prompt":"two","seed":1}, 3, {"prmpt":"x"}]', "json"), [
      { number: 1, prompt: "one" },
      { number: 2, prompt: "two", seed: 1 },
      "3: Expected a prompt or an object; it is neither",
      '4: There is no field "prmpt"; did you mean prompt?'
    ])
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
      "5: The row has 1 cell, and the header 3 columns"
    ])
  })

  it("CSV: an unknown or nameless column, or one that is there twice, is the fault of the header", () => {
    for (const [header, fault] of [
      ["prompt,duratoin", 'There is no column "duratoin"; did you mean duration?'],
      ["prompt,,seed", "Column 2 has no name: give it one, or remove the column"],
      ["prompt,seed,prompt", 'There are two columns "prompt"'],
      ['pro"mpt,seed', "A cell has a quote inside, but does not begin with one. Put"]
    ] as const) {
      const lines = read(`${header}\na,5`, "csv")
      assert.lengthOf(lines, 1)
      assert.isTrue(String(lines[0]).startsWith(`1: ${fault}`), String(lines[0]))
    }
  })

  it("CSV: a header alone has no lines, and no line is read below a damaged header", () => {
    assert.deepStrictEqual(read("prompt,seed\n", "csv"), [])
    assert.deepStrictEqual(read('"prompt" x\na\nb', "csv").length, 1)
  })

  describe("CSV: a row with a bad quote is bad, and the others are read", () => {
    const cases: ReadonlyArray<readonly [string, string, RegExp]> = [
      [
        "inside of a cell",
        'a "red" cat,1',
        /^3: A cell has a quote inside, but does not begin with one\. Put/
      ],
      ["at the end of a cell", 'a cat of 5",1', /^3: A cell has a quote inside/],
      ["with text behind it", '"a cat" sleeps,1', /^3: Text follows the quote that ends a cell\. Put/],
      ["escaped by a backslash", '"a \\"red\\" cat",1', /^3: Text follows the quote/],
      [
        "in a cell of two lines",
        '"a\ncat" sleeps,1',
        /^3: Text follows the quote that ends a cell \(lines 3 to 4\)/
      ]
    ]
    it.each(cases)("%s", (_, row, reason) => {
      const lines = read(`prompt,seed\nfirst,1\n${row}\n"la""st",2\n`, "csv")
      assert.lengthOf(lines, 3)
      assert.deepInclude(lines[0], { number: 2, prompt: "first", seed: 1 })
      assert.match(String(lines[1]), reason)
      assert.deepInclude(lines[2], { number: row.includes("\n") ? 5 : 4, prompt: 'la"st', seed: 2 })
    })
  })

  it("CSV: each of many damaged rows is named by its own line", () => {
    const lines = read('prompt\na "1"\n\nfine\nb "2"\n"c" 3\nfine too\n', "csv")
    assert.deepStrictEqual(
      lines.map((line) => (typeof line === "string" ? Number.parseInt(line, 10) : line)),
      [2, { number: 4, prompt: "fine" }, 5, 6, { number: 7, prompt: "fine too" }]
    )
  })

  it("CSV: a quote that is never closed takes the rest of the file with it, and nothing before", () => {
    const lines = read('prompt,seed\nfirst,1\n\n"a cat,2\nlast,3\n', "csv")
    assert.lengthOf(lines, 2)
    assert.deepInclude(lines[0], { number: 2, prompt: "first" })
    assert.match(
      String(lines[1]),
      /^4: A quote that opens in this row is never closed, so that the rest of the file/
    )
  })

  it("CSV: after a cell of many lines that is too long nothing is taken for a row", () => {
    const long = `"${"x\n".repeat(500_001)}y"`
    assert.deepStrictEqual(read(`prompt\nfirst\n${long}\nlast`, "csv"), [
      { number: 2, prompt: "first" },
      "3: The line is longer than 1000000 characters"
    ])
    assert.deepStrictEqual(read(`prompt\n${"x".repeat(1_100_000)}\nlast`, "csv"), [
      "2: The line is longer than 1000000 characters",
      { number: 3, prompt: "last" }
    ])
  })

  it("a line that is too long is bad, and the next is read", () => {
    const [first, second] = read(`${"x".repeat(1_000_001)}\ny`, "text")
    assert.deepStrictEqual(
      [first, second],
      ["1: The line is longer than 1000000 characters", { number: 2, prompt: "y" }]
    )
  })
})

describe("the format of a batch file", () => {
  it("comes from the name where it says one", () => {
    const names = [
      "a.jsonl",
      "a.NDJSON",
      "a.csv",
      "a.CSV",
      "a.json",
      "a.txt",
      "a.md",
      "a.csv.bak",
      "prompts",
      "-"
    ]
    assert.deepStrictEqual(
      names.map((name) => Either.getOrThrow(formatOfName(name))),
      ["jsonl", "jsonl", "csv", "csv", "json", ...Array.from({ length: 5 }, () => undefined)]
    )
  })

  it.each([
    ["prompts.xlsx", /a table that is not CSV \(\.xlsx\): save it as CSV, or use --format text/],
    ["prompts.tsv", /save it as CSV/],
    ["prompts.YAML", /structured data \(\.yaml\)/],
    ["prompts.parquet", /a table/],
    ["prompts.docx", /a document/],
    ["prompts.txt.gz", /an archive/],
    ["clip.mp4", /media/]
  ])("refuses %s by its name", (name, reason) => {
    assert.match(Either.merge(formatOfName(name)) ?? "", reason)
  })

  it.each([
    ["a prompt a line", "A river\nA hill\n", "text"],
    ["a prompt that begins like JSON", "[wide shot] A river\n{slow} A hill\n", "text"],
    ["quotation marks around a part", '"Run!" she says\nA hill', "text"],
    ["nothing", "\uFEFF\n", "text"],
    ["an array of prompts", '\uFEFF["A river", "A hill"]\n', "json"],
    ["an array of objects over many lines", JSON.stringify([{ prompt: "A river" }], null, 2), "json"]
  ])("is found in the content: %s", (_, text, format) => {
    assert.strictEqual(Either.getOrThrow(formatOfText(text)), format)
  })

  it.each([
    ["an object", '{"prompts": ["A river"]}', /not an array/],
    ["a text in JSON", '"A river"', /not an array: .* or --format text if each line is a prompt/],
    ["a first line of a bracket", "[\n  {prompt: 'A river'}\n", /first line of only \[/],
    ["a first line of a brace", "\n{ \n  prompt: A river\n", /first line of only {/],
    ["JSON Lines", '{"prompt":"A river"}\n{"prompt":"A hill"}', /--format jsonl/],
    ["CSV", "prompt,duration\nA river,3", /--format csv/],
    ["a table with tabs", '"prompt"\tduration\nA river\t3', /--format csv/]
  ])("refuses %s in the place of prompts", (_, text, reason) => {
    assert.match(Either.merge(formatOfText(text)), reason)
    assert.strictEqual(Either.getOrThrow(formatOfText(text, "text")), "text")
  })

  it("refuses what is called JSON and is not an array, and not a file that is empty", () => {
    assert.match(Either.merge(formatOfText('{"prompt":"A river"}\n', "json")), /Expected a JSON array/)
    assert.strictEqual(Either.getOrThrow(formatOfText("\n", "json")), "json")
  })
})

describe("the text of a batch file", () => {
  const utf16 = (text: string) => Buffer.from(`\uFEFF${text}`, "utf16le")

  it.each([
    ["UTF-8", Buffer.from("caf\u00e9 \u{1F600}\tx\r\n"), "caf\u00e9 \u{1F600}\tx\r\n"],
    ["UTF-8 with its mark", Buffer.from("\uFEFFa"), "\uFEFFa"],
    ["UTF-8 with a replacement character of its own", Buffer.from("a\uFFFDb"), "a\uFFFDb"],
    ["UTF-16, little endian", utf16("caf\u00e9 \u{1F600}\n"), "caf\u00e9 \u{1F600}\n"],
    ["UTF-16, big endian", utf16("caf\u00e9").swap16(), "caf\u00e9"],
    ["nothing", Buffer.alloc(0), ""]
  ])("is read: %s", (_, bytes, text) => {
    assert.strictEqual(Either.getOrThrow(decodeText(bytes)), text)
  })

  it.each([
    [
      "Latin-1",
      Buffer.from("\uFFFD\n\u00fcber"),
      Buffer.from("caf\u00e9\n", "latin1"),
      /byte 0xE9 at byte 12 \(line 2\)/
    ],
    [
      "UTF-16 without its mark",
      Buffer.alloc(0),
      Buffer.from("a cat", "utf16le"),
      /U\+0000 at byte 1 \(line 1\)/
    ],
    ["an escape", Buffer.from("\u00fc\n"), Buffer.from("a\u001b[31m"), /U\+001B at byte 4 \(line 2\)/],
    ["a control character of Latin-1", Buffer.alloc(0), Buffer.from("a\u0093"), /U\+0093 at byte 1/],
    [
      "a control character in UTF-16",
      utf16("a\n"),
      Buffer.from("b\u0003", "utf16le"),
      /U\+0003 at byte 8 \(line 2\)/
    ],
    ["half a pair in UTF-16", utf16("a"), Buffer.from([0x3d, 0xd8]), /half a character at byte 4/],
    ["an odd byte in UTF-16", utf16("a"), Buffer.from([0x3d]), /half a character at byte 4/],
    ["a text that breaks off", Buffer.from("a"), Buffer.from([0xf0, 0x9f]), /byte 0xF0 at byte 1/]
  ])("is refused with the offset: %s", (_, before, bytes, reason) => {
    assert.match(Either.merge(decodeText(Buffer.concat([before, bytes]))), reason)
  })

  it("is not refused for a last character that was cut", () => {
    const cut = Buffer.from("a\u{1F600}").subarray(0, 3)
    assert.strictEqual(Either.getOrThrow(decodeText(cut, { isCut: true })), "a")
  })

  it("is refused with the offset of the first wrong byte, wherever that is", () => {
    const texts = FastCheck.tuple(
      FastCheck.string({ unit: "grapheme" }),
      FastCheck.string({ unit: "grapheme" })
    )
    FastCheck.assert(
      FastCheck.property(texts, ([before, after]) => {
        const offset = Buffer.byteLength(before)
        const bytes = Buffer.concat([Buffer.from(before), Buffer.from([0xff]), Buffer.from(after)])
        assert.include(Either.merge(decodeText(bytes)), ` 0xFF at byte ${offset} `)
      })
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
