/**
 * Where a person wants a video to go: what is no such place is refused before anything is sent.
 */
import { existsSync, mkdirSync, readdirSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"
import { open, video } from "./support/wanServer.ts"

describe("--output", () => {
  let api: Awaited<ReturnType<typeof open>>
  let here: ReturnType<typeof world>
  const run = (...args: ReadonlyArray<string>) => here.run(args, { env: api.env })
  const model = ["--model", "openai/wan-video"]
  const refused =
    /x\.mov ends like a file of another format\. Expected a folder, or a file that ends in \.mp4/

  beforeEach(async () => {
    here = world()
    api = await open()
    api.script.content = video
  })
  afterEach(() => {
    api.close()
    here.remove()
  })

  it("that ends like a file of another format is refused, from a flag, a setting, a batch and a resume", async () => {
    const flag = await run("generate", "a cat", ...model, "--output", "x.mov")
    assert.strictEqual(flag.code, 2, flag.stderr)
    assert.match(flag.stderr, refused)
    writeFileSync(join(here.cwd, "mutoscope.json"), JSON.stringify({ output: "x.mov" }))
    const setting = await run("generate", "a cat", ...model)
    assert.strictEqual(setting.code, 2, setting.stderr)
    assert.match(setting.stderr, refused)
    writeFileSync(join(here.cwd, "mutoscope.json"), "{}")
    writeFileSync(join(here.cwd, "clips.csv"), "prompt,output\na dog,x.mov\na fox,fox.mp4\n")
    const batch = await run("batch", "clips.csv", ...model)
    assert.strictEqual(batch.code, 2, batch.stderr)
    assert.match(batch.stderr, /clips\.csv:2: .*x\.mov ends like a file of another format/)
    assert.strictEqual(api.submits(), 1)
    assert.isTrue(existsSync(join(here.cwd, "fox.mp4")))
    assert.strictEqual((await run("batch", "clips.csv", ...model, "--output", "y.avi")).code, 2)
    assert.strictEqual((await run("resume", "last", "--output", "y.avi")).code, 2)
    assert.strictEqual((await run("resume", "--all", "--output", "y.avi")).code, 2)
    assert.isFalse(existsSync(join(here.cwd, "x.mov")) || existsSync(join(here.cwd, "y.avi")))
  })

  it("is the folder of that name where there is one", async () => {
    mkdirSync(join(here.cwd, "clips.mov"))
    const made = await run("generate", "a cat", ...model, "--output", "clips.mov")
    assert.strictEqual(made.code, 0, made.stderr)
    assert.match(readdirSync(join(here.cwd, "clips.mov")).join(), /^\d+_\d+_a_cat\.mp4$/)
  })
})
