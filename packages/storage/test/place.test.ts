/**
 * Where a video goes: a folder, or a file that has the extension of its format whatever it was called.
 */
import * as fs from "node:fs"
import { basename, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import { Generation } from "@mutoscope/core/Generation"
import * as Media from "@mutoscope/core/Media"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as FileVideoStore from "../src/FileVideoStore.ts"
import * as FolderSync from "../src/internal/folderSync.ts"
import * as Names from "../src/internal/names.ts"
import * as PartFile from "../src/internal/partFile.ts"
import * as Place from "../src/internal/place.ts"
import { finish, publish, type Verified } from "../src/internal/publish.ts"
import { deliver, generation, mp4, serve, temporary } from "./fixtures.ts"

describe("what a name stands for", () => {
  const cases: ReadonlyArray<readonly [string, Media.PlaceKind]> = [
    ["x.mp4", "file"],
    ["clips/X.MP4", "file"],
    ["x.webm", "file"],
    [".mp4", "folder"],
    ["clips/.mp4", "folder"],
    ["clips", "folder"],
    ["clips.d/2026", "folder"],
    ["v1.2", "folder"],
    ["x.mov", "foreign"],
    ["clips/x.MKV", "foreign"],
    ["x.gif", "foreign"],
    ["x.wav", "foreign"],
    ["x.mov/clips", "folder"]
  ]
  it.each(cases)("%s: a %s", (name, kind) => {
    assert.strictEqual(Media.placeKind(name), kind)
  })
})

/** A store in a folder, and a generation that is to go to a place in it. */
const setup = (output: string) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const store = yield* FileVideoStore.make({ directory })
    const one = new Generation({ ...(yield* generation()), output: join(directory, output) })
    return { directory, store, one, files: () => fs.readdirSync(directory).sort() }
  })

describe("a name that ends like another format", () => {
  it.scoped("is refused before anything is paid for, and makes no folder", () =>
    Effect.gen(function* () {
      const { files, one, store } = yield* setup("x.mov")
      const result = yield* Effect.either(store.prepare(one))
      assert.isTrue(Either.isLeft(result))
      if (Either.isLeft(result)) {
        assert.isTrue(result.left.onePlace)
        assert.match(
          result.left.message,
          /x\.mov ends like a file of another format\. Expected a folder, or a file that ends in \.mp4/
        )
      }
      assert.deepStrictEqual(files(), [])
    })
  )

  it.scoped("is the folder that is there, as it was for earlier versions", () =>
    Effect.gen(function* () {
      const { directory, one, store } = yield* setup("clips.mov")
      fs.mkdirSync(join(directory, "clips.mov"))
      yield* store.prepare(one)
      const { path } = yield* store.save(deliver(one, serve({ body: mp4() }).open))
      assert.isTrue(path.startsWith(join(directory, "clips.mov", "1970")), path)
    })
  )
})

/** A part file of a video, verified as one of some format, and what it takes to publish it. */
const verified = (output: string, container: Media.Container) =>
  Effect.gen(function* () {
    const { directory, files, one } = yield* setup(output)
    const part = PartFile.at(directory, one)
    const body = mp4()
    fs.writeFileSync(part.path, body)
    const media = {
      container,
      mediaType: Media.containers[container].mediaType,
      picture: { width: 64, height: 64 }
    } as const
    const sha256 = (yield* PartFile.hashFile(part.path, "sha-256")).digest("hex")
    const video: Verified = { bytes: body.length, sha256, integrity: "boxes", media }
    const publishing = { names: Names.make(), syncFolder: FolderSync.make() }
    const place = Place.placeOf(directory, one)
    return { directory, files, one, part, place, publishing, video }
  })

describe("a file of another format than its name says", () => {
  const cases: ReadonlyArray<readonly [string, Media.Container, string]> = [
    ["x.mp4", "webm", "x.webm"],
    ["x.webm", "mp4", "x.mp4"],
    ["x.webm", "webm", "x.webm"],
    ["X.MP4", "mp4", "X.MP4"],
    ["x.mp4", "gif", "x.gif"],
    [".", "webm", "19700101_000000_A_beautiful_sunset_over.webm"]
  ]
  it.scoped.each(cases)("%s and %s", ([output, container, expected]) =>
    Effect.gen(function* () {
      const { files, part, place, publishing, video } = yield* verified(output, container)
      const { path } = yield* publish(publishing, part, place, video, () => Effect.void)
      assert.strictEqual(basename(path), expected)
      assert.deepStrictEqual(files(), [expected])
    })
  )

  it.scoped("is found again under the name that it was about to get", () =>
    Effect.gen(function* () {
      const { directory, files, one, part, place, publishing, video } = yield* verified("x.mp4", "webm")
      const path = join(directory, "x.webm")
      const delivery = {
        ...deliver(one, serve({ body: mp4() }).open),
        verified: Option.some({ path, ...video })
      }
      // Killed before it had its name, and right after it got it.
      const before = yield* finish(publishing, part, place, delivery)
      const after = yield* finish(publishing, part, place, delivery)
      for (const found of [before, after]) assert.strictEqual(Option.getOrThrow(found).path, path)
      assert.deepStrictEqual(files(), ["x.webm"])
    })
  )
})
