/**
 * What was never sent costs nothing until somebody asks for it: real processes, and a batch that a cap stopped.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"
import { open, video } from "./support/wanServer.ts"

describe("lines that a cap held back", () => {
  let api: Awaited<ReturnType<typeof open>>
  let here: ReturnType<typeof world>
  const model = "openai/wan-video"
  const run = (...args: ReadonlyArray<string>) =>
    here.run(args, { env: { ...api.env, MUTOSCOPE_PRICES: JSON.stringify({ [model]: { perClip: 1 } }) } })
  const batch = (...more: ReadonlyArray<string>) => run("batch", "clips.txt", "--model", model, ...more)
  const waiting = async () =>
    (await run("list", "--state", "pending", "--json")).stdout
      .trim()
      .split("\n")
      .map((line): string => JSON.parse(line).recordId)

  beforeEach(async () => {
    here = world()
    api = await open()
    api.script.content = video
    writeFileSync(join(here.cwd, "clips.txt"), ["a cat", "a dog", "a fox", "a hen"].join("\n"))
    const { code, stderr } = await batch("--max-cost", "2")
    assert.strictEqual(code, 15, stderr)
    assert.strictEqual(api.submits(), 2)
  })
  afterEach(() => {
    api.close()
    here.remove()
  })

  it("are sent by the next run of their batch, and not by `resume --all`, which says so", async () => {
    const resumed = await run("resume", "--all")
    assert.strictEqual(resumed.code, 7, resumed.stderr)
    assert.match(resumed.stderr, /2 unfinished, 0 resumed:\n.*\n {2}2 not sent yet, and left in the queue/)
    assert.strictEqual(api.submits(), 2)
    assert.match((await run("doctor", "--offline")).stdout, /2 waiting to be sent: mutoscope queue/)
    assert.strictEqual((await batch()).code, 0)
    assert.strictEqual(api.submits(), 4)
    assert.strictEqual((await run("resume", "--all")).code, 0)
  })

  it("keep to the cap of the command that resumes one", async () => {
    const [id = ""] = await waiting()
    const capped = await run("resume", id, "--max-cost", "0.99")
    assert.strictEqual(capped.code, 15, capped.stderr)
    assert.strictEqual(api.submits(), 2)
    const sent = await run("resume", id, "--max-cost", "1")
    assert.strictEqual(sent.code, 0, sent.stderr)
    assert.strictEqual(api.submits(), 3)
  })

  it("are asked about where one costs more than the user wants to spend unasked", async () => {
    const [id = ""] = await waiting()
    const asked = await run("resume", id, "--ask-above", "0.5")
    assert.strictEqual(asked.code, 15, asked.stderr)
    assert.match(asked.stderr, /would charge \$1\.00/)
    assert.strictEqual(api.submits(), 2)
    const sent = await run("resume", id, "--ask-above", "0.5", "--yes")
    assert.strictEqual(sent.code, 0, sent.stderr)
    assert.strictEqual(api.submits(), 3)
  })
})
