/**
 * What the former version left behind, opened with the present command: every record is there, everything that can finish
 * finishes, and nothing is paid for twice. See `fixtures/README.md`.
 */

import { spawn } from "node:child_process"
import {
  cpSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { afterEach, assert, describe, it } from "vitest"
import * as Api from "../src/former/api.ts"
import { type Batch, batches, origin, place } from "../src/former/contents.ts"
import { formerVideoOf, hashOf, videoOf } from "../src/video.ts"
import { mutoscope } from "../src/world.ts"

const fixture = fileURLToPath(new URL("../fixtures/former", import.meta.url))

interface Summary {
  readonly recordId: string
  readonly prompt: string
  readonly status: string
}

/** What the records of each first word say before anybody touches them. */
const statuses: Readonly<Record<string, string>> = {
  done: "completed",
  twice: "completed",
  rendering: "processing",
  stopping: "processing",
  part: "processing",
  verified: "processing",
  hanging: "pending",
  spooled: "pending",
  waiting: "pending",
  queued: "pending",
  aside: "pending",
  lost: "unknown",
  expired: "failed",
  page: "failed",
  failed: "failed",
  blocked: "failed",
  cancelled: "cancelled"
}

/** And when everything was gone on with. A provider that has the video of a failed job after all may be asked for it. */
const ends: Readonly<Record<string, ReadonlyArray<string>>> = {
  ...Object.fromEntries(Object.entries(statuses).map(([role, status]) => [role, [status]])),
  rendering: ["completed"],
  stopping: ["completed"],
  part: ["completed"],
  verified: ["completed"],
  spooled: ["completed"],
  waiting: ["completed"],
  queued: ["completed"],
  hanging: ["unknown"],
  expired: ["failed", "completed"],
  page: ["failed", "completed"]
}

/** Jobs that were never sent, and so are to be paid for now: in each of the batches, in that which was changed, and alone. */
const unsent = batches.reduce((sum, { queued }) => sum + queued, 0) + 2

const closing: Array<() => Promise<void> | void> = []
afterEach(async () => {
  for (const close of closing.splice(0)) await close()
})

/** The fixture in a folder of its own, with a provider that has every job of it. */
const stage = async (options: Partial<Api.Options> = {}) => {
  const folder = mkdtempSync(join(tmpdir(), "mutoscope-former-"))
  closing.push(() => rmSync(folder, { recursive: true }))
  cpSync(fixture, folder, { recursive: true })
  replacePart(folder)
  const api = await Api.open({ era: "now", ...options })
  closing.push(api.close)
  relocate(join(folder, "data", "videogen.db"), { [place]: folder, [origin]: api.url })
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: folder,
    XDG_CONFIG_HOME: join(folder, "config"),
    XDG_CACHE_HOME: join(folder, "cache"),
    MUTOSCOPE_DATA_DIR: join(folder, "data"),
    MUTOSCOPE_OUTPUT: join(folder, "videos"),
    ...Object.fromEntries(
      Object.entries(Api.settings(api.url)).map(([name, value]) => [`MUTOSCOPE_${name}`, value])
    )
  }
  const work = join(folder, "work")
  const run = (args: ReadonlyArray<string>, input?: string): Promise<Ended> =>
    new Promise((resolve, reject) => {
      const stdin = input === undefined ? "ignore" : openSync(join(work, input), "r")
      const child = spawn(process.execPath, [mutoscope, ...args], {
        cwd: work,
        env,
        stdio: [stdin, "pipe", "pipe"]
      })
      const said = { stdout: "", stderr: "" }
      for (const channel of ["stdout", "stderr"] as const)
        child[channel]?.setEncoding("utf8").on("data", (text: string) => (said[channel] += text))
      child.on("error", reject)
      child.on("close", (code) => resolve({ code, ...said }))
    })
  const list = async (): Promise<ReadonlyArray<Summary>> => {
    const { code, stderr, stdout } = await run(["list", "--limit", "1000", "--json"])
    assert.strictEqual(code, 0, stderr)
    return stdout
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line))
  }
  return { folder, api, run, list }
}

/**
 * What the fixture holds of the video that had arrived in part is no video by what is asked of one today: its index consists
 * of zeros. The copy gets the same bytes of the video that is served, whose length and version are those of the note.
 */
const replacePart = (folder: string) => {
  const notes = readdirSync(join(folder, "videos")).filter((name) => name.endsWith(".part.json"))
  for (const name of notes) {
    const note = readFileSync(join(folder, "videos", name), "utf8")
    const job = /fixture-[\w-]+/.exec(note)?.[0] ?? ""
    const whole = videoOf(job, Api.videoBytes)
    assert.strictEqual(JSON.parse(note).totalBytes, whole.length)
    const part = join(folder, "videos", name.slice(0, -".json".length))
    writeFileSync(part, whole.subarray(0, statSync(part).size))
  }
}

interface Ended {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

type Stage = Awaited<ReturnType<typeof stage>>

/** Puts other texts in the place of some, wherever records hold them. */
const relocate = (database: string, texts: Readonly<Record<string, string>>) => {
  const opened = new Database(database)
  for (const [from, to] of Object.entries(texts))
    for (const column of ["output", "state_json", "request", "asked", "tried"])
      opened.prepare(`UPDATE generations SET ${column} = replace(${column}, ?, ?)`).run(from, to)
  opened.close()
}

/** A batch file run again as it was run then. */
const again = ({ run }: Stage, { args, input }: Pick<Batch, "args" | "input">) =>
  run(["batch", ...args, "--json"], input)

interface Report {
  readonly counts: Readonly<Record<string, number>>
}

const reportOf = ({ stderr, stdout }: Ended): Report => {
  const last = stdout.trim().split("\n").at(-1) ?? ""
  const report = JSON.parse(last)
  assert.strictEqual(report.event, "report", stderr)
  return report
}

/** The batch whose file was changed: as it is now, and with the line that was taken away. */
const changed = (file: string) => ({ args: [file, "--batch", "changed", "--model", "openai/wan2.2"] })

/** Nothing that was sent then is sent now, and nothing is sent twice now but what is two lines. */
const assertPaidOnce = ({ api }: Stage) => {
  const roles = api.posts.map(({ prompt }) => Api.roleOf(prompt))
  assert.deepStrictEqual(
    roles.filter((role) => !["queued", "waiting", "aside"].includes(role)),
    []
  )
  assert.strictEqual(new Set(api.posts.map(({ body }) => body)).size, api.posts.length)
}

const assertEnds = async ({ list }: Stage) => {
  for (const { prompt, status } of await list())
    assert.include(ends[Api.roleOf(prompt)] ?? [], status, prompt)
}

/** The rest of the video that had arrived in part is asked for, and what was whole already is not. */
const assertBytesFetchedOnce = ({ api }: Stage) => {
  const of = (role: string) => api.fetches.filter(({ job }) => Api.roleOf(job) === role)
  assert.deepStrictEqual(
    of("part").map(({ range, status }) => ({ range, status })),
    [{ range: `bytes=${Api.arrived.first}-`, status: 206 }]
  )
  assert.deepStrictEqual(of("verified"), [])
  assert.deepStrictEqual(of("done"), [])
  assert.deepStrictEqual(of("twice"), [])
}

/** Every finished video is where its record says, and the one that its provider serves for its job. */
const assertVideos = async ({ folder }: Stage) => {
  const opened = new Database(join(folder, "data", "mutoscope.db"), { readonly: true })
  const rows = opened
    .prepare(
      `SELECT prompt, json_extract(state_json, '$.operation.id') AS operation, json_extract(state_json, '$.video.path') AS path
        FROM generations WHERE state = 'Completed'`
    )
    .all() as ReadonlyArray<{ readonly prompt: string; readonly operation: string; readonly path: string }>
  opened.close()
  for (const { operation, path, prompt } of rows) {
    const job = /fixture-[\w-]+$/.exec(operation)?.[0] ?? ""
    assert.isTrue(path.startsWith(folder), path)
    assert.isTrue(existsSync(path), prompt)
    const served = [formerVideoOf, videoOf].map((of) => hashOf(of(job, Api.videoBytes)))
    assert.include(served, hashOf(readFileSync(path)), prompt)
  }
}

describe("what the former version left behind", () => {
  it("S13 opens, every record in its state, and costs nothing to look at", async () => {
    const here = await stage()
    const records = await here.list()
    assert.strictEqual(records.length, 39)
    assert.sameMembers(
      Array.from(new Set(records.map(({ prompt }) => Api.roleOf(prompt)))),
      Object.keys(statuses)
    )
    for (const { prompt, status } of records) assert.strictEqual(status, statuses[Api.roleOf(prompt)], prompt)
    const oneOfEach = new Map(records.map((record) => [Api.roleOf(record.prompt), record]))
    for (const { prompt, recordId } of oneOfEach.values()) {
      const { code, stderr, stdout } = await here.run(["show", recordId, "--json"])
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, JSON.stringify(prompt).slice(1, -1))
    }
    assert.strictEqual((await here.run(["costs", "--json"])).code, 0)
    assert.strictEqual((await here.run(["queue", "--json"])).code, 0)
    assert.deepStrictEqual([here.api.posts, here.api.fetches], [[], []])
  })

  it("S13 W3 W4 W7 W8 finishes all that can be, with resume --all and then each batch, and pays only for what was never sent", async () => {
    const here = await stage()
    const { code, stdout } = await here.run(["resume", "--all", "--json"])
    assert.strictEqual(code, 8, stdout)
    // Of what was never sent only the job that stands alone: the others are lines of a batch, which is run again.
    assert.strictEqual(here.api.posts.length, 1)
    assertBytesFetchedOnce(here)
    for (const batch of batches) {
      const { counts } = reportOf(await again(here, batch))
      assert.deepStrictEqual(counts["completed"], batch.sent + batch.queued, batch.title)
    }
    await again(here, changed("changed.txt"))
    assert.strictEqual(here.api.posts.length, unsent)
    await assertEnds(here)
    await again(here, changed("changed-first.txt"))
    assert.strictEqual(here.api.posts.length, unsent + 1)
    assertPaidOnce(here)
    await assertVideos(here)
  })

  it("S13 knows every line of every batch again, and sends only those that were waiting", async () => {
    const here = await stage()
    for (const batch of batches) {
      const before = here.api.posts.length
      const { counts } = reportOf(await again(here, batch))
      assert.strictEqual(here.api.posts.length - before, batch.queued, batch.title)
      assert.deepStrictEqual(counts["completed"], batch.sent + batch.queued, batch.title)
      reportOf(await again(here, batch))
      assert.strictEqual(here.api.posts.length - before, batch.queued, `${batch.title}, again`)
    }
    await again(here, changed("changed.txt"))
    await here.run(["resume", "--all", "--json"])
    assert.strictEqual(here.api.posts.length, unsent)
    assertPaidOnce(here)
    await assertEnds(here)
    assertBytesFetchedOnce(here)
    await assertVideos(here)
    assert.strictEqual((await here.list()).length, 39)
  })

  it("S13 makes no job of a key twice", async () => {
    const here = await stage()
    const keyed = (prompt: string, key: string, ...more: ReadonlyArray<string>) =>
      here.run(["generate", prompt, "--model", "fal/veo-3.1-fast", "--key", key, "--quiet", ...more])
    const poster = await keyed("done: a poster of a lamp", "poster", "--seed", "7")
    const trailer = await keyed("rendering: a trailer of a lamp", "trailer")
    assert.deepStrictEqual([poster.code, trailer.code], [0, 0], poster.stderr + trailer.stderr)
    assert.match(poster.stdout, /done_a_poster_of_a_lamp\.mp4\n$/)
    assert.match(trailer.stdout, /rendering_a_trailer_of\S*\.mp4\n$/)
    assert.deepStrictEqual(here.api.posts, [])
    await assertVideos(here)
  })

  it("S13 passes on a cancel that was asked for then, where the job still runs", async () => {
    const here = await stage({ running: ["stopping"] })
    const stopping = (await here.list()).find(({ prompt }) => Api.roleOf(prompt) === "stopping")
    const { code, stderr } = await here.run(["resume", stopping?.recordId ?? "", "--quiet"])
    assert.strictEqual(code, 9, stderr)
    assert.deepStrictEqual(
      here.api.cancels.map((job) => Api.roleOf(job)),
      ["stopping"]
    )
    assert.deepStrictEqual(here.api.posts, [])
  })
})
