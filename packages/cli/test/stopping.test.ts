/**
 * Told to stop: by Ctrl-C, once and twice, by a closed terminal, by a reader that has gone, in every stage.
 */
import type { ChildProcess } from "node:child_process"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { dialects } from "@mutoscope/emulator/Dialects"
import { type Api, open } from "./support/api.ts"
import { world } from "./support/mutoscope.ts"

const tiny = ["--resolution", "720p", "--duration", "4"]

const last = (text: string): Record<string, unknown> => JSON.parse(text.trimEnd().split("\n").at(-1) ?? "")

describe("mutoscope, told to stop", () => {
  let api: Api
  let here: ReturnType<typeof world>
  beforeEach(async () => {
    here = world()
    api = await open()
  })
  afterEach(async () => {
    await api.close()
    here.remove()
  })

  type Options = Parameters<typeof here.run>[1]
  const run = (args: ReadonlyArray<string>, options: Options = {}) =>
    here.run(args, { ...options, env: { ...api.env, ...options.env } })
  const when = (said: RegExp | (() => boolean), act: (child: ChildProcess) => void): Options => {
    let done = false
    return {
      onStderr: (text, child) => {
        if (done || !(typeof said === "function" ? said() : said.test(text))) return
        done = true
        act(child)
      }
    }
  }
  /** Once the API has seen such a request. */
  const atApi = (kind: Parameters<Api["count"]>[0], act: (child: ChildProcess) => void): Options =>
    when(/starting/, (child) => {
      const timer = setInterval(() => {
        if (api.count(kind) === 0) return
        clearInterval(timer)
        act(child)
      }, 10)
    })
  const record = async () => last((await run(["show", "last", "--json"])).stdout)
  const finish = async () => {
    const resumed = await run(["resume", "last", "--quiet"])
    assert.strictEqual(resumed.code, 0, resumed.stderr)
    assert.match(resumed.stdout, /\.mp4\n$/)
  }
  const calm = (stderr: string) => assert.notMatch(stderr, /\n {4}at |EPIPE|canary/)

  it("C01: Ctrl-C while queued: nothing was sent, and the record can be gone on with", async () => {
    const env = {
      MUTOSCOPE_VEO_URL: "http://127.0.0.1:9",
      MUTOSCOPE_RETRIES: "9",
      MUTOSCOPE_RETRY_DELAY: "20"
    }
    const options = when(/starting/, (child) => setTimeout(() => child.kill("SIGINT"), 500))
    const stopped = await run(["generate", "fine", ...tiny], { ...options, env })
    assert.strictEqual(stopped.code, 130)
    assert.include(stopped.stderr, "Stopped before anything was sent.")
    calm(stopped.stderr)
    await finish()
    assert.strictEqual(api.count("submit"), 1)
  })

  it("C02: Ctrl-C about the intent: at most one request is sent", async () => {
    const options = when(/starting/, (child) => child.kill("SIGINT"))
    const stopped = await run(["generate", "fine", ...tiny], options)
    assert.strictEqual(stopped.code, 130)
    calm(stopped.stderr)
    await finish()
    assert.strictEqual(api.count("submit"), 1)
  })

  it("C03: Ctrl-C with the request on its way: its answer is waited for, and its operation is kept and told", async () => {
    api.hold("submit", 2000)
    const stopped = await run(
      ["generate", "fine", ...tiny],
      atApi("submit", (child) => child.kill("SIGINT"))
    )
    assert.strictEqual(stopped.code, 130)
    assert.include(stopped.stderr, api.operations[0] ?? "none")
    assert.match(stopped.stderr, /Ctrl-C again leaves at once/)
    calm(stopped.stderr)
    await finish()
    assert.strictEqual(api.count("submit"), 1)
  })

  it("C03: without an answer it leaves after ten seconds, and shows what there is to decide", async () => {
    api.hold("submit", 60_000)
    const stopped = await run(
      ["generate", "fine", ...tiny],
      atApi("submit", (child) => child.kill("SIGINT"))
    )
    assert.strictEqual(stopped.code, 130)
    assert.match(
      stopped.stderr,
      /It is unknown whether veo accepted[\s\S]*mutoscope resolve \S+ --adopt OPERATION/
    )
    calm(stopped.stderr)
    assert.deepInclude((await record())["summary"], { status: "unknown" })
  })

  it("C04: Ctrl-C while it renders: shows the operation and how to resume", async () => {
    const stopped = await run(
      ["generate", "slow:3! x", ...tiny],
      when(/request sent/, (child) => child.kill("SIGINT"))
    )
    assert.strictEqual(stopped.code, 130)
    assert.include(stopped.stderr, api.operations[0] ?? "none")
    assert.match(stopped.stderr, /mutoscope resume \S+\n.*mutoscope cancel/)
    calm(stopped.stderr)
    await finish()
    assert.strictEqual(api.count("submit"), 1)
  })

  it("C05: Ctrl-C in a download: resume goes on with it", async () => {
    api.hold("download", 20_000)
    const stopped = await run(
      ["generate", "fine", ...tiny],
      atApi("download", (child) => child.kill("SIGINT"))
    )
    assert.strictEqual(stopped.code, 130)
    calm(stopped.stderr)
    api.hold("download", 0)
    await finish()
    assert.strictEqual(api.count("submit"), 1)
  })

  it("C08: Ctrl-C where nothing goes on", async () => {
    let done = false
    const stopped = await run(["emulator", "--port", "0"], {
      onStderr: (said, child) => {
        if (done || !said.includes("Stop it with Ctrl-C")) return
        done = true
        child.kill("SIGINT")
      }
    })
    assert.strictEqual(stopped.code, 130)
    calm(stopped.stderr)
    // What it speaks, where, and who is told how.
    const [url = ""] = stopped.stdout.trim().split("\n")
    for (const [name, { prefix, title }] of Object.entries(dialects)) {
      const line = stopped.stderr.split("\n").find((line) => line.startsWith(title)) ?? ""
      assert.include(line, ` ${url}${prefix} `, name)
      assert.match(line, /MUTOSCOPE_[A-Z]+_BASE_URL/, name)
    }
    assert.match(stopped.stderr, /MUTOSCOPE_VERTEX_BASE_URL/)
  })

  it("C09: a second Ctrl-C kills at once, and leaves what kill -9 leaves", async () => {
    api.hold("submit", 60_000)
    const left: Array<unknown> = []
    for (const act of [
      (child: ChildProcess) => {
        child.kill("SIGINT")
        setTimeout(() => child.kill("SIGINT"), 300)
      },
      (child: ChildProcess) => child.kill("SIGKILL")
    ]) {
      const before = api.count("submit")
      const options = when(/starting/, (child) => {
        const timer = setInterval(() => {
          if (api.count("submit") === before) return
          clearInterval(timer)
          act(child)
        }, 10)
      })
      const stopped = await run(["generate", "fine", ...tiny], options)
      assert.oneOf(stopped.code, [130, null])
      calm(stopped.stderr)
      const { state } = await record()
      left.push((state as { _tag: string })._tag)
      // Whoever goes on with it sends nothing: nobody can prove that nothing was sent.
      const resumed = await run(["resume", "last"])
      assert.strictEqual(resumed.code, 8, resumed.stderr)
    }
    assert.deepStrictEqual(left, ["Submitting", "Submitting"])
    assert.strictEqual(api.count("submit"), 2)
  })

  it("W4: right after kill -9, resume --all says how long the lease lasts, waits for it and finishes", async () => {
    const killed = await run(
      ["generate", "slow:2! x", ...tiny],
      when(/request sent/, (child) => child.kill("SIGKILL"))
    )
    assert.isNull(killed.code)
    const resumed = await run(["resume", "--all"])
    assert.strictEqual(resumed.code, 0, resumed.stderr)
    assert.match(resumed.stderr, /^1 held by another process, or by one that ended: trying again in 13s$/m)
    assert.match(resumed.stderr, /1 unfinished, 1 resumed:\n +1 finished/)
    assert.match(resumed.stdout, /\.mp4\n$/)
    assert.strictEqual(api.count("submit"), 1)
  })

  it("C10: SIGTERM and SIGHUP are answered like Ctrl-C; a reader that has gone ends it quietly", async () => {
    for (const [signal, code] of [
      ["SIGTERM", 143],
      ["SIGHUP", 129]
    ] as const) {
      const stopped = await run(
        ["generate", "slow:2! x", ...tiny],
        when(/request sent/, (child) => child.kill(signal))
      )
      assert.strictEqual(stopped.code, code)
      assert.match(stopped.stderr, /mutoscope resume \S+/)
      calm(stopped.stderr)
      await finish()
    }
    const headless = await run(["generate", "fine", ...tiny, "--json"], { closeStdout: true })
    assert.strictEqual(headless.code, 141)
    calm(headless.stderr)
    await finish()
    assert.strictEqual(api.count("submit"), 3)
  })
})
