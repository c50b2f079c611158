/**
 * Which setting wins, what is refused, and what is never said.
 */
import { mkdirSync, rmSync, writeFileSync } from "node:fs"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { afterAll, assert, describe, it } from "@effect/vitest"
import * as Money from "@mutoscope/core/Money"
import * as ConfigProvider from "effect/ConfigProvider"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { Configuration, keys, layer, variable } from "../src/Configuration.ts"
import { open } from "./support/api.ts"
import { world } from "./support/mutoscope.ts"

const configured = (environment: Readonly<Record<string, string>>) =>
  Configuration.pipe(
    Effect.provide(Layer.provide(layer, NodeContext.layer)),
    Effect.withConfigProvider(ConfigProvider.fromMap(new Map(Object.entries(environment))))
  )

describe("Configuration", () => {
  it.effect("takes settings from the environment, decoded", () =>
    Effect.gen(function* () {
      const { settings, origin } = yield* configured({
        MUTOSCOPE_DURATION: "8",
        MUTOSCOPE_POLL_INTERVAL: "0.5",
        MUTOSCOPE_VEO_API_KEY: "canary"
      })
      assert.deepInclude(settings, { duration: 8, pollInterval: 0.5 })
      assert.strictEqual(settings.veoApiKey && Redacted.value(settings.veoApiKey), "canary")
      assert.deepStrictEqual(origin("duration"), Option.some("environment"))
      assert.deepStrictEqual(origin("model"), Option.none())
      assert.notInclude(JSON.stringify(settings), "canary")
    })
  )

  it.effect.each<readonly [string, string]>([
    ["MUTOSCOPE_DURATION", "sixty"],
    ["MUTOSCOPE_DURATION", "61"],
    ["MUTOSCOPE_RESOLUTION", "1440p"],
    ["MUTOSCOPE_RETRIES", "-1"]
  ])("refuses %s=%s and names it", ([name, value]) =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(configured({ [name]: value }))
      assert.strictEqual(error._tag, "ConfigurationInvalid")
      assert.include(error.message, name)
    })
  )

  it.effect("takes an empty variable for none", () =>
    Effect.map(configured({ MUTOSCOPE_MODEL: "" }), ({ settings }) =>
      assert.strictEqual(settings.model, undefined)
    )
  )

  it.effect("puts an account together from what several files say of it", () =>
    Effect.map(
      configured({ MUTOSCOPE_PROVIDERS: '{"openai@gpu":{"baseUrl":"http://127.0.0.1:9/v1","model":"wan"}}' }),
      ({ settings }) => assert.deepStrictEqual(Object.keys(settings.providers ?? {}), ["openai@gpu"])
    )
  )

  it.effect.each(['{"FAL":{}}', '{"fal@":{}}', "[]", "{"])("refuses accounts named by %s", (text) =>
    Effect.map(Effect.flip(configured({ MUTOSCOPE_PROVIDERS: text })), ({ message }) =>
      assert.include(message, "MUTOSCOPE_PROVIDERS")
    )
  )

  it.effect("takes prices of the user's own, as JSON in the environment", () =>
    Effect.map(configured({ MUTOSCOPE_PRICES: '{"fal/*":{"perSecond":0.1}}' }), ({ settings }) =>
      assert.deepStrictEqual(settings.prices, [
        { pattern: "fal/*", rows: [{ perSecond: Money.dollars(0.1) }] }
      ])
    )
  )

  it.effect.each([
    [
      '{"fal/*":{"perSec":1}}',
      `MUTOSCOPE_PRICES: prices: "fal/*" has an unknown key "perSec"; did you mean perSecond?`
    ],
    ["fal", `MUTOSCOPE_PRICES: prices: must be JSON, like {"fal/*": {"perSecond": 0.1}}`],
    [
      '{"fal/*":{"perClip":-1}}',
      `MUTOSCOPE_PRICES: prices: "fal/*": perClip must be an amount of US dollars from 0 up with at most six decimals, like 0.10, got -1`
    ]
  ] as const)("refuses prices like %s", ([text, reason]) =>
    Effect.map(Effect.flip(configured({ MUTOSCOPE_PRICES: text })), ({ message }) =>
      assert.strictEqual(message, reason)
    )
  )

  it("has an environment variable for every setting", () => {
    assert.strictEqual(variable("pollInterval"), "MUTOSCOPE_POLL_INTERVAL")
    assert.strictEqual(new Set(keys.map(variable)).size, keys.length)
  })
})

describe("mutoscope, configured", () => {
  const here = world()
  afterAll(here.remove)
  const project = join(here.cwd, "mutoscope.json")
  const below = join(here.cwd, "a", "b")
  mkdirSync(below, { recursive: true })

  const model = async (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) => {
    const { stderr } = await here.run(["generate", "x", ...args], { env, cwd: below })
    return /model (\S+?)[;,]/.exec(stderr)?.[1] ?? stderr
  }

  it("prefers the flag, then the environment, then the project's file, then the user's", async () => {
    writeFileSync(here.userFile, JSON.stringify({ model: "of-the-user" }))
    assert.strictEqual(await model([]), "of-the-user")
    writeFileSync(project, JSON.stringify({ model: "of-the-project" }))
    assert.strictEqual(await model([]), "of-the-project")
    assert.strictEqual(await model([], { MUTOSCOPE_MODEL: "of-the-environment" }), "of-the-environment")
    assert.strictEqual(
      await model(["--model", "of-the-flag"], { MUTOSCOPE_MODEL: "of-the-environment" }),
      "of-the-flag"
    )
  })

  it.each([
    ['{"modle":"veo-3.1"}', /mutoscope\.json: there is no setting "modle"; did you mean model\?/],
    ['{"duration":"long"}', /mutoscope\.json: duration: /],
    [
      '{"veoApiKey":"canary"}',
      /veoApiKey does not belong in a project's file; set MUTOSCOPE_VEO_API_KEY instead/
    ],
    [
      '{"providers":{"openai@gpu":{"apiKey":"canary"}}}',
      /providers\.openai@gpu\.apiKey does not belong in a project's file; set MUTOSCOPE_OPENAI_GPU_API_KEY instead/
    ],
    ["[1]", /mutoscope\.json: it is not a JSON object/],
    ["", /mutoscope\.json: it is empty\. Write \{\} into it/],
    [" \n", /mutoscope\.json: it is empty\. Write \{\} into it/]
  ])("refuses %s with file and key", async (content, reason) => {
    writeFileSync(project, content)
    const { code, stderr } = await here.run(["list"])
    assert.strictEqual(code, 2)
    assert.match(stderr, reason)
    assert.notInclude(stderr, "canary")
    writeFileSync(project, "{}")
  })

  it("takes one account's settings from both files and the environment, and shows none of its secrets", async () => {
    writeFileSync(project, '{"providers":{"openai@gpu":{"baseUrl":"http://127.0.0.1:9/v1","model":"wan"}}}')
    const env = { MUTOSCOPE_OPENAI_GPU_API_KEY: "canary-4" }
    const models = await here.run(["models"], { env })
    assert.match(models.stdout, /^openai@gpu\/wan /m)
    const providers = await here.run(["providers"], { env })
    assert.match(providers.stdout, /^openai +yes /m)
    assert.include(providers.stdout, "MUTOSCOPE_OPENAI_BASE_URL")
    const refused = await here.run(["generate", "x", "--model", "openai@gpu/wan", "--json"], {
      env: { ...env, MUTOSCOPE_RETRIES: "0" }
    })
    assert.strictEqual(refused.code, 12, refused.stderr)
    const doctor = await here.run(["doctor"], { env })
    assert.match(doctor.stdout, /BAD +openai@gpu +http:\/\/127\.0\.0\.1:9\/v1 cannot be reached/)
    const wrong = await here.run(["doctor", "--offline"], { env: { MUTOSCOPE_OPENAI_API_KEY: "canary-5" } })
    assert.match(wrong.stdout, /BAD +openai +.*baseUrl is missing/)
    for (const { stdout, stderr } of [models, providers, refused, doctor, wrong])
      assert.notMatch(stdout + stderr, /canary/)
    writeFileSync(project, '{"providers":{"opneai":{}}}')
    const unknown = await here.run(["models"])
    assert.match(unknown.stderr, /there is no provider opneai; did you mean openai\?/)
    writeFileSync(project, "{}")
  })

  it("takes google for whichever of Google's models fits and is configured, and says which and why", async () => {
    const gemini = { MUTOSCOPE_GEMINI_API_KEY: "canary-6", MUTOSCOPE_GEMINI_BASE_URL: "http://127.0.0.1:9" }
    const env = { ...gemini, MUTOSCOPE_RETRIES: "0" }
    const omni = await here.run(["generate", "x", "--model", "google"], { env })
    assert.strictEqual(omni.code, 12, omni.stderr)
    assert.match(omni.stderr, /Gemini Omni 1.2 Flash can do all that/)
    const both = { ...env, MUTOSCOPE_VEO_URL: "http://127.0.0.1:9", MUTOSCOPE_VEO_API_KEY: "canary-7" }
    const args = ["generate", "x", "--model", "google", "--duration", "8", "--negative-prompt", "people"]
    const veo = await here.run(args, { env: both })
    assert.strictEqual(veo.code, 12, veo.stderr)
    assert.match(veo.stderr, /negative prompt.*Veo 3\.1/s)
    const neither = await here.run(args)
    assert.strictEqual(neither.code, 2, neither.stderr)
  })

  it("shows in doctor what is set and from where, and never a key; asks the right provider with it", async () => {
    const env = {
      MUTOSCOPE_VEO_URL: "http://127.0.0.1:9",
      MUTOSCOPE_VEO_API_KEY: "canary-1",
      MUTOSCOPE_VERTEX_TOKEN: "canary-2",
      MUTOSCOPE_RETRIES: "0"
    }
    writeFileSync(here.userFile, JSON.stringify({ emulatorApiKey: "canary-3" }))
    const runs = [
      await here.run(["doctor"], { env }),
      await here.run(["generate", "x", "--model", "veo/veo-3.1", "--log-level", "debug"], { env }),
      await here.run(["generate", "x", "--model", "veo/veo-3.1", "--json", "--log-level", "trace"], { env }),
      await here.run(["show", "last", "--json"], { env })
    ]
    const [doctor, generate] = runs
    assert.strictEqual(doctor?.code, 1)
    assert.match(doctor?.stdout ?? "", /veoApiKey +set +\(from environment\)/)
    assert.match(doctor?.stdout ?? "", /emulatorApiKey +set +\(from .*config\.json\)/)
    assert.match(doctor?.stdout ?? "", /BAD +veo +http:\/\/127\.0\.0\.1:9 cannot be reached/)
    assert.notMatch(doctor?.stdout ?? "", /veo.*baseUrl is missing/)
    assert.strictEqual(generate?.code, 12, generate?.stderr)
    for (const { stdout, stderr } of runs) assert.notMatch(stdout + stderr, /canary/)
  })

  it("has one veo, whichever way its address is told, and finds it in order where the emulator is", async () => {
    rmSync(here.userFile, { force: true })
    const api = await open()
    const ways = [
      { MUTOSCOPE_VEO_URL: api.url, MUTOSCOPE_VEO_API_KEY: "canary" },
      { MUTOSCOPE_VEO_BASE_URL: api.url, MUTOSCOPE_VEO_API_KEY: "canary" },
      {
        MUTOSCOPE_VEO_URL: "http://127.0.0.1:9",
        MUTOSCOPE_VEO_BASE_URL: api.url,
        MUTOSCOPE_VEO_API_KEY: "canary"
      }
    ]
    for (const env of ways) {
      const doctor = await here.run(["doctor"], { env })
      assert.notMatch(doctor.stdout, /BAD +veo/)
      assert.match(doctor.stdout, /^default provider +veo$/m)
      assert.deepStrictEqual(doctor.stdout.match(/^ok +veo .*/gm)?.length, 1, doctor.stdout)
      assert.strictEqual(doctor.code, 0, doctor.stdout)
      assert.match((await here.run(["providers"], { env })).stdout, /^veo +yes /m)
    }
    await api.close()
    const half = await here.run(["doctor", "--offline"], { env: { MUTOSCOPE_VEO_URL: api.url } })
    assert.match(half.stdout, /BAD +veo +.*apiKey is missing/)
    assert.strictEqual(half.code, 1)
  })
})
