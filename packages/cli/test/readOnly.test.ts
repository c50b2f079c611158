/**
 * A folder on a read-only file system is named with what is wrong with it, whichever it is. A real mount, in a namespace of the
 * test's own: root may write whatever the mode of a folder says.
 */
import { spawnSync } from "node:child_process"
import { existsSync, mkdirSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

const bin = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url))

const canMount =
  process.platform === "linux" &&
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "-o", "ro", "none", "/mnt"]).status === 0

describe.skipIf(!canMount)("a read-only file system", () => {
  const here = world()
  afterAll(here.remove)
  const readOnly = join(here.cwd, "read-only")
  mkdirSync(readOnly)
  const data = join(here.cwd, "data")

  const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>>) =>
    spawnSync(
      "unshare",
      [
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o ro none "$0" && exec "$@"',
        readOnly,
        process.execPath,
        bin,
        ...args
      ],
      {
        cwd: here.cwd,
        encoding: "utf8",
        env: { PATH: process.env["PATH"] ?? "", HOME: here.cwd, MUTOSCOPE_DATA_DIR: data, ...env }
      }
    )

  const tiny = ["generate", "a kite", "--resolution", "480p", "--duration", "2", "--quiet"]
  const cases: ReadonlyArray<readonly [string, ReadonlyArray<string>, Readonly<Record<string, string>>]> = [
    ["the data folder", tiny, { MUTOSCOPE_DATA_DIR: join(readOnly, "data") }],
    ["the folder for videos", [...tiny, "--output", readOnly], {}],
    ["a folder that is to be made for videos", [...tiny, "--output", join(readOnly, "a", "b")], {}],
    ["the emulator's folder", ["emulator", "--port", "0", "--directory", join(readOnly, "e")], {}]
  ]
  it.each(cases)("%s", (_, args, env) => {
    const { status, stderr } = run(args, env)
    assert.include([10, 12], status, stderr)
    assert.include(stderr, "EROFS")
    assert.include(stderr, readOnly)
    assert.notMatch(stderr, /ENOENT|\n {4}at /)
  })

  it("of caches and of the state folder is no reason to stop", () => {
    const { status, stderr, stdout } = run(tiny, {
      XDG_CACHE_HOME: join(readOnly, "cache"),
      XDG_STATE_HOME: join(readOnly, "state")
    })
    assert.strictEqual(status, 0, stderr)
    assert.isTrue(existsSync(stdout.trim()))
  })
})
