import { spawnSync } from "node:child_process"
import { mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"

const folder = mkdtempSync(join(tmpdir(), "mutoscope-demo-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const program = fileURLToPath(new URL("../dist/main.js", import.meta.url))

const demo = (...args: ReadonlyArray<string>) =>
  spawnSync(process.execPath, [program, ...args], { cwd: folder, encoding: "utf8", timeout: 150_000 })

const isVideo = (path: string) => readFileSync(path).subarray(4, 8).toString() === "ftyp"

describe("the demo", () => {
  it("makes several videos in turn, numbers them, and counts those that succeeded", {
    timeout: 180_000
  }, () => {
    const { status, stdout } = demo("multiple")
    assert.strictEqual(status, 0)
    assert.include(stdout, "[2/3] A city skyline")
    assert.include(stdout, "3 of 3 succeeded")
    const paths = stdout.match(/(?<=Path: +)\S+\.mp4/g) ?? []
    assert.strictEqual(new Set(paths).size, 3)
    assert.isTrue(paths.every((path) => isVideo(path)))
  })

  it("shows each error with its message, its type and what to do next", { timeout: 180_000 }, () => {
    const { status, stdout } = demo("errors")
    assert.strictEqual(status, 0)
    const types = stdout.match(/(?<=Type: +)\S+/g)
    assert.deepStrictEqual(types, [
      ...["unknown", "unknown", "unknown", "unknown", "unknown"],
      ...["quota_exceeded", "generation_failed", "generation_failed", "timeout", "unknown", "unknown"]
    ])
    assert.include(stdout, "Duration must be between 2 and 60 seconds")
    assert.include(stdout, "completed", "the one that was refused once")
  })

  it("refuses a mode that it does not have, and names those that it has", () => {
    const { status, stdout, stderr } = demo("nothing")
    assert.notStrictEqual(status, 0)
    assert.match(stdout + stderr, /single.*multiple.*errors.*all/s)
  })
})
