import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import nodeFs, * as fs from "node:fs"
import { syncBuiltinESMExports } from "node:module"
import { basename, dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import { assert, describe, it } from "@effect/vitest"
import { GenerationId, type StoredVideo } from "@mutoscope/core/Generation"
import { DownloadFailed, StorageError } from "@mutoscope/core/GenerationError"
import type { VideoDownload } from "@mutoscope/core/VideoProvider"
import type { Delivery } from "@mutoscope/core/VideoStore"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FastCheck from "effect/FastCheck"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as FileVideoStore from "../src/FileVideoStore.ts"
import { slug } from "../src/internal/fileName.ts"
import * as PartFile from "../src/internal/partFile.ts"
import { deliver, generation, mp4, type Served, serve, temporary } from "./fixtures.ts"
import { beginning, ftyp, moovLength } from "./tinyMp4.ts"

const body = mp4()

const decodeNote = Schema.decodeSync(Schema.parseJson(PartFile.Note))
const encodeNote = Schema.encodeSync(Schema.parseJson(PartFile.Note))

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

/** A store in a folder of its own, and a generation to save. */
const setup = (
  fields: Parameters<typeof generation>[0] = {},
  options: Omit<FileVideoStore.Options, "directory"> = {}
) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const store = yield* FileVideoStore.make({ directory, ...options })
    const one = yield* generation(fields)
    const save = (open: Delivery["open"]) => store.save(deliver(one, open))
    const saveAfter = (verified: StoredVideo, open: Delivery["open"]) =>
      store.save({ ...deliver(one, open), verified: Option.some(verified) })
    return { directory, store, one, save, saveAfter, files: () => fs.readdirSync(directory).sort() }
  })

const videos = (files: ReadonlyArray<string>) => files.filter((name) => name.endsWith(".mp4"))

/** A download whose connection breaks after some bytes. */
const breaking =
  (served: Served, after: number): Delivery["open"] =>
  (from) =>
    Effect.map(serve({ ...served, cut: after }).open(from), (download) => ({
      ...download,
      bytes: Stream.concat(
        download.bytes,
        Stream.fail(new DownloadFailed({ provider: "test", reason: "reset" }))
      )
    }))

describe("FileVideoStore", () => {
  it.scoped("stores a verified video under the time and the words of its prompt", () =>
    Effect.gen(function* () {
      const { directory, save } = yield* setup()
      const video = yield* save(serve({ body }).open)
      assert.deepStrictEqual(video, {
        path: join(directory, "19700101_000000_A_beautiful_sunset_over.mp4"),
        bytes: body.length,
        sha256: sha256(body),
        integrity: "length+boxes",
        media: {
          container: "mp4",
          mediaType: "video/mp4",
          durationSeconds: 1,
          picture: { codec: "avc", width: 64, height: 64, frameRate: 1 }
        }
      })
      assert.isTrue(fs.readFileSync(video.path).equals(body))
    })
  )

  it.scoped("hashes a long video too", () =>
    Effect.gen(function* () {
      const { save } = yield* setup()
      const long = mp4(80 * 1024 * 1024)
      // The length of a download decides where it is hashed: beside, and here.
      for (const announce of [true, false]) {
        const video = yield* save(serve({ body: long, announce, chunk: 100_000 }).open)
        assert.strictEqual(video.sha256, sha256(long))
        assert.isTrue(fs.readFileSync(video.path).equals(long))
      }
    })
  )

  it.scoped("leaves nothing but the video", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const video = yield* Effect.scoped(
        Effect.gen(function* () {
          const store = yield* FileVideoStore.make({ directory })
          return yield* store.save(deliver(yield* generation(), serve({ body }).open))
        })
      )
      assert.deepStrictEqual(fs.readdirSync(directory), [basename(video.path)])
    })
  )

  it.scoped("says how far it is, and how far it came", () =>
    Effect.gen(function* () {
      const { one, store } = yield* setup()
      const told: Array<readonly [number, number | undefined]> = []
      const onProgress = (bytes: number, total: number | undefined) =>
        Effect.sync(() => void told.push([bytes, total]))
      yield* store.save({ ...deliver(one, serve({ body }).open), onProgress })
      assert.deepStrictEqual(told.at(-1), [body.length, body.length])
      assert.isBelow(told.length, 4)
    })
  )

  describe("names", () => {
    it.scoped("uses the file that was asked for, and a number where it is taken", () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        const output = join(directory, "new folder", "My clip.MP4")
        const store = yield* FileVideoStore.make({ directory })
        const paths = yield* Effect.replicateEffect(
          Effect.flatMap(generation({ output }), (one) => store.save(deliver(one, serve({ body }).open))),
          3
        )
        assert.deepStrictEqual(
          paths.map(({ path }) => basename(path)),
          ["My clip.MP4", "My clip_2.MP4", "My clip_3.MP4"]
        )
      })
    )

    it.scoped("I08 takes a path by its letters: no shell, no home", () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        const output = join(directory, "~", "$(touch pwned)", "`id`.mp4")
        const store = yield* FileVideoStore.make({ directory })
        const one = yield* generation({ output })
        assert.strictEqual((yield* store.save(deliver(one, serve({ body }).open))).path, output)
        assert.deepStrictEqual(fs.readdirSync(directory), ["~"])
      })
    )

    it.scoped("uses the folder that was asked for", () =>
      Effect.gen(function* () {
        const output = join(yield* temporary, "folder")
        const { save } = yield* setup({ output })
        assert.strictEqual(dirname((yield* save(serve({ body }).open)).path), output)
      })
    )

    it("cuts the prompt at a word", () => {
      assert.strictEqual(slug("A beautiful sunset over the ocean"), "A_beautiful_sunset_over")
      assert.strictEqual(slug("Ein schöner Tag: größer!"), "Ein_schoner_Tag_gro_er")
      assert.strictEqual(slug("x".repeat(100)), "x".repeat(24))
      for (const prompt of ["", "...", "日本の朝", "\u{1F3AC}".repeat(300), "مرحبا"]) {
        assert.strictEqual(slug(prompt), "video")
      }
    })

    it("I06 never says anything but letters, digits and _, at most 24 of them", () => {
      const nasty = FastCheck.constantFrom(
        "../../x",
        "/etc/x",
        "C:\\x",
        "CON",
        "nul.txt",
        "a:b",
        "x. ",
        "-rf",
        ".h",
        "\u202E"
      )
      const prompt = FastCheck.oneof(
        nasty,
        FastCheck.fullUnicodeString({ maxLength: 200 }),
        FastCheck.array(FastCheck.oneof(nasty, FastCheck.string())).map((parts) => parts.join(" "))
      )
      FastCheck.assert(
        FastCheck.property(prompt, (text) => /^[A-Za-z0-9][A-Za-z0-9_]{0,23}$/.test(slug(text))),
        { numRuns: 5000 }
      )
    })

    it.scoped("I06 an id that was not minted here stays inside the folder", () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        const inner = join(directory, "inner")
        const store = yield* FileVideoStore.make({ directory: inner })
        const one = yield* generation({ id: "../../escaped" })
        yield* store.save(deliver(one, breaking({ body, validator: '"1"' }, 900))).pipe(Effect.flip)
        assert.deepStrictEqual(fs.readdirSync(directory), ["inner"])
        assert.lengthOf(fs.readdirSync(inner), 2)
      })
    )

    it.scoped("I07 gives the same prompt a hundred files", () =>
      Effect.gen(function* () {
        const { files, store } = yield* setup()
        const save = Effect.flatMap(generation(), (one) => store.save(deliver(one, serve({ body }).open)))
        const saved = yield* Effect.replicateEffect(save, 100).pipe(Effect.withConcurrency("unbounded"))
        assert.lengthOf(new Set(saved.map(({ path }) => path)), 100)
        assert.lengthOf(videos(files()), 100)
        for (const { path } of saved) assert.strictEqual(fs.statSync(path).size, body.length)
      })
    )

    it.scoped("S07 leaves the file that is there as it is", () =>
      Effect.gen(function* () {
        const { directory, save } = yield* setup()
        const taken = join(directory, "19700101_000000_A_beautiful_sunset_over.mp4")
        fs.writeFileSync(taken, "mine")
        const { path } = yield* save(serve({ body }).open)
        assert.strictEqual(basename(path), "19700101_000000_A_beautiful_sunset_over_2.mp4")
        assert.strictEqual(fs.readFileSync(taken, "utf8"), "mine")
      })
    )
  })

  describe("what is no video", () => {
    const impostors: ReadonlyArray<readonly [string, string | Uint8Array, RegExp]> = [
      ["P26 an HTML page", "<!doctype html><p>Sign in</p>", /HTML/],
      ["P26 a JSON error", '{"error":{"code":403}}', /JSON/],
      ["P25 an empty file", "", /empty/],
      ["the beginning of a WebM", Buffer.from("1a45dfa3010203040506070809", "hex"), /WebM/],
      ["an MP4 without an index", mp4(100).subarray(0, ftyp.length + 108), /index/]
    ]
    it.scoped.each(impostors)("refuses %s, and leaves it at no place of a video", ([, bytes, what]) =>
      Effect.gen(function* () {
        const { files, save } = yield* setup({}, { quarantine: false })
        const error = yield* Effect.flip(save(serve({ body: Buffer.from(bytes) }).open))
        assert.strictEqual(error._tag, "NotAVideo")
        assert.match(error.message, what)
        assert.deepStrictEqual(files(), [])
      })
    )

    it.scoped.each(["first", "last"] as const)("P24 accepts no truncation (index %s)", (index) =>
      Effect.gen(function* () {
        const { files, save } = yield* setup({}, { quarantine: false })
        const whole = mp4(60, index)
        for (let length = 0; length < whole.length; length++) {
          const short = serve({ body: whole.subarray(0, length), announce: false })
          assert.strictEqual((yield* Effect.flip(save(short.open)))._tag, "NotAVideo", `${length} bytes`)
        }
        assert.deepStrictEqual(files(), [])
        assert.strictEqual((yield* save(serve({ body: whole, announce: false }).open)).integrity, "boxes")
      })
    )

    it.scoped(
      "takes sizes of 64 bits, and a last box without a size where the index says how far it goes",
      () =>
        Effect.gen(function* () {
          const head = ftyp.length + moovLength
          const open = Buffer.from(mp4(64, "first"))
          open.writeUInt32BE(0, head)
          for (const announce of [true, false]) {
            const { save } = yield* setup()
            assert.strictEqual((yield* save(serve({ body: open, announce }).open)).bytes, open.length)
            const cut = serve({ body: open.subarray(0, -1), announce })
            assert.strictEqual((yield* Effect.flip(save(cut.open)))._tag, "NotAVideo")
          }
          const wide = Buffer.concat([beginning(50), Buffer.alloc(50, 7)])
          const { save: saveWide } = yield* setup()
          assert.strictEqual((yield* saveWide(serve({ body: wide }).open)).bytes, wide.length)
        })
    )

    it.scoped("refuses more than it may take, announced or not", () =>
      Effect.gen(function* () {
        for (const announce of [true, false]) {
          const { files, save } = yield* setup({}, { maximumBytes: 3000 })
          const error = yield* Effect.flip(save(serve({ body, announce }).open))
          assert.strictEqual(error._tag, "DownloadFailed")
          assert.match(error.message, /too large/)
          assert.deepStrictEqual(files(), [])
        }
      })
    )
  })

  describe("resuming", () => {
    const served = { body, validator: '"1"', ranges: true }
    const sameLength = { totalBytes: Option.some(body.length) }

    it.scoped("W7 P22 goes on where a short body stopped, and fetches no byte twice", () =>
      Effect.gen(function* () {
        const { files, save } = yield* setup()
        const error = yield* Effect.flip(save(serve({ ...served, cut: 2500 }).open))
        assert.strictEqual(error._tag, "DownloadFailed")
        assert.match(error.message, /2500 of/)
        assert.lengthOf(videos(files()), 0)
        const rest = serve(served)
        const video = yield* save(rest.open)
        assert.deepStrictEqual(rest.asked, [
          { offset: 2500, validator: Option.some('"1"'), totalBytes: body.length }
        ])
        assert.strictEqual(video.sha256, sha256(body))
        assert.isTrue(fs.readFileSync(video.path).equals(body))
      })
    )

    it.scoped("W7 keeps what had arrived when the connection broke or the fiber was stopped", () =>
      Effect.gen(function* () {
        const { save } = yield* setup()
        yield* Effect.flip(save(breaking(served, 1500)))
        const stuck: Delivery["open"] = (from) =>
          Effect.map(serve({ ...served, cut: 2200 }).open(from), (download) => ({
            ...download,
            bytes: Stream.concat(download.bytes, Stream.never)
          }))
        const fiber = yield* Effect.fork(save(stuck))
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 200)))
        yield* Fiber.interrupt(fiber)
        const rest = serve(served)
        yield* save(rest.open)
        assert.deepStrictEqual(
          rest.asked.map(({ offset }) => offset),
          [2200]
        )
      })
    )

    it.scoped("P28 begins again where the version changed, or the provider will not go on", () =>
      Effect.gen(function* () {
        const other = mp4(5000, "first")
        for (const next of [{ body: other, validator: '"2"', ranges: true }, { body: other }]) {
          const { save } = yield* setup()
          yield* Effect.flip(save(breaking(served, 1500)))
          assert.strictEqual((yield* save(serve(next).open)).sha256, sha256(other))
        }
      })
    )

    it.scoped("P28 does not go on without a strong validator", () =>
      Effect.gen(function* () {
        for (const validator of [{}, { validator: 'W/"1"' }]) {
          const { save } = yield* setup()
          yield* Effect.flip(save(breaking({ body, ...validator }, 1500)))
          const again = serve({ body, ranges: true, ...validator })
          assert.strictEqual((yield* save(again.open)).sha256, sha256(body))
          assert.deepStrictEqual(again.asked, [{ offset: 0, validator: Option.none() }])
        }
      })
    )

    it.scoped.each<readonly [string, Partial<VideoDownload>]>([
      ["without a validator", { validator: Option.none(), ...sameLength }],
      ["with another validator", { validator: Option.some('"2"'), ...sameLength }],
      ["with a weak one of the same name", { validator: Option.some('W/"1"'), ...sameLength }],
      ["of another length", { totalBytes: Option.some(mp4(5000, "first").length) }]
    ])("P28 splices no rest that comes %s", ([, answer]) =>
      Effect.gen(function* () {
        const { save } = yield* setup()
        yield* Effect.flip(save(breaking(served, 1500)))
        const other = mp4(5000, "first")
        const asked: Array<number> = []
        const careless: Delivery["open"] = (from) => {
          asked.push(from.offset)
          // Whoever overlooks the validator sends the rest of whatever it has by now.
          return Effect.map(serve({ body: other, validator: '"1"', ranges: true }).open(from), (download) =>
            from.offset === 0 ? download : { ...download, ...answer }
          )
        }
        assert.strictEqual((yield* save(careless)).sha256, sha256(other))
        assert.deepStrictEqual(asked, [1500, 0])
      })
    )

    it.scoped("P28 goes on with no part whose note has a validator that is not strong", () =>
      Effect.gen(function* () {
        for (const validator of ['W/"1"', "1", "Tue, 01 Dec 2026 00:00:00 GMT"]) {
          const { directory, one, save } = yield* setup()
          fs.writeFileSync(join(directory, `.${one.id}.part`), body.subarray(0, 1500))
          const note = { validator, totalBytes: body.length, booted: 0, synced: 1500 }
          fs.writeFileSync(join(directory, `.${one.id}.part.json`), JSON.stringify(note))
          const again = serve(served)
          assert.strictEqual((yield* save(again.open)).sha256, sha256(body))
          assert.deepStrictEqual(again.asked, [{ offset: 0, validator: Option.none() }])
        }
      })
    )

    it.scoped("P27 splices nothing where the provider goes on at another place", () =>
      Effect.gen(function* () {
        const { save } = yield* setup()
        yield* Effect.flip(save(breaking(served, 1500)))
        const asked: Array<number> = []
        const crooked: Delivery["open"] = (from) => {
          asked.push(from.offset)
          return Effect.map(serve({ body }).open(from), (download) => ({
            ...download,
            offset: from.offset && 700
          }))
        }
        assert.strictEqual((yield* save(crooked)).sha256, sha256(body))
        assert.deepStrictEqual(asked, [1500, 0])
      })
    )

    it.scoped("W8 asks for nothing where everything is here", () =>
      Effect.gen(function* () {
        const { directory, one, save } = yield* setup()
        fs.writeFileSync(join(directory, `.${one.id}.part`), body)
        const note = { validator: '"1"', totalBytes: body.length, booted: 0, synced: body.length }
        fs.writeFileSync(join(directory, `.${one.id}.part.json`), JSON.stringify(note))
        const none = serve(served)
        assert.strictEqual((yield* save(none.open)).sha256, sha256(body))
        assert.lengthOf(none.asked, 0)
      })
    )

    it.scoped("W9 finds the file that had its name already, and makes no second one", () =>
      Effect.gen(function* () {
        const { files, save, saveAfter } = yield* setup()
        const first = yield* save(serve(served).open)
        const none = serve(served)
        assert.deepStrictEqual(yield* saveAfter(first, none.open), first)
        assert.lengthOf(none.asked, 0)
        assert.lengthOf(videos(files()), 1)
      })
    )

    it.scoped("W8 W9 says where the video will be before it is there, and leaves nothing else behind", () =>
      Effect.gen(function* () {
        const { directory, files, one, save, saveAfter, store } = yield* setup()
        fs.writeFileSync((yield* save(serve(served).open)).path, "somebody's own")
        const told: Array<StoredVideo> = []
        const stop = new StorageError({ operation: "write the record", reason: "the process dies here" })
        const dying = store.save({
          ...deliver(one, serve(served).open),
          onVerified: (video) => {
            told.push(video)
            assert.isFalse(fs.existsSync(video.path))
            return Effect.fail(stop)
          }
        })
        assert.strictEqual(yield* Effect.flip(dying), stop)
        const [verified] = told
        assert.isDefined(verified)
        const none = serve(served)
        const video = yield* saveAfter(verified, none.open)
        assert.strictEqual(video.sha256, verified.sha256)
        assert.lengthOf(none.asked, 0)

        // It died between the link and what comes after it.
        fs.linkSync(video.path, join(directory, `.${one.id}.part`))
        assert.deepStrictEqual(yield* saveAfter(video, none.open), video)
        assert.deepStrictEqual(
          files().filter((name) => name.startsWith(".")),
          []
        )
        assert.lengthOf(files(), 2)
      })
    )

    it.scoped("W9 S07 a place that was held where there are no links is gone on with after a crash", () =>
      Effect.gen(function* () {
        const { files, one, saveAfter, store } = yield* setup()
        yield* withoutLinks
        const told: Array<StoredVideo> = []
        const delivery = {
          ...deliver(one, serve(served).open),
          onVerified: (video: StoredVideo) => Effect.sync(() => void told.push(video))
        }
        const rename = nodeFs.renameSync
        yield* replacing("renameSync", (from, to) => {
          if (String(to).endsWith(".mp4")) throw new Error("it died here")
          rename(from, to)
        })
        yield* Effect.flip(store.save(delivery))
        yield* replacing("renameSync", rename)
        const [verified] = told
        assert.isDefined(verified)
        assert.lengthOf(videos(files()), 1)
        const none = serve(served)
        assert.deepStrictEqual(yield* saveAfter(verified, none.open), verified)
        assert.deepStrictEqual(files(), [basename(verified.path)])
        assert.isTrue(fs.readFileSync(verified.path).equals(body))
        assert.lengthOf(none.asked, 0)
      })
    )

    it.scoped("S07 where there are no links it replaces no file of somebody else, however empty", () =>
      Effect.gen(function* () {
        const { directory, store } = yield* setup()
        yield* withoutLinks
        const taken = join(directory, "one.mp4")
        fs.writeFileSync(taken, "")
        const video = yield* store.save(deliver(yield* generation({ output: taken }), serve(served).open))
        assert.strictEqual(fs.statSync(taken).size, 0)
        assert.notStrictEqual(video.path, taken)
      })
    )

    it.scoped("W9 names the path again where it was taken in the meantime", () =>
      Effect.gen(function* () {
        const { one, store } = yield* setup()
        const told: Array<string> = []
        const video = yield* store.save({
          ...deliver(one, serve(served).open),
          onVerified: ({ path }) =>
            Effect.sync(() => {
              if (told.push(path) === 1) fs.writeFileSync(path, "faster")
            })
        })
        assert.lengthOf(told, 2)
        assert.strictEqual(told[1], video.path)
        assert.strictEqual(fs.readFileSync(told[0] ?? "", "utf8"), "faster")
      })
    )

    it.scoped("W9 trusts no file that is not what was verified", () =>
      Effect.gen(function* () {
        const { save, saveAfter } = yield* setup()
        const first = yield* save(serve(served).open)
        fs.writeFileSync(first.path, Buffer.alloc(body.length))
        const second = yield* saveAfter(first, serve(served).open)
        assert.notStrictEqual(second.path, first.path)
        assert.strictEqual(second.sha256, sha256(body))
      })
    )

    it.scoped.each(["md5", "sha-256"] as const)("P12 checks the %s that was announced", (algorithm) =>
      Effect.gen(function* () {
        const { files, save } = yield* setup({}, { quarantine: false })
        const announcing =
          (value: string): Delivery["open"] =>
          (from) =>
            Effect.map(serve(served).open(from), (download) => ({
              ...download,
              announcedHash: Option.some({ algorithm, value })
            }))
        const error = yield* Effect.flip(save(announcing("00".repeat(16))))
        assert.strictEqual(error._tag, "DownloadFailed")
        assert.match(error.message, /is not the one that was announced/)
        assert.lengthOf(files(), 0)
        const right = createHash(algorithm.replace("-", "")).update(body).digest("hex")
        assert.strictEqual((yield* save(announcing(right))).integrity, "hash+boxes")
      })
    )

    it.scoped.each(["all of it", "all but the end"])(
      "P12 W8 checks what was announced before a crash, with %s here by then",
      (what) =>
        Effect.gen(function* () {
          const { directory, files, one, save } = yield* setup({}, { quarantine: false })
          const announcing: Delivery["open"] = (from) =>
            Effect.map(breaking(served, 1000)(from), (download) => ({
              ...download,
              announcedHash: Option.some({ algorithm: "sha-256", value: sha256(body) })
            }))
          yield* Effect.flip(save(announcing))
          const wrong = Buffer.from(body).fill(0, 500, 600)
          fs.writeFileSync(
            join(directory, `.${one.id}.part`),
            wrong.subarray(0, what === "all of it" ? undefined : -1)
          )
          // What it goes on with says nothing of a hash.
          const error = yield* Effect.flip(save(serve(served).open))
          assert.match(error.message, /is not the one that was announced/)
          assert.lengthOf(files(), 0)
        })
    )

    it.scoped.each(["all of it", "its beginning"])(
      "S17 W7 W8 after a power failure goes on only from what was synced, with %s here by its length",
      (what) =>
        Effect.gen(function* () {
          const { directory, one, save } = yield* setup()
          yield* Effect.flip(save(breaking(served, 2500)))
          const part = join(directory, `.${one.id}.part`)
          const note = decodeNote(fs.readFileSync(`${part}.json`, "utf8"))
          assert.strictEqual(note.synced, 2500)
          // The length of the file was on disk, the bytes were not; nor was what was synced of it any longer.
          fs.writeFileSync(
            part,
            Buffer.from(body)
              .fill(0, 1000, 3000)
              .subarray(0, what === "all of it" ? undefined : 3000)
          )
          fs.writeFileSync(
            `${part}.json`,
            encodeNote({ ...note, synced: 1000, booted: note.booted - 60_000 })
          )
          const rest = serve(served)
          const video = yield* save(rest.open)
          assert.deepStrictEqual(rest.asked, [
            { offset: 1000, validator: Option.some('"1"'), totalBytes: body.length }
          ])
          assert.isTrue(fs.readFileSync(video.path).equals(body))
        })
    )

    it.scoped("S17 notes what was synced of a long video while it comes", () =>
      Effect.gen(function* () {
        const { directory, one, save } = yield* setup()
        const long = mp4(80 * 1024 * 1024)
        const part = join(directory, `.${one.id}.part`)
        const seen: Array<number> = []
        const watched: Delivery["open"] = (from) =>
          Effect.map(serve({ body: long, validator: '"1"', chunk: 1024 * 1024 }).open(from), (download) => ({
            ...download,
            bytes: Stream.tap(download.bytes, () =>
              Effect.promise(async () => {
                if (fs.existsSync(`${part}.json`))
                  seen.push(decodeNote(fs.readFileSync(`${part}.json`, "utf8")).synced)
                // The disk may take its time.
                if (seen.length > 34 && seen.at(-1) === 0)
                  await new Promise((resolve) => setTimeout(resolve, 100))
              })
            )
          }))
        yield* save(watched)
        assert.strictEqual(seen[0], 0)
        assert.isAtLeast(seen.at(-1) ?? 0, 31 * 1024 * 1024)
      })
    )

    it.scoped("makes nothing of a note that was torn", () =>
      Effect.gen(function* () {
        const { directory, one, save } = yield* setup()
        fs.writeFileSync(join(directory, `.${one.id}.part`), "half")
        fs.writeFileSync(join(directory, `.${one.id}.part.json`), '{"_tag":"Part')
        assert.strictEqual((yield* save(serve(served).open)).sha256, sha256(body))
      })
    )
  })

  describe("silence and trouble", () => {
    it.scoped("gives up after the longest silence of the policy, and keeps what came", () =>
      Effect.gen(function* () {
        const { files, save } = yield* setup()
        const drip: Delivery["open"] = (from) =>
          Effect.map(serve({ body, validator: '"1"' }).open(from), (download) => ({
            ...download,
            bytes: Stream.concat(
              Stream.fromIterable([body.subarray(0, 10), body.subarray(10, 20)]).pipe(
                Stream.tap(() => Effect.sleep("50 seconds"))
              ),
              Stream.never
            )
          }))
        const fiber = yield* Effect.fork(Effect.flip(save(drip)))
        // Real files answer in real time, so the clock has to wait for them.
        yield* eventually(Effect.sync(() => files().length === 1))
        yield* eventually(
          Effect.zipRight(TestClock.adjust("5 seconds"), Effect.map(Fiber.poll(fiber), Option.isSome))
        )
        assert.isAtLeast(yield* Clock.currentTimeMillis, 160_000)
        const error = yield* Fiber.join(fiber)
        assert.match(error.message, /nothing came for 1m/)
        assert.lengthOf(files(), 2)
      })
    )

    it.scoped("S05 refuses, before it is paid for, a folder that is a file", () =>
      Effect.gen(function* () {
        const directory = yield* temporary
        fs.writeFileSync(join(directory, "file"), "")
        fs.mkdirSync(join(directory, "folder.mp4"))
        const store = yield* FileVideoStore.make({ directory })
        for (const output of ["file", "file/inner", "file/x.mp4", "folder.mp4", "nul\0.mp4"]) {
          const one = yield* generation({ output: join(directory, output) })
          const error = yield* Effect.flip(store.prepare(one))
          assert.deepInclude<object>(error, { _tag: "StorageError", onePlace: true }, output)
        }
        yield* store.prepare(yield* generation({ output: join(directory, "new", "x.mp4") }))
        assert.deepStrictEqual(fs.readdirSync(directory).sort(), ["file", "folder.mp4", "new"])
        assert.deepStrictEqual(fs.readdirSync(join(directory, "new")), [])
      })
    )

    // In another process: what never returns can only be ended from outside.
    it.skipIf(process.platform !== "linux")("S05 refuses a place that takes no folders, and soon", () => {
      const root = fileURLToPath(new URL("../../..", import.meta.url))
      const script = fileURLToPath(new URL("placeless.ts", import.meta.url))
      const said = execFileSync(
        process.execPath,
        [join(root, "node_modules/vite-node/vite-node.mjs"), script, "/proc/nope/x"],
        { cwd: root, encoding: "utf8", timeout: 30_000 }
      )
      assert.match(said, /could not create the folder \/proc\/nope\/x/)
      assert.match(said, /could not open the database \/proc\/nope\/x\/records\.db/)
    })

    it.scoped("S05 writes through no link that lies where its part file goes", () =>
      Effect.gen(function* () {
        const { directory, one, save } = yield* setup()
        const victim = join(yield* temporary, "victim")
        fs.writeFileSync(victim, "precious")
        fs.symlinkSync(victim, join(directory, `.${one.id}.part`))
        yield* save(serve({ body }).open)
        assert.strictEqual(fs.readFileSync(victim, "utf8"), "precious")
      })
    )

    it.scoped.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
      "S05 refuses a folder that cannot be written to",
      () =>
        Effect.gen(function* () {
          const directory = yield* temporary
          fs.chmodSync(directory, 0o500)
          const store = yield* FileVideoStore.make({ directory })
          assert.strictEqual((yield* Effect.flip(store.prepare(yield* generation())))._tag, "StorageError")
          fs.chmodSync(directory, 0o700)
        })
    )

    it.scoped.skipIf(!canMount())("S01 says that the disk is full, and goes on when it no longer is", () =>
      Effect.gen(function* () {
        const directory = yield* smallDisk
        const store = yield* FileVideoStore.make({ directory })
        const one = yield* generation({ id: GenerationId.make("full") })
        const large = serve({ body: mp4(3_000_000), validator: '"1"', ranges: true })
        const error = yield* Effect.flip(store.save(deliver(one, large.open)))
        assert.strictEqual(error._tag, "StorageError")
        assert.match(error.message, /ENOSPC/)
        assert.notProperty(error, "onePlace")
        execFileSync("mount", ["-o", "remount,size=8m", directory])
        assert.isAbove((yield* store.save(deliver(one, large.open))).bytes, 3_000_000)
        assert.isAbove(large.asked[1]?.offset ?? 0, 0)
      })
    )
  })

  it.scoped("never succeeds with anything but the very bytes, wherever it breaks", () =>
    Effect.gen(function* () {
      for (let after = 0; after < body.length; after += 397) {
        const { save } = yield* setup()
        const served = { body, validator: '"1"', ranges: after % 2 === 0 }
        assert.isTrue(Exit.isFailure(yield* Effect.exit(save(breaking(served, after)))))
        assert.isTrue(fs.readFileSync((yield* save(serve(served).open)).path).equals(body))
      }
    })
  )
})

/** A function of Node's files is another for the rest of a test. */
const replacing = <Name extends "linkSync" | "renameSync">(name: Name, other: (typeof nodeFs)[Name]) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const before = nodeFs[name]
      nodeFs[name] = other
      syncBuiltinESMExports()
      return before
    }),
    (before) =>
      Effect.sync(() => {
        nodeFs[name] = before
        syncBuiltinESMExports()
      })
  )

const withoutLinks = replacing("linkSync", () => {
  throw Object.assign(new Error("EPERM: operation not permitted, link"), { code: "EPERM" })
})

/** Looks again every few milliseconds of real time, until it is so. */
const eventually = <E, R>(condition: Effect.Effect<boolean, E, R>): Effect.Effect<void, E, R> =>
  Effect.gen(function* () {
    while (!(yield* condition)) yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))
  })

function canMount() {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" })
    return process.platform === "linux" && process.getuid?.() === 0
  } catch {
    return false
  }
}

const smallDisk = Effect.gen(function* () {
  const directory = yield* temporary
  yield* Effect.acquireRelease(
    Effect.sync(() => execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", directory])),
    () => Effect.sync(() => execFileSync("umount", [directory]))
  )
  return directory
})
