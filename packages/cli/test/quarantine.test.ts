/**
 * Files that are no videos, end to end: a server serves one, the command keeps it, recognises it, shows it, deletes it,
 * and has the video once the server serves that.
 */
import { once } from "node:events"
import { existsSync, readdirSync, readFileSync, rmSync } from "node:fs"
import { createServer } from "node:http"
import { join } from "node:path"
import { pipeline, Readable } from "node:stream"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { box, ftyp, tinyMp4 } from "../../storage/test/tinyMp4.ts"
import { world } from "./support/mutoscope.ts"

const video = tinyMp4(Buffer.alloc(4000, 7))
/** An MP4 without an index, larger than what a connection holds by itself. */
const broken = Buffer.concat([ftyp, box("mdat", Buffer.alloc(24_000_000, 1))])

/** Bytes that are sent at a time. */
const piece = 64 * 1024

interface Served {
  readonly body: Buffer
  readonly etag?: string
}

/** A server of fal's dialect, whose file is what it is told to be; it counts how often that was asked for, and what left. */
const serve = async (first: Served) => {
  const state = { served: first, asked: 0, sent: 0, jobs: 0 }
  const server = createServer((request, response) => {
    request.resume()
    const { method, url = "" } = request
    if (url.startsWith("/files/")) {
      const { body, etag } = state.served
      state.asked++
      response.writeHead(200, {
        "content-type": "video/mp4",
        "content-length": body.length,
        ...(etag === undefined ? {} : { etag })
      })
      // Only as fast as the other side takes it, so that what is counted was sent.
      const pieces = function* () {
        for (let at = 0; at < body.length; at += piece) {
          state.sent += Math.min(piece, body.length - at)
          yield body.subarray(at, at + piece)
        }
      }
      pipeline(Readable.from(pieces(), { objectMode: false }), response, () => {})
      return
    }
    const body =
      method === "POST"
        ? { request_id: `j${++state.jobs}` }
        : url.includes("/status")
          ? { status: "COMPLETED" }
          : { video: { url: `${base}/files/cat.mp4?signature=canary` } }
    response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(body))
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const base = `http://127.0.0.1:${typeof address === "object" ? address?.port : 0}`
  return {
    base,
    state,
    env: {
      MUTOSCOPE_FAL_API_KEY: "a:b",
      MUTOSCOPE_FAL_BASE_URL: base,
      MUTOSCOPE_RETRY_DELAY: "0.1",
      MUTOSCOPE_POLL_INTERVAL: "0.1"
    },
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

const generate = ["generate", "a cat", "--model", "fal/veo-3.1", "--no-input", "--quiet", "--snap"]

/** One job whose file is refused, in a world of its own. */
const setup = async (served: Served, more: Readonly<Record<string, string>> = {}) => {
  const here = world()
  const server = await serve(served)
  afterAll(() => {
    server.close()
    here.remove()
  })
  const env = { ...server.env, ...more }
  const run = (args: ReadonlyArray<string>) => here.run(args, { env })
  const first = await run(generate)
  const folder = join(here.cwd, ".mutoscope-quarantine")
  const kept = () => (existsSync(folder) ? readdirSync(folder) : [])
  const listed = async () => {
    const { stdout } = await run(["quarantine", "--json"])
    return stdout.trim() === ""
      ? []
      : stdout
          .trim()
          .split("\n")
          .map((line) => JSON.parse(line))
  }
  return { ...here, first, folder, kept, listed, run, state: server.state, base: server.base }
}

const videos = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".mp4"))

describe("a file with a strong ETag that is no video", () => {
  it("is fetched once, recognised by its ETag from then on, and gone once the video is there", async () => {
    const { cwd, first, folder, kept, run, state } = await setup({ body: broken, etag: '"v1"' })
    assert.strictEqual(first.code, 6, first.stderr)
    assert.match(first.stderr, /no index/)
    assert.lengthOf(kept(), 1)
    assert.isTrue(readFileSync(join(folder, kept()[0] ?? "")).equals(broken))
    // Once whole; what is opened after that is closed at its header.
    assert.isBelow(state.sent, broken.length * 1.5)

    const { asked, sent } = state
    const again = await run(["resume", "last", "--quiet"])
    assert.strictEqual(again.code, 6, again.stderr)
    assert.isAbove(state.asked, asked)
    assert.isBelow(state.sent - sent, broken.length / 2)
    assert.lengthOf(kept(), 1)

    state.served = { body: video, etag: '"v2"' }
    const right = await run(["resume", "last", "--quiet"])
    assert.strictEqual(right.code, 0, right.stderr)
    assert.isTrue(readFileSync(right.stdout.trim()).equals(video))
    assert.isFalse(existsSync(folder))
    assert.lengthOf(videos(cwd), 1)
  })
})

describe("a file without an ETag that is no video", () => {
  it("is fetched twice in one run, once in the next, and kept once", async () => {
    const { first, kept, run, state } = await setup({ body: broken })
    assert.strictEqual(first.code, 6, first.stderr)
    assert.strictEqual(state.asked, 2)
    await run(["resume", "last", "--quiet"])
    assert.strictEqual(state.asked, 3)
    assert.lengthOf(kept(), 1)
    state.served = { body: video }
    assert.strictEqual((await run(["resume", "last", "--quiet"])).code, 0)
    assert.lengthOf(kept(), 0)
  })

  it("is not kept where a limit is 0", async () => {
    for (const name of ["MUTOSCOPE_QUARANTINE_LIMIT", "MUTOSCOPE_QUARANTINE_DAYS"]) {
      const { first, kept, state } = await setup({ body: broken }, { [name]: "0" })
      assert.strictEqual(first.code, 6, first.stderr)
      assert.strictEqual(state.asked, 2)
      assert.lengthOf(kept(), 0)
    }
  })

  it("is not kept where it is larger than the limit in MiB", async () => {
    const { first, kept } = await setup({ body: broken }, { MUTOSCOPE_QUARANTINE_LIMIT: "20" })
    assert.strictEqual(first.code, 6, first.stderr)
    assert.lengthOf(kept(), 0)
  })
})

describe("mutoscope quarantine", () => {
  it("lists what is kept with its address, and never the query of that", async () => {
    const { base, folder, kept, listed, run } = await setup({ body: broken, etag: '"v1"' })
    const [one] = await listed()
    const path = join(folder, kept()[0] ?? "")
    assert.deepInclude(one, {
      event: "quarantined",
      bytes: broken.length,
      found: "an MP4 with no index (moov)",
      address: `${base}/files/cat.mp4`,
      path
    })
    assert.match(one.at, /^\d{4}-\d\d-\d\dT/)
    const { code, stdout, stderr } = await run(["quarantine"])
    assert.strictEqual(code, 0, stderr)
    for (const part of [one.recordId, "24.0 MB", "no index", `${base}/files/cat.mp4`, path])
      assert.include(stdout, part)
    const shown = await run(["show", "last"])
    assert.match(shown.stdout, new RegExp(`^address +${base}/files/cat.mp4$`, "m"))
    assert.include(shown.stdout, `kept as ${path}`)
    assert.notInclude(stdout + shown.stdout + JSON.stringify(one), "canary")
  })

  it("deletes only when told to, and then the same version is downloaded again", async () => {
    const { kept, listed, run, state } = await setup({ body: broken, etag: '"v1"' })
    const refused = await run(["quarantine", "empty"])
    assert.strictEqual(refused.code, 2)
    assert.match(refused.stderr, /1 file \(24\.0 MB\) would be deleted[\s\S]*--yes/)
    assert.lengthOf(kept(), 1)

    const emptied = await run(["quarantine", "empty", "last", "--yes", "--json"])
    assert.deepStrictEqual(JSON.parse(emptied.stdout), { event: "emptied", files: 1, bytes: broken.length })
    assert.lengthOf(kept(), 0)
    assert.deepStrictEqual(await listed(), [])
    assert.notMatch((await run(["show", "last"])).stdout, /^refused/m)

    // What damaged it was on the way, and its version is as it was.
    state.served = { body: video, etag: '"v1"' }
    const right = await run(["resume", "last", "--quiet"])
    assert.strictEqual(right.code, 0, right.stderr)
  })

  it("deletes what is of one generation, or all of it", async () => {
    const { kept, listed, run, state } = await setup({ body: broken })
    const [first] = await listed()
    state.served = { body: Buffer.concat([ftyp, box("mdat", Buffer.alloc(100))]) }
    assert.strictEqual((await run([...generate, "--output", "elsewhere"])).code, 6)
    assert.lengthOf(await listed(), 2)
    const one = await run(["quarantine", "empty", first.recordId, "--yes"])
    assert.match(one.stderr, /^Deleted 1 file \(24\.0 MB\)\.$/m)
    assert.lengthOf(kept(), 0)
    assert.lengthOf(await listed(), 1)
    assert.match((await run(["quarantine", "empty", "--yes"])).stderr, /Deleted 1 file \(132 bytes\)/)
    assert.match((await run(["quarantine", "empty", "--yes"])).stderr, /nothing to delete/)
    assert.match((await run(["quarantine"])).stderr, /The quarantine is empty/)
    assert.strictEqual((await run(["quarantine", "empty", "zzz", "--yes"])).code, 13)
  })

  it("shows that a file is not kept any more", async () => {
    const { folder, run } = await setup({ body: broken })
    rmSync(folder, { recursive: true })
    assert.include((await run(["show", "last"])).stdout, "not kept any more")
  })
})
