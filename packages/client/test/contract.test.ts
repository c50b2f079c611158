/**
 * The contract of every provider, over every provider of this package.
 */
import { readFileSync } from "node:fs"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Adapters from "../src/Adapters.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import * as Testing from "../src/testing.ts"
import * as Example from "./exampleProvider.ts"
import { request } from "./fixtures.ts"
import { subjects } from "./subjects/index.ts"
import { openAiVideos } from "./subjects/makers.ts"

const { json } = Testing

const example: Testing.Subject = {
  layer: ({ apiKey, baseUrl }) => JobApi.layer(Example.api("lantern", { apiKey, baseUrl })),
  request: request({ model: "lantern" }),
  id: "r-1",
  wire: {
    purpose: ({ method, path }) =>
      method === "GET"
        ? path.includes("/renders/")
          ? "poll"
          : "download"
        : path.endsWith("/stop")
          ? "cancel"
          : "submit",
    accepted: (id) => json(200, { id }),
    running: (id) => json(200, { id, state: "working", percent: 40 }),
    succeeded: (id, url) => json(200, { id, state: "ready", video: { url } }),
    failed: (id, reason) => json(200, { id, state: "broken", reason }),
    strange: (id) => json(200, { id, state: "dreaming" }),
    cancelled: (id) => json(200, { id, state: "stopped" }),
    cancelling: (id) => json(200, { id }),
    refused: (status, message) => json(status, { message }),
    namesVideos: true
  }
}

describe("the contract of a provider", () => {
  it.each(Adapters.all.map(({ name }) => name))("has %s to hold to it", (name) => {
    assert.property(subjects, name)
  })
})

for (const [name, subject] of Object.entries({ ...subjects, "the example of the documentation": example }))
  describe(`the contract of a provider: ${name}`, () => {
    for (const { name, run } of Testing.contract(subject)) it.live(name, () => run)
  })

/** The same provider, spoiled in one way. */
const spoiled = (how: (api: JobApi.JobApi) => Partial<JobApi.JobApi>): Testing.Subject => ({
  ...openAiVideos,
  layer: ({ apiKey, baseUrl }) => {
    const api = OpenAiVideos.api("openai", { baseUrl: `${baseUrl}/v1`, apiKey, model: "wan" })
    return JobApi.layer({ ...api, ...how(api) })
  }
})

const careless: ReadonlyArray<readonly [string, RegExp, Testing.Subject]> = [
  [
    "takes any answer for an accepted job",
    /^R2 after a 200 without a body/,
    spoiled(() => ({ accepted: () => Option.some({ id: "made up" }) }))
  ],
  [
    "takes every refusal for the end of the job",
    /^R8 404/,
    spoiled(() => ({ refusal: () => Option.some({ _tag: "Cancelled" as const }) }))
  ],
  [
    "sends the key wherever the video is",
    /^P18 a video at another origin/,
    {
      ...example,
      layer: ({ apiKey, baseUrl }) =>
        JobApi.layer({
          ...Example.api("lantern", { apiKey, baseUrl }),
          source: ({ model }, video) =>
            video._tag === "Remote" ? { model, url: new URL(video.uri), credential: true } : "none"
        })
    }
  ],
  [
    "does not escape what the server calls a job",
    /^P04/,
    spoiled(() => ({ poll: ({ id, model }) => ({ model, method: "GET", path: `/videos/${id}` }) }))
  ]
]

describe("the documentation", () => {
  it("shows the example as it is tested here, in fewer than 120 lines", () => {
    const source = readFileSync(new URL("exampleProvider.ts", import.meta.url), "utf8")
    const page = readFileSync(new URL("../../../docs/writing-a-provider.md", import.meta.url), "utf8")
    assert.include(page, `\`\`\`ts\n${source}\`\`\``)
    assert.isBelow(source.split("\n").length, 120)
  })
})

describe("the contract of a provider", () => {
  it.live.each(careless)("is broken by one that %s", ([, rule, subject]) =>
    Effect.gen(function* () {
      const broken = yield* Testing.run(subject)
      assert.isTrue(
        broken.some(({ name }) => rule.test(name)),
        broken.map(({ name }) => name).join("\n")
      )
    })
  )
})
