/**
 * A batch does not pay into a hole: real processes against a server that accepts every job and delivers none.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"
import { missing, open, type Script, video } from "./support/wanServer.ts"

describe("a provider that delivers nothing", () => {
  let api: Awaited<ReturnType<typeof open>>
  let here: ReturnType<typeof world>
  beforeEach(async () => {
    here = world()
    api = await open()
    writeFileSync(join(here.cwd, "clips.txt"), rising("A cat", 14))
    writeFileSync(join(here.cwd, "others.txt"), rising("A dog", 14))
  })
  afterEach(() => {
    api.close()
    here.remove()
  })

  const rising = (what: string, count: number) =>
    Array.from({ length: count }, (_, index) => `${what} ${index}`).join("\n")
  const run = (...args: ReadonlyArray<string>) => here.run(args, { env: api.env })
  const batch = (file = "clips.txt", ...more: ReadonlyArray<string>) =>
    run("batch", file, "--model", "openai/wan-video", "--concurrency", "4", ...more)
  const stopped = /Stopped: Nothing more is sent to openai: its last 5 jobs delivered no video/

  const causes: ReadonlyArray<readonly [string, Partial<Script>, number]> = [
    ["400", { content: { status: 400, json: { error: { message: "Invalid" } } } }, 11],
    ["404", { content: missing }, 11],
    ["JSON", { content: { json: { error: { message: "no" } } } }, 11],
    ["an empty file", { content: {} }, 11],
    ["500 for the status", { status: { status: 500, json: { error: { message: "oops" } } } }, 12],
    ["404 for the status", { status: missing }, 12]
  ]
  it.each(causes)("ends a batch after five jobs where it answers %s", async (_, script, expected) => {
    Object.assign(api.script, script)
    const { code, stderr } = await batch()
    assert.strictEqual(code, expected, stderr)
    assert.match(stderr, stopped)
    assert.match(stderr, /mutoscope queue continue --provider openai/)
    assert.isAtMost(api.submits(), 4 + 4)
    assert.isAtLeast(api.submits(), 5)
  })

  it("is known to the next run, to queue, doctor and generate, until it is continued", async () => {
    await batch()
    const before = api.submits()
    const other = await batch("others.txt", "--json")
    assert.strictEqual(other.code, 11, other.stderr)
    assert.match(JSON.parse(other.stdout.trim().split("\n").at(-1) ?? "").halted, /^Nothing more is sent/)
    const single = await run("generate", "A boat", "--model", "openai/wan-video")
    assert.strictEqual(single.code, 11)
    assert.match(single.stderr, /Nothing more is sent to openai[\s\S]*queue continue --provider openai/)
    const queue = await run("queue")
    assert.match(queue.stdout, /^openai is stopped: its last 5 jobs delivered no video/m)
    const json = JSON.parse((await run("queue", "--json")).stdout)
    assert.deepInclude(json.breakers[0], { provider: "openai", failures: 5, error: "DownloadFailed" })
    assert.match((await run("doctor", "--offline")).stdout, /openai is stopped/)
    await run("queue", "continue")
    assert.lengthOf(JSON.parse((await run("queue", "--json")).stdout).breakers, 1)
    assert.strictEqual(api.submits(), before)

    api.script.content = video
    const continued = await run("queue", "continue", "--provider", "openai")
    assert.strictEqual(continued.code, 0, continued.stderr)
    const again = await batch("others.txt")
    assert.strictEqual(again.code, 0, again.stderr)
    assert.strictEqual(api.submits(), before + 14)
  })

  it("is sent jobs again once an earlier one delivers, without being told to", async () => {
    await batch()
    api.script.content = video
    const { code, stderr } = await batch()
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(api.submits(), 14)
  })

  it("is sent nothing by `resume --all`, which leaves unsent lines in the queue", async () => {
    await batch()
    const before = api.submits()
    const { code, stderr } = await run("resume", "--all")
    assert.strictEqual(code, 11, stderr)
    assert.match(
      stderr,
      new RegExp(`^ {2}${14 - before} not sent yet, and left in the queue: run their batch again`, "m")
    )
    const json = JSON.parse((await run("resume", "--all", "--json")).stdout.trim().split("\n").at(-1) ?? "")
    assert.deepInclude(json.counts, { failed: before, heldBack: 14 - before })
    assert.deepStrictEqual(
      json.heldBack.map(({ why }: { readonly why: string }) => why),
      Array.from({ length: 14 - before }, () => "unsent")
    )
    assert.strictEqual(api.submits(), before)
  })

  it("holds back a generation outside of the queue from `resume --all`, and says so once", async () => {
    const left = await run("generate", "A boat", "--model", "openai/wan-video", "--detach")
    assert.strictEqual(left.code, 0, left.stderr)
    await batch()
    const before = api.submits()
    const held = await run("generate", "A kite", "--model", "openai/wan-video")
    assert.strictEqual(held.code, 11, held.stderr)
    const { stderr } = await run("resume", "--all")
    assert.match(stderr, /^ {2}1 waiting\. Nothing more is sent to openai: its last/m)
    assert.lengthOf(stderr.match(/queue continue --provider openai/g) ?? [], 1)
    assert.strictEqual(api.submits(), before)
  })

  it("stops two processes that share a database together", async () => {
    const both = await Promise.all([batch("clips.txt"), batch("others.txt")])
    for (const { code, stderr } of both) {
      assert.strictEqual(code, 11, stderr)
      assert.match(stderr, stopped)
    }
    assert.isAtMost(api.submits(), 4 + 2 * 4)
  })

  it("is named in vain where it is none, and where it was not stopped", async () => {
    const none = await run("queue", "continue", "--provider", "nosuch")
    assert.strictEqual(none.code, 2)
    assert.match(none.stderr, /There is no provider nosuch/)
    const open = await run("queue", "continue", "--provider", "openai")
    assert.strictEqual(open.code, 0)
    assert.match(open.stderr, /openai was not stopped/)
  })
})
