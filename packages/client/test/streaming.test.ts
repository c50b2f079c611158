import { assert, describe, it } from "@effect/vitest"
import * as FastCheck from "effect/FastCheck"
import { Elider, longestString, mark } from "../src/internal/elision.ts"
import { InlineVideo, inSteps, inVideos } from "../src/internal/inlineVideo.ts"

/** A text as bytes, cut at some places. */
const chunked = (text: string, cuts: ReadonlyArray<number>): ReadonlyArray<Uint8Array> => {
  const bytes = Buffer.from(text)
  const places = [0, ...cuts.map((cut) => cut % (bytes.length + 1)), bytes.length].sort((a, b) => a - b)
  return places.slice(1).map((to, i) => bytes.subarray(places[i], to))
}

const cuts = FastCheck.array(FastCheck.nat(), { maxLength: 20 })

const elided = (chunks: ReadonlyArray<Uint8Array>, limit = 1 << 20) => {
  const elider = new Elider(limit)
  const fits = chunks.map((chunk) => elider.write(chunk)).at(-1) ?? true
  return { fits, text: elider.end() }
}

describe("elision", () => {
  it("changes nothing where no string is long, however the text is cut", () => {
    FastCheck.assert(
      FastCheck.property(FastCheck.json(), cuts, (json, cuts) => {
        assert.strictEqual(elided(chunked(json, cuts)).text, json)
      })
    )
  })

  it("leaves the rest as it was where a string is long", () => {
    const string = FastCheck.string({ unit: "binary", maxLength: 40 })
    FastCheck.assert(
      FastCheck.property(string, FastCheck.jsonValue(), cuts, (start, rest, cuts) => {
        const long = start + 'A\\"\u00e9'.repeat(longestString / 4)
        const { text } = elided(chunked(JSON.stringify({ a: rest, long, b: [rest, long] }), cuts))
        const value = JSON.parse(text)
        const same = JSON.parse(JSON.stringify(rest))
        assert.deepStrictEqual([value.a, value.b[0]], [same, same])
        assert.isTrue(value.long.endsWith(mark) && value.b[1].endsWith(mark))
        assert.isBelow(value.long.length, 64)
      }),
      { numRuns: 50 }
    )
  })

  it("keeps no more than its limit", () => {
    const chunk = Buffer.from("1,".repeat(1000))
    const { fits, text } = elided([Buffer.from("["), ...Array(100).fill(chunk)], 5000)
    assert.isFalse(fits)
    assert.isAtMost(text.length, 5000)
  })
})

/** Base64 as some servers write it into JSON. */
const escapes: ReadonlyArray<(base64: string) => string> = [
  (b) => b,
  (b) => b.replaceAll("/", "\\/"),
  (b) => b.replaceAll("=", "\\u003d").replaceAll("+", "\\u002B"),
  (b) => b.replace(/.{76}/g, "$&\\r\\n"),
  (b) => b.replaceAll("+", "-").replaceAll("/", "_")
]

const video = (text: string, index: number, cuts: ReadonlyArray<number>, place = inVideos(index)) => {
  const inline = new InlineVideo(place)
  const bytes = Buffer.concat(chunked(text, cuts).flatMap((chunk) => inline.write(chunk)))
  return { bytes, inline }
}

describe("an inline video", () => {
  const binary = FastCheck.uint8Array({ maxLength: 300 })
  const escape = FastCheck.constantFrom(...escapes)

  it("comes out as it went in, however it is written and cut", () => {
    FastCheck.assert(
      FastCheck.property(
        binary,
        binary,
        FastCheck.jsonValue(),
        escape,
        cuts,
        (first, second, noise, escape, cuts) => {
          const base64 = (bytes: Uint8Array) => escape(Buffer.from(bytes).toString("base64"))
          const decoy = JSON.stringify({
            noise,
            bytesBase64Encoded: "zzzz",
            images: [{ bytesBase64Encoded: "yyyy" }]
          })
          const text = `{"metadata":${decoy},"response":{"videos":[{"bytesBase64Encoded":"${base64(first)}","x":[1,"2"]},{"mimeType":"video/mp4", "bytesBase64Encoded" : "${base64(second)}"}]},"after":${decoy}}`
          const { bytes, inline } = video(text, 1, cuts)
          assert.isTrue(inline.isComplete)
          assert.deepStrictEqual(new Uint8Array(bytes), second)
        }
      )
    )
  })

  it("is found in the other form's answer", () => {
    const samples = ["QUFB", "QkJC"].map((encodedVideo) => ({ video: { encodedVideo } }))
    const text = JSON.stringify({ response: { generateVideoResponse: { generatedSamples: samples } } })
    assert.strictEqual(video(text, 1, []).bytes.toString(), "BBB")
  })

  it("is found among the steps of an interaction, where other things have bytes too", () => {
    const image = { type: "image", data: "SU1H", mime_type: "image/png" }
    const text = JSON.stringify({
      data: "b3V0",
      steps: [
        {
          type: "user_input",
          content: [image, { type: "text", text: "a", annotations: [{ data: "bm8=" }] }]
        },
        { type: "thought", signature: "c2ln", data: "bm8=" },
        {
          type: "model_output",
          content: [
            { type: "video", data: "VklE" },
            { data: "", type: "video" }
          ]
        }
      ]
    })
    const all = [0, 1, 2].map((index) => video(text, index, [9, 90], inSteps(index)))
    assert.deepStrictEqual(
      all.map(({ bytes }) => bytes.toString()),
      ["IMG", "VID", ""]
    )
    assert.isFalse(video(text, 3, [], inSteps(3)).inline.isFound)
  })

  it("says where it is missing, or cut", () => {
    const text = JSON.stringify({ videos: [{ bytesBase64Encoded: "QUFB" }] })
    assert.isFalse(video(text, 1, []).inline.isFound)
    const { inline } = video(text.slice(0, -6), 0, [])
    assert.deepStrictEqual([inline.isFound, inline.isComplete], [true, false])
  })

  it("refuses what is no base64", () => {
    for (const bad of ["QU?B", "QQ==QUFB", "QUF\u00e9"]) {
      assert.throws(() => video(JSON.stringify({ videos: [{ bytesBase64Encoded: bad }] }), 0, []))
    }
  })
})
