/**
 * Images out of files, of all kinds of files.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { faultOf } from "../src/internal/inputs.ts"
import { largest, wireMedia } from "../src/internal/veoInputs.ts"
import { body } from "../src/internal/veoRequest.ts"
import { assumed } from "../src/OpenAiVideos.ts"

// One grey pixel.
const png = Buffer.from(
  "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNgAAAAAgABSK+kcQAAAABJRU5ErkJggg==",
  "base64"
)
const posix = process.platform !== "win32"

const image = (path: string) =>
  Effect.flatMap(FileSystem.FileSystem, (fileSystem) =>
    wireMedia(
      { _tag: "Path", path },
      {
        provider: "veo",
        model: "veo-3.1",
        field: "startImage",
        kind: "image",
        most: largest,
        fileSystem: Option.some(fileSystem)
      }
    )
  )

const folder = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "mutoscope-images-" })
)

describe("an image from a file", () => {
  it.scoped("goes along with its type, which its bytes tell", () =>
    Effect.gen(function* () {
      const path = join(yield* folder, "picture.jpg")
      writeFileSync(path, png)
      assert.deepStrictEqual(yield* image(path), {
        bytesBase64Encoded: png.toString("base64"),
        mimeType: "image/png"
      })
    }).pipe(Effect.provide(NodeContext.layer))
  )

  const files: ReadonlyArray<readonly [string, RegExp, (path: string) => void]> = [
    ["nothing", /NotFound/, () => {}],
    ["no bytes", /empty/, (path) => writeFileSync(path, "")],
    ["a text", /no PNG/, (path) => writeFileSync(path, "PNG, believe me")],
    ["a folder", /no ordinary file/, (path) => void mkdirSync(path)],
    ...(posix
      ? ([["a pipe", /no ordinary file/, (path: string) => void execFileSync("mkfifo", [path])]] as const)
      : [])
  ]
  it.scoped.each(files)("I09 is refused where there is %s", ([, reason, make]) =>
    Effect.gen(function* () {
      const path = join(yield* folder, "picture.png")
      make(path)
      const error = yield* Effect.flip(image(path))
      assert.deepInclude(error, { _tag: "InvalidRequest", field: "startImage" })
      assert.match(error.message, reason)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  /** An image of so many bytes, most of which are nothing. */
  const ofSize = (path: string, bytes: number) => {
    writeFileSync(path, png)
    truncateSync(path, bytes)
    return path
  }

  it.scoped("I09 that is too large is this provider's matter: another may take it", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(image(ofSize(join(yield* folder, "large.png"), 50_000_000)))
      assert.strictEqual(error._tag, "UnsupportedOption")
      assert.match(error.message, /startImage of 50 MB; supported: at most 14.5 MB$/)
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped("I09 several that are too large together are refused before anything is sent", () =>
    Effect.gen(function* () {
      const half = { _tag: "Path", path: ofSize(join(yield* folder, "half.png"), 8_000_000) } as const
      const request = yield* VideoRequest.make({
        ...VideoRequest.defaults,
        prompt: "x",
        model: "veo-3.1",
        startImage: half,
        lastFrame: half
      })
      const fileSystem = Option.some(yield* FileSystem.FileSystem)
      const error = yield* Effect.flip(body(request, assumed("veo", "veo-3.1"), fileSystem))
      assert.match(
        error.message,
        /inputs that are together 16 MB; supported: at most 14.5 MB in one request$/
      )
    }).pipe(Effect.provide(NodeContext.layer))
  )

  it.scoped.skipIf(!posix)("I09 is refused where a device has no end", () =>
    Effect.gen(function* () {
      assert.match((yield* Effect.flip(image("/dev/zero"))).message, /no ordinary file/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})

describe("the bytes of an input", () => {
  const chunk = (type: string, data: Uint8Array) => {
    const head = Buffer.alloc(8)
    head.writeUInt32BE(data.length)
    head.write(type, 4, "latin1")
    return Buffer.concat([head, data, Buffer.alloc(4)])
  }
  const pngOf = (width: number, height: number) => {
    const header = Buffer.alloc(13)
    header.writeUInt32BE(width, 0)
    header.writeUInt32BE(height, 4)
    return Buffer.concat([png.subarray(0, 8), chunk("IHDR", header), chunk("IDAT", Buffer.alloc(4))])
  }
  const jpegOf = (...segments: ReadonlyArray<Uint8Array>) =>
    Buffer.concat([Buffer.from([0xff, 0xd8, 0xff, 0xe0, 0, 4, 0, 0]), ...segments])
  const frame = Buffer.from([0xff, 0xc0, 0, 8, 8, 0, 64, 0, 64, 3])
  const brand = (name: string) => {
    const box = Buffer.concat([
      Buffer.alloc(4),
      Buffer.from(`ftyp${name}`),
      Buffer.alloc(4),
      Buffer.from(name)
    ])
    box.writeUInt32BE(box.length)
    return Buffer.concat([box, Buffer.alloc(64)])
  }

  it.effect.each<readonly [string, Uint8Array]>([
    ["64 pixels on each side", pngOf(64, 64)],
    ["100 megapixels", pngOf(10_000, 10_000)],
    ["a JPEG", jpegOf(frame)]
  ])("are an image that can be used: %s", ([, bytes]) =>
    Effect.map(faultOf(bytes, "image"), (fault) => assert.deepStrictEqual(fault, Option.none()))
  )

  it.effect.each<readonly [string, Uint8Array, string]>([
    ["one pixel", png, "expected at least 64 pixels on each side, got 1x1"],
    ["a thin stripe", pngOf(1000, 63), "expected at least 64 pixels on each side, got 1000x63"],
    ["no pixels", pngOf(0, 64), "expected at least 64 pixels on each side, got 0x64"],
    ["too many pixels", pngOf(10_001, 10_000), "expected at most 100 megapixels, got 10001x10000"],
    ["a JPEG without a frame", jpegOf(), "its header is damaged, so its size in pixels is not known"],
    ["HEIC", brand("heic"), "expected a PNG, JPEG or WebP image, got HEIC: convert it"],
    ["AVIF", brand("avif"), "expected a PNG, JPEG or WebP image, got AVIF: convert it"],
    [
      "TIFF",
      Buffer.from("II*\0\b\0\0\0\0\0\0\0\0\0", "latin1"),
      "expected a PNG, JPEG or WebP image, got TIFF: convert it"
    ],
    ["SVG", Buffer.from('<svg xmlns="x"/>'), "expected a PNG, JPEG or WebP image, got SVG: convert it"],
    [
      "SVG as XML",
      Buffer.from('<?xml version="1.0"?>\n<!-- a --><svg/>'),
      "expected a PNG, JPEG or WebP image, got SVG: convert it"
    ],
    [
      "a web page with a drawing",
      Buffer.from("<html><svg></svg></html>"),
      "it is no PNG, JPEG or WebP image"
    ],
    ["an MP4", brand("isom"), "expected a PNG, JPEG or WebP image, got video/mp4: convert it"]
  ])("are refused as an image: %s", ([, bytes, reason]) =>
    Effect.map(faultOf(bytes, "image"), (fault) => assert.deepStrictEqual(fault, Option.some(reason)))
  )

  it.effect("are refused as a video where they are an image", () =>
    Effect.map(faultOf(pngOf(64, 64), "video"), (fault) =>
      assert.deepStrictEqual(
        fault,
        Option.some("expected a MP4, QuickTime or WebM video, got image/png: convert it")
      )
    )
  )
})
