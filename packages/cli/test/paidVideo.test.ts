/**
 * A paid video whose provider, server or folder gets in the way, as the command meets it.
 */
import { once } from "node:events"
import { existsSync, mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs"
import { createServer, type IncomingMessage } from "node:http"
import { join } from "node:path"
import { afterAll, afterEach, assert, describe, it } from "@effect/vitest"
import { tinyMp4 } from "../../storage/test/tinyMp4.ts"
import { world } from "./support/mutoscope.ts"

type Answer = { readonly status?: number; readonly json: unknown } | { readonly video: Buffer }

/** The smallest video. */
const video = tinyMp4(Buffer.alloc(2000, 7))

const closing: Array<() => void> = []

/** No two jobs of these servers have one id. */
let jobs = 0

/** A server of OpenAI's dialect. `answer` decides on every poll and download; submits are accepted and counted. */
const serve = async (answer: (kind: "poll" | "content" | "delete", count: number) => Answer) => {
  const counts = { submit: 0, poll: 0, content: 0, delete: 0 }
  const kindOf = ({ method, url = "" }: IncomingMessage) =>
    method === "DELETE" ? "delete" : url.endsWith("/content") ? "content" : "poll"
  const server = createServer((request, response) => {
    request.resume()
    request.on("end", () => {
      const send = (status: number, type: string, body: Buffer) =>
        response.writeHead(status, { "content-type": type, "content-length": body.length }).end(body)
      const json = (body: unknown, status = 200) =>
        send(status, "application/json", Buffer.from(JSON.stringify(body)))
      if (/\/(models|videos)$/.test(request.url ?? "") && request.method === "GET") return json({ data: [] })
      if (request.method === "POST") {
        counts.submit++
        return json({ id: `job-${++jobs}`, status: "queued" })
      }
      const kind = kindOf(request)
      const given = answer(kind, ++counts[kind])
      return "video" in given ? send(200, "video/mp4", given.video) : json(given.json, given.status)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  closing.push(() => {
    server.closeAllConnections()
    server.close()
  })
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return {
    counts,
    env: {
      MUTOSCOPE_OPENAI_BASE_URL: `http://127.0.0.1:${port}/v1`,
      MUTOSCOPE_OPENAI_SERVER: "vllm-omni",
      MUTOSCOPE_MODEL: "openai/wan-video",
      MUTOSCOPE_POLL_INTERVAL: "0.1",
      MUTOSCOPE_RETRY_DELAY: "0.1",
      MUTOSCOPE_OUTPUT_TIMEOUT: "0.1",
      MUTOSCOPE_UNREACHABLE_AFTER: "0.1"
    }
  }
}

const notFound: Answer = { status: 404, json: { detail: "No such video" } }
const job = (status: string): Answer => ({ json: { status } })
const videosIn = (folder: string) => readdirSync(folder).filter((name) => name.endsWith(".mp4"))

describe("a paid video", () => {
  const here = world()
  afterAll(here.remove)
  afterEach(() => {
    for (const close of closing.splice(0)) close()
  })

  const recordOf = async (reference: string): Promise<{ readonly state: { readonly _tag: string } }> =>
    JSON.parse((await here.run(["show", reference, "--json"])).stdout)

  it("whose file is refused again and again is a download that a resume finishes, paid once", async () => {
    const { counts, env } = await serve((kind, count) =>
      kind === "poll" ? job("completed") : count <= 3 ? notFound : { video }
    )
    const first = await here.run(["generate", "a late file", "--output", "late"], { env })
    assert.strictEqual(first.code, 11, first.stderr)
    assert.match(first.stderr, /does not serve the file[\s\S]*mutoscope resume/)
    const second = await here.run(["resume", "last", "--quiet"], { env })
    assert.strictEqual(second.code, 0, second.stderr)
    assert.isTrue(existsSync(second.stdout.trim()))
    assert.strictEqual(counts.submit, 1)
  })

  it("goes to another place where the first takes none, with an id and with --all", async () => {
    const { counts, env } = await serve((kind) => (kind === "poll" ? job("completed") : { video }))
    const place = join(here.cwd, "place")
    mkdirSync(place)
    const blocked = await serve((kind) => (kind === "poll" ? job("completed") : notFound))
    for (const name of ["one", "two"])
      await here.run(["generate", name, "--output", "place", "--quiet"], { env: blocked.env })
    rmSync(place, { recursive: true })
    writeFileSync(place, "a file has its name")
    const stuck = await here.run(["resume", "last"], { env })
    assert.strictEqual(stuck.code, 10, stuck.stderr)
    const moved = await here.run(["resume", "last", "--output", "free", "--quiet"], { env })
    assert.strictEqual(moved.code, 0, moved.stderr)
    assert.match(moved.stdout, /\/free\/\S+\.mp4\n$/)
    const file = await here.run(["resume", "--all", "--output", "all.mp4"], { env })
    assert.strictEqual(file.code, 2)
    assert.match(file.stderr, /--output with --all must be a folder, got the file all\.mp4/)
    const all = await here.run(["resume", "--all", "--output", "rest"], { env })
    assert.strictEqual(all.code, 0, all.stderr)
    assert.strictEqual(videosIn(join(here.cwd, "rest")).length, 1)
    assert.strictEqual(counts.submit, 0)
    const kept = await here.run(["resume", "last", "--output", "elsewhere"], { env })
    assert.strictEqual(kept.code, 0)
    assert.match(kept.stderr, /--output changes nothing/)
  })

  it("of a job that its provider has forgotten is unreachable, is never sent again, and is abandoned by a person", async () => {
    const { counts, env } = await serve((kind, count) =>
      kind === "poll" && count === 1 ? job("queued") : notFound
    )
    const key = ["--key", "forgotten"]
    const first = await here.run(["generate", "a forgotten job", ...key], { env })
    assert.strictEqual(first.code, 12, first.stderr)
    assert.match(first.stderr, /does not know this job \(any more\): No such video/)
    assert.notMatch(first.stderr, /makes no sense/)
    assert.strictEqual((await recordOf("last")).state._tag, "Unreachable")
    const listed = await here.run(["list", "--state", "unreachable", "--json"])
    assert.deepInclude(JSON.parse(listed.stdout), { status: "unreachable", operationId: `job-${jobs}` })
    assert.strictEqual((await here.run(["generate", "a forgotten job", ...key], { env })).code, 12)
    const cancelled = await here.run(["cancel", "last"], { env })
    assert.notMatch(cancelled.stdout + cancelled.stderr, /will be charged/)
    assert.match(cancelled.stderr, /does not know this job/)
    const shown = await here.run(["show", "last"])
    assert.match(shown.stdout, /resolve \S+ --abandon/)
    assert.match(
      (await here.run(["resolve", "last", "--resubmit", "--yes"], { env })).stderr,
      /not sent again/
    )
    assert.strictEqual((await here.run(["resolve", "last", "--abandon"], { env })).code, 0)
    assert.strictEqual((await recordOf("last")).state._tag, "Failed")
    assert.strictEqual(counts.submit, 1)
  })

  it("that came after its job was unknown for a while is fetched", async () => {
    const { counts, env } = await serve((kind, count) =>
      kind === "content" ? { video } : count <= 8 ? notFound : job("completed")
    )
    let last = await here.run(["generate", "found again", "--output", "found"], { env })
    for (let tries = 0; last.code !== 0 && tries < 10; tries++)
      last = await here.run(["resume", "last"], { env })
    assert.strictEqual(last.code, 0, last.stderr)
    assert.strictEqual(counts.submit, 1)
  })

  it("of a job whose server forgets stopped jobs is cancelled, by a cancel of another process too", async () => {
    let stopped = false
    const { env } = await serve((kind) => {
      if (kind === "delete") {
        stopped = true
        return { json: { deleted: true } }
      }
      return stopped ? notFound : job("queued")
    })
    const waiting = here.run(["generate", "to be stopped"], { env })
    for (;;) {
      const { stdout } = await here.run(["list", "--limit", "1", "--json"])
      if (
        stdout !== "" &&
        JSON.parse(stdout).status === "processing" &&
        JSON.parse(stdout).prompt === "to be stopped"
      )
        break
    }
    const cancelled = await here.run(["cancel", "last"], { env })
    assert.strictEqual(cancelled.code, 0, cancelled.stderr)
    assert.strictEqual((await waiting).code, 9)
    assert.strictEqual((await recordOf("last")).state._tag, "Cancelled")
  })
})
