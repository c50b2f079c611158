/**
 * Images out of files, of all kinds of files.
 */
import { execFileSync } from "node:child_process"
import { mkdirSync, truncateSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { largest, wireMedia } from "../src/internal/veoInputs.ts"

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
  fs.makeTempDirectoryScoped({ prefix: "videogen-images-" })
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
    [
      "50 MB",
      /more than 20 MB/,
      (path) => {
        writeFileSync(path, png)
        truncateSync(path, 50_000_000)
      }
    ],
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

  it.scoped.skipIf(!posix)("I09 is refused where a device has no end", () =>
    Effect.gen(function* () {
      assert.match((yield* Effect.flip(image("/dev/zero"))).message, /no ordinary file/)
    }).pipe(Effect.provide(NodeContext.layer))
  )
})
