/**
 * Accounts that are not set up well, and models that are gone: whoever asks is told which it is.
 */
import { afterAll, assert, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

const { remove, run } = world()
afterAll(remove)

const quote = (model: string, env: Readonly<Record<string, string>> = {}) =>
  run(["quote", "--model", model, "a kite"], { env })

describe("an account that is not set up well", () => {
  const env = {
    MUTOSCOPE_FAL_API_KEY: "canary",
    MUTOSCOPE_FAL_PRIORITY: "high",
    MUTOSCOPE_COMFYUI_WORKFLOW: "nowhere.json"
  }

  it("is told of, and is why its models are not there", async () => {
    const { code, stderr } = await quote("fal/veo3.1", env)
    assert.strictEqual(code, 2)
    assert.match(stderr, /^fal is not used: priority cannot be used\.$/m)
    assert.match(
      stderr,
      /^comfyui is not used: the workflow nowhere cannot be used: nowhere\.json cannot be/m
    )
    assert.include(stderr, "fal/veo3.1 cannot be used: fal is not set up well: priority cannot be used")
    assert.include(stderr, "mutoscope doctor")
    assert.notInclude(stderr, "did you mean")
    assert.notInclude(stderr, "canary")
  })

  it("hurts no other, and is not named where nobody asks for models", async () => {
    const other = await quote("emulator/veo-3.1", env)
    assert.strictEqual(other.code, 0)
    assert.include(other.stderr, "fal is not used")
    const list = await run(["list"], { env })
    assert.notInclude(list.stderr, "not used")
  })

  it("stands among the providers with what is wrong", async () => {
    const { stdout } = await run(["providers"], { env })
    assert.match(stdout, /^fal +wrong +fal$/m)
    assert.include(stdout, "fal: priority cannot be used")
    const json = await run(["providers", "--json"], { env })
    const fal = json.stdout.split("\n").find((line) => line.startsWith('{"name":"fal"'))
    assert.deepInclude(JSON.parse(fal ?? ""), {
      configured: [],
      faults: { fal: "priority cannot be used" }
    })
  })
})

describe("a model that is gone", () => {
  it("is said to be, whoever is configured", async () => {
    const gone = async (model: string) => (await quote(model)).stderr
    assert.include(await gone("sora-2"), "openai/sora-2 was retired on 2026-09-24")
    assert.include(await gone("openai/sora-2-pro"), "openai/sora-2-pro was retired on 2026-09-24")
    assert.include(
      await gone("gemini-omni-flash-preview"),
      "was retired on 2026-09-30; ask for gemini-omni-1.2-flash instead"
    )
    assert.include(
      await gone("veo-3.1-generate-preview"),
      "was retired on 2026-10-22; ask for veo-3.1 instead"
    )
  })

  it("is there where somebody has it all the same, and in the preview by its whole name", async () => {
    const preview = await quote("emulator/veo-3.1-generate-preview")
    assert.strictEqual(preview.code, 0, preview.stderr)
    const proxy = await quote("veo-3.1-generate-preview", {
      MUTOSCOPE_VEO_URL: "https://proxy.example",
      MUTOSCOPE_VEO_API_KEY: "canary"
    })
    assert.strictEqual(proxy.code, 0, proxy.stderr)
    const gateway = await quote("openai/sora-2", { MUTOSCOPE_OPENAI_BASE_URL: "https://gateway.example/v1" })
    assert.strictEqual(gateway.code, 0, gateway.stderr)
  })

  it("is refused at OpenAI's own address, where all of them are gone", async () => {
    const { code, stderr } = await quote("openai/sora-2", {
      MUTOSCOPE_OPENAI_BASE_URL: "https://api.openai.com/v1",
      MUTOSCOPE_OPENAI_API_KEY: "canary"
    })
    assert.strictEqual(code, 2)
    assert.include(stderr, "OpenAI switched its Videos API off at api.openai.com on 2026-09-24")
  })
})
