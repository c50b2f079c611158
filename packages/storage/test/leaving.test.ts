/**
 * A video that goes to another place than the one it was begun in leaves nothing behind there.
 */
import * as fs from "node:fs"
import { join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Generation } from "@mutoscope/core/Generation"
import { DownloadFailed } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import * as FileVideoStore from "../src/FileVideoStore.ts"
import { deliver, generation, mp4, serve, temporary } from "./fixtures.ts"

/** A store, and a generation whose download broke in the folder `first`. */
const begun = Effect.gen(function* () {
  const directory = yield* temporary
  const store = yield* FileVideoStore.make({ directory })
  const first = join(directory, "first")
  const one = new Generation({ ...(yield* generation()), output: first })
  const broken = serve({ body: mp4(), cut: 100, validator: '"1"' })
  yield* Effect.flip(
    store.save(
      deliver(one, (from) =>
        Effect.map(broken.open(from), (download) => ({
          ...download,
          bytes: Stream.concat(
            download.bytes,
            Stream.fail(new DownloadFailed({ provider: "test", reason: "reset" }))
          )
        }))
      )
    )
  )
  const to = (output: string) => new Generation({ ...one, output })
  const leave = (output: string) => store.leave?.(one, to(output)) ?? Effect.void
  return { directory, first, leave, one, store, to, files: () => fs.readdirSync(first).sort() }
})

describe("leaving a place", () => {
  it.scoped("removes the part of a video and its note, and nothing else", () =>
    Effect.gen(function* () {
      const { directory, files, first, leave } = yield* begun
      fs.writeFileSync(join(first, ".another.part"), "not ours")
      assert.lengthOf(files(), 3)
      yield* leave(join(directory, "second"))
      assert.deepStrictEqual(files(), [".another.part"])
    })
  )

  it.scoped("keeps it where the video still goes to the same folder", () =>
    Effect.gen(function* () {
      const { files, first, leave } = yield* begun
      const before = files()
      yield* leave(first)
      yield* leave(join(first, "named.mp4"))
      assert.deepStrictEqual(files(), before)
    })
  )

  it.scoped("is no failure where the folder is gone", () =>
    Effect.gen(function* () {
      const { directory, first, leave } = yield* begun
      fs.rmSync(first, { recursive: true })
      yield* leave(join(directory, "second"))
      fs.writeFileSync(first, "a file has its name")
      yield* leave(join(directory, "second"))
      assert.isFalse(fs.existsSync(join(directory, "second")))
    })
  )
})
