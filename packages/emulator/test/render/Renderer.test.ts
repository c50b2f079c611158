import { createHash } from "node:crypto"
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Schema from "effect/Schema"
import { ALL_FORMATS, EncodedPacketSink, FilePathSource, Input } from "mediabunny"
import { RenderFailed, type RenderOptions, render } from "../../src/Renderer.ts"
import { NOTICE } from "../../src/render/caption.ts"

const folder = Effect.acquireRelease(
  Effect.sync(() => mkdtempSync(join(tmpdir(), "render-"))),
  (path) => Effect.sync(() => rmSync(path, { recursive: true, force: true }))
)

const options = (path: string, more: Partial<RenderOptions> = {}): RenderOptions => ({
  prompt: "a dog on a meadow at sunset",
  seed: 7,
  width: 160,
  height: 90,
  duration: 1,
  audio: false,
  threads: 2,
  output: join(path, "clip.mp4"),
  ...more
})

const hashOf = (path: string) => createHash("sha256").update(readFileSync(path)).digest("hex")

const renderHash = (more: Partial<RenderOptions>) =>
  Effect.gen(function* () {
    const path = yield* folder
    const video = yield* render(options(path, more))
    return hashOf(video.path)
  })

const read = (path: string) =>
  Effect.promise(async () => {
    const input = new Input({ source: new FilePathSource(path), formats: ALL_FORMATS })
    const video = await input.getPrimaryVideoTrack()
    const audio = await input.getPrimaryAudioTrack()
    if (video === null) throw new Error("no video track")
    const packets: Array<{ type: string; timestamp: number; data: Uint8Array }> = []
    for await (const packet of new EncodedPacketSink(video).packets()) packets.push(packet)
    return {
      packets,
      video,
      audio,
      config: await video.getDecoderConfig(),
      tags: await input.getMetadataTags(),
      duration: await input.computeDuration()
    }
  })

/** The types of the boxes of the file, in order. */
const boxes = (bytes: Buffer): ReadonlyArray<string> => {
  const found: Array<string> = []
  for (let at = 0; at + 8 <= bytes.length; ) {
    found.push(bytes.toString("latin1", at + 4, at + 8))
    const size = bytes.readUInt32BE(at)
    at += size === 1 ? Number(bytes.readBigUInt64BE(at + 8)) : size
  }
  return found
}

/** The types of the units of a length-prefixed H.264 packet. */
const unitTypes = (data: Uint8Array): ReadonlyArray<number> => {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength)
  const types: Array<number> = []
  let at = 0
  while (at < data.length) {
    types.push(view.getUint8(at + 4) & 31)
    at += 4 + view.getUint32(at)
  }
  assert.strictEqual(at, data.length)
  return types
}

const Report = Schema.Struct({ workers: Schema.Array(Schema.Unknown) })

/** How many worker threads this thread has, by Node's own report. */
const liveWorkers = (): number => Schema.decodeUnknownSync(Report)(process.report?.getReport()).workers.length

describe("render", { timeout: 90_000 }, () => {
  it.scopedLive("gives the same bytes on any number of threads, and others for another seed", () =>
    Effect.gen(function* () {
      const [one, two, other] = yield* Effect.all([
        renderHash({ threads: 1, audio: true }),
        renderHash({ threads: 2, audio: true }),
        renderHash({ seed: 8, audio: true })
      ])
      assert.strictEqual(one, two)
      assert.notStrictEqual(one, other)
    })
  )

  it.scopedLive("writes an MP4 that plays anywhere", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const result = yield* render(options(path, { audio: true, duration: 1.5 }))
      const bytes = readFileSync(result.path)
      assert.strictEqual(result.bytes, bytes.length)
      assert.strictEqual(result.seconds, 1.5)
      const order = boxes(bytes)
      assert.strictEqual(order[0], "ftyp")
      assert.isBelow(order.indexOf("moov"), order.indexOf("mdat"))
      const file = yield* read(result.path)
      assert.strictEqual(file.video.codec, "avc")
      assert.deepStrictEqual([file.video.displayWidth, file.video.displayHeight], [160, 90])
      assert.strictEqual(file.audio?.codec, "aac")
      assert.deepStrictEqual([file.audio?.numberOfChannels, file.audio?.sampleRate], [2, 48_000])
      assert.closeTo(file.duration, 1.5, 0.05)
      assert.match(file.config?.codec ?? "", /^avc1\.42/)
      assert.deepInclude(file.config?.colorSpace, { primaries: "bt709", transfer: "bt709", matrix: "bt709" })
      assert.include(file.tags.comment, NOTICE)
      assert.include(file.tags.title, "a dog on a meadow")
    })
  )

  it.scopedLive("has a frame each 24th of a second, and key frames that open their group", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const { audio, packets } = yield* read((yield* render(options(path))).path)
      assert.isNull(audio)
      assert.strictEqual(packets.length, 24)
      packets.forEach((packet, i) => {
        assert.closeTo(packet.timestamp, i / 24, 1e-4)
        // 5 is an instantaneous refresh, 1 a picture that refers to another.
        assert.deepStrictEqual(unitTypes(packet.data), [packet.type === "key" ? 5 : 1])
      })
      assert.strictEqual(packets[0]?.type, "key")
      assert.isAtLeast(packets.filter(({ type }) => type === "key").length, 2)
    })
  )

  it.scopedLive("renders any prompt in any shape", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const shapes = [
        { prompt: "", width: 90, height: 160 },
        { prompt: "\u6d77\u8fba \ud83d\udc1f\ud800 \u0000 n\u00e9on city", width: 128, height: 128 },
        { prompt: "rocket in space ".repeat(300), width: 160, height: 120 },
        { prompt: "fish and a whale underwater", width: 66, height: 50 },
        { prompt: "snow in the mountains, hiker and fox", width: 160, height: 90 },
        { prompt: "fog in a forest with a deer", width: 160, height: 90, duration: 0.01 },
        { prompt: "desert", width: 16, height: 16, negativePrompt: "text" }
      ]
      for (const shape of shapes) {
        const result = yield* render(options(path, { duration: 0.4, ...shape }))
        const { video } = yield* read(result.path)
        assert.deepStrictEqual([video.displayWidth, video.displayHeight], [shape.width, shape.height])
      }
    })
  )

  it.scopedLive("reports progress that never falls", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const seen: Array<number> = []
      yield* render(options(path, { onProgress: (fraction) => seen.push(fraction) }))
      assert.strictEqual(seen.at(-1), 1)
      seen.forEach((fraction, i) => {
        assert.isAtLeast(fraction, seen[i - 1] ?? 0)
      })
    })
  )

  it.scopedLive("leaves neither a file nor a worker behind when it is interrupted", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const before = liveWorkers()
      let begun = () => {}
      const started = new Promise<void>((resolve) => {
        begun = resolve
      })
      const fiber = yield* Effect.fork(
        render(options(path, { duration: 60, audio: true, onProgress: () => begun() }))
      )
      yield* Effect.promise(() => started)
      assert.isTrue(existsSync(join(path, "clip.mp4.part")))
      assert.isAbove(liveWorkers(), before)
      yield* Fiber.interrupt(fiber)
      assert.deepStrictEqual(readdirSync(path), [])
      assert.strictEqual(liveWorkers(), before)
    })
  )

  it.scopedLive("refuses sizes that cannot be encoded, and folders that do not exist", () =>
    Effect.gen(function* () {
      const path = yield* folder
      const odd = yield* Effect.flip(render(options(path, { width: 161 })))
      assert.instanceOf(odd, RenderFailed)
      assert.include(odd.message, "161x90")
      const lost = yield* Effect.flip(render(options(join(path, "nowhere"))))
      assert.include(lost.reason, "ENOENT")
    })
  )
})
