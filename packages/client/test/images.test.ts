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
