/**
 * Batches and the queue as a person meets them: real processes, files, pipes and Ctrl-C.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { type Api, open } from "./support/api.ts"
import { world } from "./support/mutoscope.ts"

const tiny = ["--resolution", "720p", "--duration", "4"]

const jsonLines = (text: string): ReadonlyArray<Record<string, unknown>> =>
  text
    .trim()
    .split("\n")
    .map((line) => JSON.parse(line))

describe("mutoscope batch and queue", () => {
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
  const prompts = (...lines: ReadonlyArray<string>) => {
    writeFileSync(join(here.cwd, "clips.txt"), lines.join("\n"))
    return "clips.txt"
  }
  const last = (stdout: string) => jsonLines(stdout).at(-1) ?? {}

  it("makes each line once, however often the file is run", async () => {
    const file = prompts("A river", "A hill", "A kite")
    const first = await run(["batch", file, ...tiny])
    assert.strictEqual(first.code, 0, first.stderr)
    assert.match(first.stderr, /3 to make, 0 done already/)
    assert.match(first.stderr, /3 completed/)
    assert.lengthOf(first.stdout.match(/\.mp4/g) ?? [], 3)
    const second = await run(["batch", prompts("A river", "A hill", "A kite", "A boat"), ...tiny])
    assert.match(second.stderr, /1 to make, 3 done already/)
    assert.strictEqual(second.code, 0, second.stderr)
    assert.strictEqual(api.count("submit"), 4)
  })

  it("reads from a pipe, and knows the same lines again", async () => {
    for (const _ of [1, 2]) {
      const { code, stdout, stderr } = await run(["batch", "-", "--json", ...tiny], {
        input: "A river\nA hill\n"
      })
      assert.strictEqual(code, 0, stderr)
      assert.deepInclude(last(stdout)["counts"], { completed: 2 })
    }
    assert.strictEqual(api.count("submit"), 2)
  })

  it("pays for nothing that is not a text of prompts", async () => {
    const refused = async (args: ReadonlyArray<string>, reason: RegExp, options: Options = {}) => {
      const { code, stderr } = await run([...args, ...tiny], options)
      assert.strictEqual(code, 2, stderr)
      assert.match(stderr, reason)
    }
    const file = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(here.cwd, name), content)
      return name
    }
    await refused(["batch", "-"], /stdin|-: .*control character U\+0000 at byte 2 /, { input: "PK\0\u0003" })
    await refused(["batch", file("a.xlsx", "PK")], /a\.xlsx: .*a table that is not CSV/)
    await refused(["batch", file("a.txt", Buffer.from("caf\u00e9\n", "latin1"))], /0xE9 at byte 3 \(line 1\)/)
    await refused(
      ["batch", file("b.txt", '{\n  "prompt": "A river"\n}\n')],
      /b\.txt: .*JSON that is not an array/
    )
    await refused(["generate", "--prompt-file", "a.txt"], /a\.txt: .*0xE9 at byte 3 /)
    await refused(["generate", "-"], /stdin: .*U\+0007 at byte 0 /, { input: "\u0007 A river" })
    assert.strictEqual(api.count("submit"), 0)
    const array = await run(["batch", file("c.json", '["A river", {"prompt": "A hill"}]'), ...tiny])
    assert.strictEqual(array.code, 0, array.stderr)
    await run(["batch", file("d.txt", Buffer.from("\uFEFFA kite\r\n", "utf16le")), ...tiny])
    assert.strictEqual(api.count("submit"), 3)
    await run(["batch", file("e.xlsx", "A boat\n"), "--format", "text", ...tiny])
    assert.strictEqual(api.count("submit"), 4)
  })

  it("C04 Ctrl-C: says how to resume, and resumes", async () => {
    const file = prompts("slow:3! a", "slow:3! b", "slow:3! c")
    let told = false
    const stopped = await run(["batch", file, ...tiny], {
      onStderr: (_, child) => {
        if (told || api.count("submit") < 3) return
        told = true
        child.kill("SIGINT")
      }
    })
    assert.strictEqual(stopped.code, 130, stopped.stderr)
    assert.match(stopped.stderr, /Go on with it: run the same command again/)
    const finished = await run(["batch", file, "--quiet", ...tiny])
    assert.strictEqual(finished.code, 0, finished.stderr)
    assert.strictEqual(api.count("submit"), 3)
  })

  it("names a bad line by its number, makes the others, and makes none where that is what is wanted", async () => {
    writeFileSync(join(here.cwd, "clips.jsonl"), '{"prompt":"A river"}\n{"prompt":""}\nnot JSON\n')
    const strict = await run(["batch", "clips.jsonl", "--strict", ...tiny])
    assert.strictEqual(strict.code, 2)
    assert.match(strict.stderr, /clips\.jsonl:2: [\s\S]*clips\.jsonl:3: /)
    assert.strictEqual(api.count("submit"), 0)
    const lenient = await run(["batch", "clips.jsonl", ...tiny])
    assert.strictEqual(lenient.code, 2)
    assert.match(lenient.stderr, /1 completed, 2 invalid/)
    assert.strictEqual(api.count("submit"), 1)
  })

  it("sends no more than it may, and says how to go on", async () => {
    const file = prompts("A river", "A hill", "A kite")
    const { code, stderr } = await run(["batch", file, "--max-jobs", "2", ...tiny])
    assert.strictEqual(code, 15, stderr)
    assert.match(stderr, /2 completed, 1 pending/)
    assert.match(stderr, /Stopped: [\s\S]*: run the same command again/)
    assert.strictEqual(api.count("submit"), 2)
    assert.strictEqual((await run(["batch", file, ...tiny])).code, 0)
    assert.strictEqual(api.count("submit"), 3)
  })

  it("stops at the first answer that all others would get as well", async () => {
    const file = prompts("unauthorized! a", "unauthorized! b", "unauthorized! c")
    const { code, stderr } = await run(["batch", file, "--concurrency", "1", ...tiny])
    assert.strictEqual(code, 3, stderr)
    assert.match(stderr, /3 pending/)
    assert.match(stderr, /Stopped: [\s\S]*: run the same command again/)
    assert.strictEqual(api.count("submit"), 1)
  })

  it("queue: pauses, goes on, limits, and says why it stopped", async () => {
    const file = prompts("A river", "A hill")
    const added = await run(["batch", file, "--enqueue-only", ...tiny])
    assert.strictEqual(added.code, 0, added.stderr)
    assert.match((await run(["queue"])).stdout, /^2 waiting, 0 in flight\n$/)
    await run(["queue", "pause"])
    const paused = await run(["queue", "run", "--json"])
    assert.deepInclude(last(paused.stdout), { event: "report", completed: 0, paused: true })
    assert.strictEqual(paused.code, 7)
    await run(["queue", "limit", "veo", "0"])
    assert.match((await run(["queue"])).stdout, /2 waiting, 0 in flight, paused\nat most 0 in flight: veo/)
    assert.strictEqual((await run(["queue", "limit", "nobody", "1"])).code, 2)
    await run(["queue", "limit", "veo", "none"])
    await run(["queue", "continue"])
    const ran = await run(["queue", "run", "--quiet"])
    assert.strictEqual(ran.code, 0, ran.stderr)
    assert.deepInclude(last((await run(["queue", "--json"])).stdout), { waiting: 0, paused: false })
    assert.strictEqual(api.count("submit"), 2)

    await run(["batch", prompts("unauthorized! a"), "--enqueue-only", ...tiny])
    const halted = await run(["queue", "run"])
    assert.strictEqual(halted.code, 3)
    assert.match(halted.stderr, /Stopped: .*credentials[\s\S]*mutoscope queue run/)
    const told = last((await run(["queue", "run", "--json"])).stdout)
    assert.match(String(told["halted"]), /credentials/)
    assert.strictEqual(told["exitCode"], 3)
  })
})
