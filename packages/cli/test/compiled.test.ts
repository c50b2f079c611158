import {
  chownSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { join } from "node:path"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

const here = world()
afterAll(here.remove)

const cache = join(here.home, "cache")
const kept = join(cache, "mutoscope", "compiled")

const run = (command: string, cacheHome = cache) =>
  here.run([command], { env: { XDG_CACHE_HOME: cacheHome } })

const pieces = (): ReadonlyArray<string> =>
  readdirSync(kept, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))

const dated = (path: string) => [path, statSync(path).mtimeMs] as const

/** Like a file whose middle did not reach the disk. */
const zeroed = (file: Buffer) => file.fill(0, file.length / 4, file.length / 2)

// Elsewhere the environment does not say where such files are kept.
describe.skipIf(process.platform !== "linux")("what was compiled", () => {
  it("is kept below the user's cache folder and leaves nothing else there", async () => {
    const { code, stderr } = await run("list")
    assert.strictEqual(code, 0, stderr)
    assert.isAbove(pieces().length, 1)
    assert.deepStrictEqual(readdirSync(join(cache, "mutoscope")), ["compiled"])
  })

  it("is used by the next run, not made again", async () => {
    const before = pieces().map(dated)
    await run("list")
    assert.deepStrictEqual(pieces().map(dated), before)
  })

  it("is kept too for what a later command needs in addition", async () => {
    const before = pieces().length
    await run("models")
    assert.isAbove(pieces().length, before)
  })

  it("is made again where it was damaged, and hurts nobody", async () => {
    const whole = await run("list")
    for (const path of pieces()) writeFileSync(path, zeroed(readFileSync(path)))
    const again = await run("list")
    assert.deepStrictEqual([again.code, again.stdout, again.stderr], [0, whole.stdout, whole.stderr])
    const before = pieces().map(dated)
    await run("list")
    assert.deepStrictEqual(pieces().map(dated), before)
  })

  it("goes where it is another build's and a month old, not where it is newer", async () => {
    const [build = "none"] = readdirSync(kept)
    const old = join(kept, "old")
    const recent = join(kept, "recent")
    for (const folder of [old, recent]) mkdirSync(folder)
    const twoMonthsAgo = Date.now() / 1000 - 60 * 24 * 3600
    utimesSync(old, twoMonthsAgo, twoMonthsAgo)
    rmSync(join(kept, build), { recursive: true })
    await run("list")
    assert.deepStrictEqual([...readdirSync(kept)].sort(), [build, "recent"].sort())
  })

  it("is done without where it cannot be kept", async () => {
    const file = join(here.home, "a file")
    writeFileSync(file, "")
    const { code, stderr } = await run("list", file)
    assert.deepStrictEqual([code, stderr], [0, (await run("list")).stderr])
  })

  it.skipIf(process.getuid?.() !== 0)("is not for root in a user's folder", async () => {
    const theirs = join(here.home, "theirs")
    mkdirSync(theirs)
    chownSync(theirs, 1, 1)
    const { code } = await run("list", theirs)
    assert.deepStrictEqual([code, readdirSync(theirs)], [0, []])
  })

  it("is done without, at once, where no folder can be made", async () => {
    const { code } = await run("list", "/proc/nowhere")
    assert.strictEqual(code, 0)
  })
})
