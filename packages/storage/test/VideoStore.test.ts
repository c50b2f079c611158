/**
 * What every `VideoStore` promises, in memory or on disk.
 */
import { createHash } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import { DownloadFailed } from "@mutoscope/core/GenerationError"
import { layerMemory, VideoStore } from "@mutoscope/core/VideoStore"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { deliver, generation, mp4, type Served, serve, temporary } from "./fixtures.ts"

const layerFiles = Layer.unwrapScoped(
  Effect.map(temporary, (directory) => FileVideoStore.layer({ directory }))
)

const save = (served: Served) =>
  Effect.gen(function* () {
    const videos = yield* VideoStore
    return yield* videos.save(deliver(yield* generation(), serve(served).open))
  })

describe.each([
  ["memory", layerMemory],
  ["files", layerFiles]
])("VideoStore (%s)", (_, layer) => {
  it.scoped("says where the video is, how long it is, and what its hash is", () =>
    Effect.gen(function* () {
      const stored = yield* save({ body: mp4(), announce: true })
      assert.strictEqual(stored.bytes, mp4().length)
      assert.strictEqual(stored.sha256, createHash("sha256").update(mp4()).digest("hex"))
      assert.strictEqual(stored.integrity, "length+boxes")
      assert.isNotEmpty(stored.path)
    }).pipe(Effect.provide(layer))
  )

  it.scoped("P22 says that a length that was not announced was not checked", () =>
    Effect.gen(function* () {
      assert.strictEqual((yield* save({ body: mp4(), announce: false })).integrity, "boxes")
    }).pipe(Effect.provide(layer))
  )

  it.scoped("P22 refuses a video that ends before its announced length", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(save({ body: mp4(), announce: true, cut: 1000 }))
      assert.strictEqual(error._tag, "DownloadFailed")
    }).pipe(Effect.provide(layer))
  )

  it.scoped.each([
    ["a page", "<!doctype html><p>Sorry</p>"],
    ["an error in JSON", `{"error":{"code":500}}`],
    ["nothing", ""]
  ])("P25 P26 refuses %s", ([, text]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(save({ body: new TextEncoder().encode(text), announce: true }))
      assert.strictEqual(error._tag, "NotAVideo")
    }).pipe(Effect.provide(layer))
  )

  it.scoped("says what is needed to recognise a file that was refused", () =>
    Effect.gen(function* () {
      const body = new TextEncoder().encode("<!doctype html><p>Sorry</p>")
      const error = yield* Effect.flip(save({ body, announce: true, validator: '"v1"' }))
      assert.deepInclude(error._tag === "NotAVideo" ? error.file : undefined, {
        bytes: body.length,
        sha256: createHash("sha256").update(body).digest("hex"),
        validator: '"v1"'
      })
    }).pipe(Effect.provide(layer))
  )

  it.scoped("passes on the provider's own error", () =>
    Effect.gen(function* () {
      const videos = yield* VideoStore
      const broken = new DownloadFailed({ provider: "test", reason: "reset" })
      const open = () =>
        Effect.succeed({
          offset: 0,
          totalBytes: Option.none(),
          announcedHash: Option.none(),
          validator: Option.none(),
          bytes: Stream.concat(Stream.make(mp4().subarray(0, 100)), Stream.fail(broken))
        })
      const error = yield* Effect.flip(videos.save(deliver(yield* generation(), open)))
      assert.strictEqual(error._tag, "DownloadFailed")
    }).pipe(Effect.provide(layer))
  )

  it.scoped("gives two videos of one prompt two places", () =>
    Effect.gen(function* () {
      const [one, two] = [yield* save({ body: mp4() }), yield* save({ body: mp4() })]
      assert.notStrictEqual(one.path, two.path)
    }).pipe(Effect.provide(layer))
  )

  it.scoped("is ready for a generation without an output of its own", () =>
    Effect.flatMap(VideoStore, (videos) => Effect.flatMap(generation(), videos.prepare)).pipe(
      Effect.provide(layer)
    )
  )
})
