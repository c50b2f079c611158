/**
 * Files that were served whole and are no videos: kept beside the videos, once each, for a while, and never in the way.
 */
import { execFileSync } from "node:child_process"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { dirname, join } from "node:path"
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import { NotAVideo } from "@mutoscope/core/GenerationError"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as Quarantine from "@mutoscope/storage/Quarantine"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { deliver, generation, mp4, operation, type Served, serve, temporary } from "./fixtures.ts"

const page = (text: string) => Buffer.from(`<!doctype html><p>${text}</p>`)

const sha256 = (bytes: Uint8Array) => createHash("sha256").update(bytes).digest("hex")

/** A store in a folder of its own, and what one generation is served. */
const setup = (quarantine?: FileVideoStore.Options["quarantine"]) =>
  Effect.gen(function* () {
    const directory = yield* temporary
    const folder = join(directory, ".mutoscope-quarantine")
    const one = yield* generation({ id: "one" })
    const store = yield* FileVideoStore.make({ directory, quarantine })
    const save = (served: Served, of = one) => store.save(deliver(of, serve(served).open))
    /** Serves something that is refused, and says what is on record of it. */
    const refuse = (served: Served, of = one) =>
      Effect.flatMap(Effect.flip(save(served, of)), (error) =>
        error._tag === "NotAVideo" ? Effect.succeed(error) : Effect.die(error)
      )
    const names = () => (fs.existsSync(folder) ? fs.readdirSync(folder).sort() : [])
    return { directory, folder, names, one, refuse, save }
  })

const nameOf = (body: Uint8Array, id = "one") => `${id}-${sha256(body).slice(0, 12)}.bin`

describe("a file that is no video", () => {
  it.scoped("is kept beside the target, for its owner's eyes, and described by the error", () =>
    Effect.gen(function* () {
      const { directory, folder, names, refuse } = yield* setup()
      const body = page("Sorry")
      const path = join(folder, nameOf(body))
      const { file } = yield* refuse({ body, validator: '"v1"' })
      assert.deepStrictEqual(file, { bytes: body.length, sha256: sha256(body), validator: '"v1"', path })
      assert.isTrue(fs.readFileSync(path).equals(body))
      assert.deepStrictEqual(names(), [nameOf(body)])
      assert.deepStrictEqual(fs.readdirSync(directory), [".mutoscope-quarantine"])
      if (process.platform === "win32") return
      assert.strictEqual(fs.statSync(path).mode & 0o777, 0o600)
      assert.strictEqual(fs.statSync(folder).mode & 0o777, 0o700)
    })
  )

  it.scoped("is kept once, however often it is served, and beside others", () =>
    Effect.gen(function* () {
      const { directory, names, refuse } = yield* setup()
      const [first, second] = [page("one"), page("two")]
      for (const body of [first, first, second, first]) {
        const { file } = yield* refuse({ body })
        assert.strictEqual(file?.path, join(directory, ".mutoscope-quarantine", nameOf(body)))
      }
      assert.deepStrictEqual(names(), [nameOf(first), nameOf(second)].sort())
      assert.deepStrictEqual(fs.readdirSync(directory), [".mutoscope-quarantine"])
    })
  )

  it.scoped("is remembered by a strong ETag only, and never by one that may be that of the whole video", () =>
    Effect.gen(function* () {
      const { refuse } = yield* setup()
      const validator = '"v1"'
      const seen = (served: Served) => Effect.map(refuse(served), ({ file }) => file?.validator)
      assert.isUndefined(yield* seen({ body: page("weak"), validator: 'W/"v1"' }))
      assert.strictEqual(yield* seen({ body: page("no length"), validator, announce: false }), validator)
      assert.isUndefined(yield* seen({ body: mp4().subarray(0, 3000), validator, announce: false }))
      assert.strictEqual(yield* seen({ body: mp4().subarray(0, 3000), validator }), validator)
      // Too short to say what it begins as.
      assert.isUndefined(yield* seen({ body: mp4().subarray(0, 6), validator, announce: false }))
    })
  )

  it.scoped("is not kept where it is empty", () =>
    Effect.gen(function* () {
      const { directory, refuse } = yield* setup()
      assert.isUndefined((yield* refuse({ body: Buffer.alloc(0) })).file)
      assert.deepStrictEqual(fs.readdirSync(directory), [])
    })
  )

  it.scoped(
    "is kept where its hash is not the one that was announced, which does not end the downloads",
    () =>
      Effect.gen(function* () {
        const { directory, folder, names, one } = yield* setup()
        const store = yield* FileVideoStore.make({ directory })
        const body = mp4()
        const wrong = (from: Parameters<ReturnType<typeof serve>["open"]>[0]) =>
          Effect.map(serve({ body, validator: '"v1"' }).open(from), (download) => ({
            ...download,
            announcedHash: Option.some({ algorithm: "md5", value: "00".repeat(16) } as const)
          }))
        const error = yield* Effect.flip(store.save(deliver(one, wrong)))
        assert.strictEqual(error._tag, "DownloadFailed")
        assert.include(error.message, `the bytes are kept as ${join(folder, nameOf(body))}`)
        assert.deepStrictEqual(names(), [nameOf(body)])
        assert.strictEqual((yield* store.save(deliver(one, serve({ body }).open))).sha256, sha256(body))
        assert.isFalse(fs.existsSync(folder))
      })
  )

  it.scoped("is not kept where that is turned off", () =>
    Effect.gen(function* () {
      const { directory, refuse } = yield* setup(false)
      const body = page("Sorry")
      assert.deepStrictEqual((yield* refuse({ body })).file, { bytes: body.length, sha256: sha256(body) })
      assert.deepStrictEqual(fs.readdirSync(directory), [])
    })
  )
})

describe("a video that comes at last", () => {
  it.scoped("removes what was refused of its generation, and nothing of others", () =>
    Effect.gen(function* () {
      const { folder, names, refuse, save } = yield* setup()
      const other = yield* generation({ id: "one-more" })
      yield* refuse({ body: page("one") })
      yield* refuse({ body: page("two") })
      yield* refuse({ body: page("three") }, other)
      fs.writeFileSync(join(folder, "one-notes.txt"), "a person's own")
      yield* save({ body: mp4() })
      assert.deepStrictEqual(names(), ["one-notes.txt", nameOf(page("three"), "one-more")].sort())
      yield* save({ body: mp4() }, other)
      assert.deepStrictEqual(names(), ["one-notes.txt"])
      fs.rmSync(join(folder, "one-notes.txt"))
      yield* refuse({ body: page("four") })
      yield* save({ body: mp4() })
      assert.isFalse(fs.existsSync(folder))
    })
  )

  it.scoped("removes it from where the record says that it is, though the video goes elsewhere", () =>
    Effect.gen(function* () {
      const { directory, folder, one, refuse } = yield* setup()
      const refused = yield* refuse({ body: page("one") })
      const elsewhere = new Generation.Generation({
        ...one,
        output: join(directory, "elsewhere"),
        state: {
          _tag: "Downloading",
          operation,
          submittedAt: DateTime.unsafeMake(0),
          videos: [{ _tag: "Inline", index: 0 }],
          refused
        }
      })
      const store = yield* FileVideoStore.make({ directory })
      yield* store.save(deliver(elsewhere, serve({ body: mp4() }).open))
      assert.isFalse(fs.existsSync(folder))
    })
  )
})

describe("the limits of a quarantine", () => {
  it.scoped("let the oldest go first, and keep nothing that is larger by itself", () =>
    Effect.gen(function* () {
      const { names, refuse } = yield* setup({ maximumBytes: 100 })
      const bodies = ["one", "two", "three", "four"].map((text) => page(text.padEnd(20)))
      for (const body of bodies) {
        yield* refuse({ body })
        yield* TestClock.adjust("1 minutes")
      }
      assert.deepStrictEqual(
        names(),
        bodies
          .slice(2)
          .map((body) => nameOf(body))
          .sort()
      )
      const large = yield* refuse({ body: page("x".repeat(100)) })
      assert.isDefined(large.file)
      assert.isUndefined(large.file?.path)
      assert.lengthOf(names(), 2)
    })
  )

  it.scoped("let go what is older than seven days, when something is added", () =>
    Effect.gen(function* () {
      const { names, refuse } = yield* setup()
      yield* refuse({ body: page("one") })
      yield* TestClock.adjust("6 days")
      yield* refuse({ body: page("two") })
      assert.lengthOf(names(), 2)
      yield* TestClock.adjust("2 days")
      yield* refuse({ body: page("three") })
      assert.deepStrictEqual(names(), [page("two"), page("three")].map((body) => nameOf(body)).sort())
    })
  )

  it.scoped("let it go when a store is first used in a folder, and the folder with the last of them", () =>
    Effect.gen(function* () {
      const { directory, folder, refuse } = yield* setup({ days: 1 })
      yield* refuse({ body: page("one") })
      yield* TestClock.adjust("25 hours")
      const store = yield* FileVideoStore.make({ directory, quarantine: { days: 1 } })
      const other = yield* generation({ id: "other" })
      yield* store.save(deliver(other, serve({ body: mp4() }).open))
      assert.isFalse(fs.existsSync(folder))
    })
  )

  it.scoped("touch nothing that has another name", () =>
    Effect.gen(function* () {
      const { folder, names, refuse } = yield* setup({ maximumBytes: 60, days: 1 })
      const others = ["notes.txt", "one-0123.bin", "ONE-0123456789ab.bin"]
      fs.mkdirSync(join(folder, "folder-0123456789ab.bin"), { recursive: true })
      for (const name of others) fs.writeFileSync(join(folder, name), "x".repeat(100))
      yield* refuse({ body: page("one") })
      yield* TestClock.adjust("2 days")
      yield* refuse({ body: page("two") })
      assert.deepStrictEqual(names(), [...others, "folder-0123456789ab.bin", nameOf(page("two"))].sort())
    })
  )
})

describe("a quarantine that cannot be used", () => {
  const body = page("Sorry")

  it.scoped("because it is a link is not followed, and the file is discarded", () =>
    Effect.gen(function* () {
      const { directory, folder, refuse, save } = yield* setup()
      const elsewhere = yield* temporary
      const precious = join(elsewhere, nameOf(body))
      fs.writeFileSync(precious, body)
      fs.symlinkSync(elsewhere, folder)
      assert.deepStrictEqual((yield* refuse({ body })).file, { bytes: body.length, sha256: sha256(body) })
      assert.deepStrictEqual(yield* Quarantine.list(folder), [])
      yield* save({ body: mp4() })
      assert.isTrue(fs.existsSync(precious))
      assert.lengthOf(fs.readdirSync(directory), 2)
    })
  )

  it.scoped("because something else has the name of the file overwrites nothing", () =>
    Effect.gen(function* () {
      const { directory, folder, refuse } = yield* setup()
      const victim = join(directory, "victim")
      fs.writeFileSync(victim, "precious")
      fs.mkdirSync(folder)
      fs.symlinkSync(victim, join(folder, nameOf(body)))
      assert.isUndefined((yield* refuse({ body })).file?.path)
      assert.strictEqual(fs.readFileSync(victim, "utf8"), "precious")
      assert.isTrue(fs.lstatSync(join(folder, nameOf(body))).isSymbolicLink())
    })
  )

  it.scoped("because a file has its name discards the file", () =>
    Effect.gen(function* () {
      const { directory, folder, refuse } = yield* setup()
      fs.writeFileSync(folder, "a person's own")
      assert.isUndefined((yield* refuse({ body })).file?.path)
      assert.strictEqual(fs.readFileSync(folder, "utf8"), "a person's own")
      assert.deepStrictEqual(fs.readdirSync(directory), [".mutoscope-quarantine"])
    })
  )

  it.scoped.skipIf(process.getuid?.() === 0 || process.platform === "win32")(
    "because it is read-only discards the file",
    () =>
      Effect.gen(function* () {
        const { directory, folder, refuse } = yield* setup()
        fs.mkdirSync(folder, { mode: 0o500 })
        assert.isUndefined((yield* refuse({ body })).file?.path)
        assert.deepStrictEqual(fs.readdirSync(directory), [".mutoscope-quarantine"])
        fs.chmodSync(folder, 0o700)
      })
  )

  it.scoped.skipIf(!canMount())("because it is on another disk discards the file", () =>
    Effect.gen(function* () {
      const { directory, folder, names, refuse } = yield* setup()
      fs.mkdirSync(folder)
      yield* Effect.acquireRelease(
        Effect.sync(() => execFileSync("mount", ["-t", "tmpfs", "-o", "size=1m", "tmpfs", folder])),
        () => Effect.sync(() => execFileSync("umount", [folder]))
      )
      assert.isUndefined((yield* refuse({ body })).file?.path)
      assert.deepStrictEqual(names(), [])
      assert.deepStrictEqual(fs.readdirSync(directory), [".mutoscope-quarantine"])
    })
  )
})

describe("Quarantine", () => {
  it.scoped("lists what is kept with what it looks like, the oldest first, and removes it", () =>
    Effect.gen(function* () {
      const { directory, folder, one, refuse } = yield* setup()
      yield* refuse({ body: page("one") })
      yield* TestClock.adjust("1 minutes")
      yield* refuse({ body: Buffer.from('{"error": 1}') })
      const quarantine = Quarantine.ofGeneration(directory, one)
      assert.strictEqual(quarantine, folder)
      assert.strictEqual(Quarantine.ofOutput(join(directory, "clip.mp4")), folder)
      const kept = yield* Quarantine.list(quarantine)
      assert.deepStrictEqual(
        kept.map(({ found, keptAt }) => [found, keptAt]),
        [
          ["an HTML page", 0],
          ["a JSON document", 60_000]
        ]
      )
      assert.isTrue(kept.every((each) => Quarantine.isOf(each, one)))
      yield* Effect.forEach(kept, Quarantine.remove)
      assert.deepStrictEqual(fs.readdirSync(dirname(folder)), [])
      assert.deepStrictEqual(yield* Quarantine.list(quarantine), [])
    })
  )
})

describe("a download that opens with a version that was refused", () => {
  it.scoped("leaves the part file and the quarantine as they are", () =>
    Effect.gen(function* () {
      const { directory, names, one, refuse } = yield* setup()
      const refused = yield* refuse({ body: page("one"), validator: '"v1"' })
      const store = yield* FileVideoStore.make({ directory })
      const known = new NotAVideo({ found: refused.found, file: refused.file })
      const error = yield* Effect.flip(store.save(deliver(one, () => Effect.fail(known))))
      assert.strictEqual(error, known)
      assert.lengthOf(names(), 1)
    })
  )
})

function canMount() {
  try {
    execFileSync("unshare", ["-m", "true"], { stdio: "ignore" })
    return process.platform === "linux" && process.getuid?.() === 0
  } catch {
    return false
  }
}
