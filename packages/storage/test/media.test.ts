/**
 * What is taken for a video, by files that are made here: each is the smallest that differs from a video in one thing.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Media from "@mutoscope/core/Media"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Schema from "effect/Schema"
import { type Inspected, inspect, type Refused } from "../src/internal/media.ts"
import { temporary } from "./fixtures.ts"
import { beginning, box, ftyp, moov, moovLength, tinyMp4, words } from "./tinyMp4.ts"
import { tinyGif, tinyMatroska, tinyPng, tinyWebp } from "./tinyOthers.ts"

const pictures = Buffer.alloc(300, 7)

/** Inspects bytes as a file, and says what that cost. */
const inspected = (bytes: Uint8Array, lengthKnown = true) =>
  Effect.flatMap(temporary, (folder) =>
    Effect.promise(async (): Promise<{ verdict: Inspected | Refused; reads: number; read: number }> => {
      const path = join(folder, "file")
      fs.writeFileSync(path, bytes)
      const file = fs.openSync(path, "r")
      let cost = { reads: 0, bytes: 0 }
      const verdict = await inspect(file, bytes.length, lengthKnown, (spent) => (cost = spent))
      fs.closeSync(file)
      return { verdict, reads: cost.reads, read: cost.bytes }
    })
  )

const first = tinyMp4(pictures, { index: "first" })
const last = tinyMp4(pictures)
/** The same without what its type is. */
const bare = (offset: number) => moov({ offset, size: pictures.length })

const open = (() => {
  const bytes = Buffer.from(first)
  bytes.writeUInt32BE(0, ftyp.length + moovLength)
  return bytes
})()

const longer = (by: number) => {
  const bytes = Buffer.from(first)
  bytes.writeUInt32BE(8 + pictures.length + by, ftyp.length + moovLength)
  return bytes
}

/** The index with some bytes replaced by others. */
const patched = (from: string, to: string) => {
  const bytes = Buffer.from(first)
  const at = bytes.indexOf(Buffer.from(from, "latin1"))
  assert.isAbove(at, 0)
  bytes.write(to, at, "latin1")
  return bytes
}

/** The picture of the index begins elsewhere. */
const elsewhere = (offset: number, size = pictures.length) =>
  Buffer.concat([ftyp, moov({ offset, size }), box("mdat", pictures)])

// A fragmented movie: its index has no samples, each fragment has one of a second.
const fragmented = (fragments: number, { announced = 0, extra = [] as ReadonlyArray<Buffer> } = {}) => {
  const whole = moov({ offset: 0, size: 0 })
  const stbl = whole.indexOf("stbl")
  const tables = Buffer.concat([
    whole.subarray(stbl + 4, whole.indexOf("stts") - 4),
    box("stts", words(0, 0)),
    box("stsc", words(0, 0)),
    box("stsz", words(0, 0, 0)),
    box("stco", words(0, 0))
  ])
  const mehd = announced === 0 ? [] : [box("mehd", words(0, announced * 1000))]
  const mvex = box("mvex", ...mehd, box("trex", words(0, 1, 1, 1000, 100, 0)))
  const cut = (type: string, contents: Buffer, parent: Buffer) => {
    const at = parent.indexOf(type) - 4
    const size = parent.readUInt32BE(at)
    return Buffer.concat([parent.subarray(8, at), box(type, contents), parent.subarray(at + size)])
  }
  const of = (type: string) => {
    const at = whole.indexOf(type) - 4
    return whole.subarray(at, at + whole.readUInt32BE(at))
  }
  const minf = cut("stbl", tables, of("minf"))
  const mdia = cut("minf", minf, of("mdia"))
  const trak = Buffer.from(cut("mdia", mdia, of("trak")))
  const contents = cut("trak", trak, whole)
  const head = box("moov", contents, mvex)
  // Neither the movie nor the track says how long it is.
  head.writeUInt32BE(0, head.indexOf("mvhd") + 4 + 16)
  head.writeUInt32BE(0, head.indexOf("tkhd") + 4 + 20)
  const fragment = () => {
    const traf = box("traf", box("tfhd", words(0x020000, 1)), box("trun", words(1, 1, 0)))
    const moof = box("moof", box("mfhd", words(0, 1)), traf)
    moof.writeUInt32BE(moof.length + 8, moof.length - 4)
    return Buffer.concat([moof, box("mdat", Buffer.alloc(100, 7))])
  }
  return Buffer.concat([ftyp, head, ...extra, ...Array.from({ length: fragments }, fragment)])
}

const fragmentLength = fragmented(1).length - fragmented(0).length

const sidx = (sizes: ReadonlyArray<number>) =>
  box("sidx", words(0, 1, 1000, 0, 0, sizes.length, ...sizes.flatMap((size) => [size, 1000, 0])))

type Case = readonly [name: string, bytes: Uint8Array, container: string, warning?: RegExp]

const plays: ReadonlyArray<Case> = [
  ["an MP4 with its index first", first, "mp4"],
  ["an MP4 with its index last", last, "mp4"],
  ["a MOV that begins with moov", Buffer.concat([bare(moovLength + 8), box("mdat", pictures)]), "mov"],
  ["a MOV that begins with wide", Buffer.concat([box("wide"), box("mdat", pictures), bare(16)]), "mov"],
  ["a MOV that begins with mdat", Buffer.concat([box("mdat", pictures), bare(8)]), "mov"],
  ["a MOV by its brand", patched("isom", "qt  "), "mov"],
  ...["free", "skip"].map(
    (type): Case => [
      `an MP4 with ${type} in front`,
      Buffer.concat([box(type, Buffer.alloc(8)), ftyp, box("mdat", pictures), bare(16 + ftyp.length + 8)]),
      "mp4"
    ]
  ),
  ["an MP4 before zeros", Buffer.concat([last, Buffer.alloc(2000)]), "mp4", /2000 bytes .*zeros/],
  ["an MP4 before a zero", Buffer.concat([last, Buffer.alloc(1)]), "mp4", /followed by 1 byte /],
  ["an MP4 before CRLF", Buffer.concat([last, Buffer.from("\r\n")]), "mp4", /2 bytes .*blank text/],
  [
    "an MP4 before an ID3 tag",
    Buffer.concat([last, Buffer.from("ID3\x04\0\0\0\0\0\x0aTIT2......")]),
    "mp4",
    /tag/
  ],
  ["an MP4 before JSON", Buffer.concat([last, Buffer.from('{"status":"ok"}')]), "mp4", /JSON/],
  ["an MP4 with an mdat 8 bytes too long", longer(8), "mp4", /8 bytes longer/],
  ["an MP4 with an mdat a byte too long", longer(1), "mp4", /1 bytes? longer/],
  ["an MP4 with an open end", open, "mp4"],
  ["an MP4 with sizes of 64 bits", Buffer.concat([beginning(300), pictures]), "mp4"],
  ["two MP4s", Buffer.concat([first, first]), "mp4", /more than one video/],
  ["a fragmented MP4", fragmented(3), "mp4"],
  ["a fragmented MP4 that says how long it is", fragmented(3, { announced: 3 }), "mp4"],
  [
    "a fragmented MP4 with an index of segments",
    fragmented(2, { extra: [sidx([fragmentLength, fragmentLength])] }),
    "mp4"
  ],
  ["a WebM", tinyMatroska(), "webm"],
  ["a Matroska video", tinyMatroska({ docType: "matroska" }), "matroska"],
  ["a WebM as it is streamed", tinyMatroska({ isOpen: true, seconds: 0 }), "webm"],
  ["a WebM with a comment", Buffer.concat([tinyMatroska(), Buffer.from("\r\n")]), "webm", /2 bytes/],
  ["two WebMs", Buffer.concat([tinyMatroska(), tinyMatroska()]), "webm", /more than one video/],
  ["an animated GIF", tinyGif(3), "gif", /animated GIF/],
  ["an animated PNG", tinyPng(3), "apng", /animated PNG/],
  ["an animated WebP", tinyWebp(3), "webp", /animated WebP/]
]

describe("what plays", () => {
  it.scoped("is read without a word on the console", () =>
    Effect.gen(function* () {
      const said: Array<unknown> = []
      const { error, warn } = console
      console.warn = console.error = (...words: ReadonlyArray<unknown>) => void said.push(words)
      yield* Effect.addFinalizer(() => Effect.sync(() => Object.assign(console, { error, warn })))
      const { verdict } = yield* inspected(patched("avc1", "xyz1"))
      assert.deepInclude(verdict.whole ? verdict.media?.picture : undefined, { codec: "xyz1", width: 64 })
      assert.deepStrictEqual(said, [])
    })
  )

  it.scoped.each(plays)("is kept: %s", ([, bytes, container, warning]) =>
    Effect.gen(function* () {
      const { read, reads, verdict } = yield* inspected(bytes)
      if (!verdict.whole) return assert.fail(verdict.found)
      assert.strictEqual(verdict.media?.container, container)
      yield* Schema.validate(Media.Media)(verdict.media)
      assert.lengthOf(verdict.warnings, warning === undefined ? 0 : 1)
      if (warning !== undefined) assert.match(verdict.warnings[0] ?? "", warning)
      assert.isAtMost(reads, 8)
      assert.isAtMost(read, 1024 * 1024)
    })
  )
})

const broken: ReadonlyArray<readonly [name: string, bytes: Uint8Array, found: RegExp]> = [
  [
    "an index of zeros",
    Buffer.concat([ftyp, box("moov", Buffer.alloc(64)), box("mdat", pictures)]),
    /empty or damaged/
  ],
  [
    "an index of junk",
    Buffer.concat([ftyp, box("moov", Buffer.alloc(600, 77)), box("mdat", pictures)]),
    /empty or damaged/
  ],
  ["no index", Buffer.concat([ftyp, box("mdat", pictures)]), /no index/],
  ["no pictures", Buffer.concat([ftyp, bare(0)]), /without pictures/],
  ["sound alone", patched("vide", "soun"), /sound and no video track/],
  ["subtitles alone", patched("vide", "text"), /without a video track/],
  ["encrypted pictures", patched("avc1", "encv"), /encrypted/],
  ["a picture behind the end", elsewhere(ftyp.length + moovLength + 9), /points behind its end/],
  ["a picture far behind the end", elsewhere(0xfffffff0), /points behind its end/],
  [
    "a table that is longer than its box",
    patched("stco\0\0\0\0\0\0\0\x01", "stco\0\0\0\0\xff\xff\xff\xff"),
    /damaged/
  ],
  [
    "samples that no chunk holds",
    patched("stco\0\0\0\0\0\0\0\x01", "stco\0\0\0\0\0\0\0\0"),
    /behind its end/
  ],
  ["a first picture of zeros", tinyMp4(Buffer.alloc(300)), /zeros/],
  ["an mdat 9 bytes too long", longer(9), /truncated/],
  [
    "a fragmented MP4 without a fragment",
    Buffer.concat([fragmented(0), box("mdat", pictures)]),
    /without a single picture/
  ],
  ["a fragment that is missing by its length", fragmented(2, { announced: 3 }), /should last 3 s/],
  [
    "a fragment that is missing by the index of segments",
    fragmented(1, { extra: [sidx([fragmentLength, fragmentLength])] }),
    /sidx/
  ],
  [
    "a fragment that is missing by the index of fragments",
    Buffer.concat([
      fragmented(1),
      box("mfra", box("tfra", words(0, 1, 0, 1, 0, 99_999), Buffer.of(1, 1, 1)))
    ]),
    /mfra/
  ],
  [
    "half a header of a fragment",
    Buffer.concat([fragmented(2), Buffer.from([0, 0, 0, 104])]),
    /cut or damaged/
  ],
  ["a WebM with sound alone", tinyMatroska({ trackType: 2 }), /sound and no video track/],
  ["a WebM with subtitles alone", tinyMatroska({ trackType: 17 }), /without a video track/],
  ["an encrypted WebM", tinyMatroska({ isEncrypted: true }), /encrypted/],
  ["a WebM with a first picture of zeros", tinyMatroska({ picture: Buffer.alloc(40) }), /zeros/],
  ["a streamed WebM that says it is longer", tinyMatroska({ isOpen: true, seconds: 8 }), /should last 8 s/],
  ["a GIF picture", tinyGif(1), /GIF picture/],
  ["a PNG picture", tinyPng(1), /PNG picture/],
  ["a WebP picture", tinyWebp(1), /WebP picture/]
]

describe("what does not play", () => {
  it.scoped.each(broken)("is refused: %s", ([, bytes, found]) =>
    Effect.gen(function* () {
      const { verdict } = yield* inspected(bytes)
      assert.match(verdict.whole ? "whole" : verdict.found, found)
    })
  )

  it.scoped("is anything that follows a video of unknown length", () =>
    Effect.gen(function* () {
      for (const whole of [last, tinyMatroska(), tinyGif(2), tinyWebp(2), tinyPng(2)])
        assert.isFalse((yield* inspected(Buffer.concat([whole, Buffer.from("\r\n")]), false)).verdict.whole)
    })
  )

  it.scoped.each([
    ["MP4", first],
    ["MP4 with its index last", last],
    ["MP4 with an open end", open],
    ["fragmented MP4", fragmented(2, { announced: 2 })],
    ["WebM", tinyMatroska()],
    ["GIF", tinyGif(3)],
    ["PNG", tinyPng(3)],
    ["WebP", tinyWebp(3)]
  ] as const)("is any part of a video that was cut: %s", ([, whole]) =>
    Effect.gen(function* () {
      for (let length = 0; length < whole.length; length++) {
        const { verdict } = yield* inspected(whole.subarray(0, length), length % 2 === 0).pipe(Effect.scoped)
        assert.isFalse(verdict.whole, `${length} of ${whole.length} bytes`)
      }
    })
  )

  it.scoped("refuses a fragment whose pictures lie before the beginning of the file", () =>
    Effect.gen(function* () {
      const bytes = fragmented(2)
      // Of `trun`: its type, version and flags, the count of samples, and where they begin, from the fragment on.
      const at = bytes.indexOf(Buffer.from("trun", "latin1"))
      assert.isAbove(at, 0)
      bytes.writeInt32BE(-(2 ** 31), at + 12)
      const { verdict } = yield* inspected(bytes)
      assert.deepInclude(verdict, { whole: false })
      assert.match(verdict.whole ? "" : verdict.found, /points before its beginning/)
    })
  )

  it.scoped("never breaks, whatever is changed in a file", () =>
    Effect.promise(() =>
      FastCheck.assert(
        FastCheck.asyncProperty(
          FastCheck.constantFrom(
            first,
            last,
            fragmented(2),
            tinyMatroska(),
            tinyGif(2),
            tinyPng(2),
            tinyWebp(2)
          ),
          FastCheck.array(FastCheck.tuple(FastCheck.nat(2000), FastCheck.integer({ min: 0, max: 255 })), {
            minLength: 1,
            maxLength: 4
          }),
          async (whole, changes) => {
            const bytes = Buffer.from(whole)
            for (const [at, value] of changes) bytes[at % bytes.length] = value
            const { verdict } = await Effect.runPromise(Effect.scoped(inspected(bytes)))
            if (verdict.whole && verdict.media !== undefined) Schema.validateSync(Media.Media)(verdict.media)
          }
        ),
        { numRuns: 500, seed: 1_894 }
      )
    )
  )
})
