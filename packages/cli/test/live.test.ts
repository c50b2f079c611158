/**
 * The command and a provider that lists its models: what it says now counts, and not what this version knows.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

const { remove, run } = world()

const listed = (id: string, seconds: number, price: string) => ({
  id,
  name: id,
  supported_resolutions: ["720p"],
  supported_aspect_ratios: ["16:9"],
  supported_durations: [seconds],
  supported_frame_images: null,
  generate_audio: true,
  seed: true,
  upscale_factor: null,
  pricing_skus: { duration_seconds: price }
})

/** It contradicts the table on what Veo 3.1 can do and costs, and has a model that the table has not. */
const list = { data: [listed("google/veo-3.1", 7, "9"), listed("acme/new", 5, "0.1")] }

let status = 200
const asked: Array<string> = []
const server = createServer(({ method, url }, response) => {
  asked.push(`${method} ${url}`)
  response.writeHead(status, { "content-type": "application/json" })
  response.end(JSON.stringify(status === 200 ? list : { error: { code: status, message: "later" } }))
})

beforeAll(() => new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve)))
beforeEach(() => {
  status = 200
  asked.length = 0
})
afterAll(() => {
  server.close()
  remove()
})

const mutoscope = (...args: ReadonlyArray<string>) =>
  run(args, {
    env: {
      MUTOSCOPE_OPENROUTER_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`,
      MUTOSCOPE_OPENROUTER_API_KEY: "canary"
    }
  })

const veo = ["--model", "openrouter/veo-3.1"]
const theList = "GET /api/v1/videos/models"

describe("a provider's own list of models", () => {
  it("is what models and models show tell", async () => {
    const all = await mutoscope("models", "--provider", "openrouter")
    assert.match(all.stdout, /openrouter\/veo-3\.1 +7 +720p +16:9 +optional +\$9\.00/)
    assert.match(all.stdout, /openrouter\/new +5 /)
    const one = await mutoscope("models", "show", "acme/new")
    assert.match(one.stdout, /^seconds +5$/m)
    assert.deepStrictEqual(asked, [theList, theList])
  })

  it("decides what a quote is of, and what it is", async () => {
    const { stdout } = await mutoscope(
      "quote",
      ...veo,
      "--duration",
      "7",
      "--resolution",
      "720p",
      "--json",
      "x"
    )
    assert.deepInclude(JSON.parse(stdout), { duration: 7, least: 63_000_000, most: 63_000_000 })
    const bare = await mutoscope("quote", "--model", "acme/new", "--json", "x")
    assert.deepInclude(JSON.parse(bare.stdout), { model: "acme/new", duration: 5, most: 500_000 })
  })

  it("is held against a limit of money before anything is sent", async () => {
    const dear = await mutoscope("generate", ...veo, "--duration", "8", "--snap", "--max-cost", "5", "x")
    assert.strictEqual(dear.code, 15, dear.stderr)
    assert.include(dear.stderr, "$63.00")
    const illegal = await mutoscope("generate", ...veo, "--duration", "8", "x")
    assert.strictEqual(illegal.code, 2)
    assert.include(illegal.stderr, "nearest: 7 s")
    assert.deepStrictEqual(new Set(asked), new Set([theList]))
  })

  it("decides about the lines of a batch", async () => {
    const { stdout, stderr } = await run(["batch", "--enqueue-only", "--format", "jsonl", "-"], {
      env: {
        MUTOSCOPE_OPENROUTER_BASE_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}/api/v1`,
        MUTOSCOPE_OPENROUTER_API_KEY: "canary"
      },
      input: [
        { prompt: "a", model: "acme/new" },
        { prompt: "b", model: "openrouter/veo-3.1", duration: 8 }
      ]
        .map((line) => JSON.stringify(line))
        .join("\n")
    })
    assert.include(stderr + stdout, "$0.50")
    assert.include(stderr, "nearest: 7 s")
    assert.deepStrictEqual(asked, [theList])
  })

  it("leaves the table where it cannot be had, and it is said", async () => {
    status = 503
    const quoted = await mutoscope("quote", ...veo, "--duration", "8", "--json", "x")
    assert.deepInclude(JSON.parse(quoted.stdout), { least: 1_600_000, most: 3_200_000 })
    assert.match(quoted.stderr, /^What openrouter has and charges now could not be asked/m)
    const models = await mutoscope("models", "--provider", "openrouter")
    assert.match(models.stdout, /openrouter\/veo-3\.1 +4, 6, 8/)
    assert.match(models.stderr, /^What openrouter has and charges now could not be asked/m)
    const unknown = await mutoscope("quote", "--model", "acme/new", "x")
    assert.match(unknown.stderr, /acme\/new cannot be used: nobody is known to have it; What openrouter/)
  })

  it("is not asked for where no model of its could be meant", async () => {
    await mutoscope("quote", "--model", "emulator/veo-3.1", "x")
    await mutoscope("list")
    await mutoscope("generate", "--help")
    assert.isEmpty(asked)
  })
})
