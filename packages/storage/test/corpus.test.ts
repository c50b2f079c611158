/**
 * The corpus: files by recipes, made with ffmpeg, and played by it where they are kept. docs/media.md is its table.
 */
import { execFile, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import { promisify } from "node:util"
import { afterAll, assert, describe, it } from "vitest"
import { inspect } from "../src/internal/media.ts"
import { maker } from "./corpus/encodes.ts"
import { type Recipe, recipes } from "./corpus/recipes.ts"

const run = promisify(execFile)

const isHere = ["ffmpeg", "ffprobe"].every((name) => spawnSync(name, ["-version"]).status === 0)

describe("docs/media.md", () => {
  it("has a row for each kind of the corpus, with its verdict", () => {
    const page = fs.readFileSync(fileURLToPath(new URL("../../../docs/media.md", import.meta.url)), "utf8")
    const rows = page
      .split("\n")
      .filter((line) => /^\| (?!Kind|---)/.test(line))
      .map((line) => line.split("|").map((cell) => cell.trim()))
      .map(([, kind, verdict]) => `${kind}: ${verdict}`)
    assert.sameMembers(rows, Array.from(new Set(recipes.map(({ kind, verdict }) => `${kind}: ${verdict}`))))
  })

  it("stands on at least 150 recipes, no two of them the same", () => {
    assert.isAtLeast(recipes.length, 150)
    assert.strictEqual(new Set(recipes.map(({ kind, name }) => `${kind}: ${name}`)).size, recipes.length)
  })
})

describe.concurrent(isHere ? "the corpus" : "the corpus (skipped: there is no ffmpeg here)", () => {
  const folder = fs.mkdtempSync(join(tmpdir(), "mutoscope-corpus-"))
  afterAll(() => fs.rmSync(folder, { recursive: true }))
  const make = maker(folder)

  const inspected = async (path: string) => {
    const file = fs.openSync(path, "r")
    const cost = { reads: 0, bytes: 0 }
    try {
      const verdict = await inspect(file, fs.fstatSync(file).size, true, (spent) =>
        Object.assign(cost, spent)
      )
      return { verdict, cost }
    } finally {
      fs.closeSync(file)
    }
  }

  /** Every picture that the file has is decoded, without an error. */
  const decoded = async (path: string) => {
    const { stdout } = await run("ffmpeg", [
      "-v",
      "error",
      "-i",
      path,
      "-map",
      "0:v:0",
      "-f",
      "framecrc",
      "-"
    ])
    assert.isNotEmpty(stdout.split("\n").filter((line) => /^0,/.test(line)))
  }

  /** What another demuxer says is in the file. */
  const probed = async (path: string) => {
    const entries = "stream=codec_type,width,height,sample_aspect_ratio:format=duration"
    const { stdout } = await run("ffprobe", ["-v", "error", "-of", "json", "-show_entries", entries, path])
    return JSON.parse(stdout)
  }

  it.skipIf(!isHere).each(recipes.map((recipe) => [`${recipe.kind}: ${recipe.name}`, recipe] as const))(
    "%s",
    async (name, recipe: Recipe) => {
      const path = join(folder, name.replace(/\W+/g, "-"))
      fs.writeFileSync(path, recipe.make(...(await Promise.all(recipe.from.map(make)))))
      const { cost, verdict } = await inspected(path)
      if (recipe.verdict === "refused")
        return assert.isFalse(verdict.whole, verdict.whole ? JSON.stringify(verdict) : "")
      if (!verdict.whole) return assert.fail(verdict.found)
      assert.strictEqual(verdict.warnings.length > 0, recipe.verdict !== "kept", verdict.warnings.join(" "))
      assert.isAtMost(cost.reads, 8)
      assert.isAtMost(cost.bytes, 1024 * 1024)
      if (recipe.undecodable) return
      await decoded(path)
      if (!recipe.isPlain) return
      const { format, streams } = await probed(path)
      const video = streams.find((stream: { codec_type: string }) => stream.codec_type === "video")
      const { durationSeconds, picture, sound } = verdict.media ?? assert.fail("nothing is known of it")
      const isTurned = recipe.name.includes("rotated")
      const [wide = 1, high = 1] = /^\d+:\d+$/.test(video.sample_aspect_ratio ?? "")
        ? String(video.sample_aspect_ratio).split(":").map(Number)
        : []
      const shown = [Math.round((video.width * wide) / high), video.height]
      assert.deepStrictEqual([picture.width, picture.height], isTurned ? shown.reverse() : shown)
      assert.strictEqual(
        sound !== undefined,
        streams.some((stream: { codec_type: string }) => stream.codec_type === "audio")
      )
      if (format.duration !== undefined && durationSeconds !== undefined)
        assert.approximately(durationSeconds, Number(format.duration), 0.15)
    },
    30_000
  )
})
