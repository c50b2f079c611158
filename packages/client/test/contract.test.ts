/**
 * The contract of every provider, over every provider of this package.
 */
import { readFileSync } from "node:fs"
import { HttpClient } from "@effect/platform/HttpClient"
import { assert, describe, it } from "@effect/vitest"
import { AuthenticationFailed, DownloadFailed, GenerationFailed } from "@mutoscope/core/GenerationError"
import { MicroUsd } from "@mutoscope/core/Money"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Adapters from "../src/Adapters.ts"
import * as Fal from "../src/Fal.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import * as Testing from "../src/testing.ts"
import * as Example from "./exampleProvider.ts"
import { request } from "./fixtures.ts"
import { subjects } from "./subjects/index.ts"
import { openAiVideos, openRouter, seedance } from "./subjects/makers.ts"

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

  it.each(Adapters.all.map(({ name }) => name).filter((name) => name !== "comfyui"))(
    "has %s to know the filter of its vendor",
    (name) => {
      assert.containsAllKeys(subjects[name]?.wire.blocked, ["submit", "failed"])
    }
  )
})

for (const [name, subject] of Object.entries({ ...subjects, "the example of the documentation": example }))
  describe(`the contract of a provider: ${name}`, () => {
    for (const { name, run } of Testing.contract(subject)) it.live(name, () => run)
  })

/** The example, spoiled in one way. */
const spoiledExample = (how: (api: JobApi.JobApi) => Partial<JobApi.JobApi>): Testing.Subject => ({
  ...example,
  layer: (options) => {
    const api = Example.api("lantern", options)
    return JobApi.layer({ ...api, ...how(api) })
  }
})

/** The same provider, spoiled in one way. */
const spoiled = (how: (api: JobApi.JobApi) => Partial<JobApi.JobApi>): Testing.Subject => ({
  ...openAiVideos,
  layer: ({ apiKey, baseUrl }) => {
    const api = OpenAiVideos.api("openai", { baseUrl: `${baseUrl}/v1`, apiKey, model: "wan" })
    return JobApi.layer({ ...api, ...how(api) })
  }
})

type Provider = Context.Tag.Service<VideoProvider>

/** The example, or another, changed in how it answers, and perhaps in what it is told. */
const changed = (
  how: (provider: Provider, client: HttpClient) => Partial<Provider>,
  wire: Partial<Testing.Wire> = {},
  subject: Testing.Subject = example
): Testing.Subject => ({
  ...subject,
  wire: { ...subject.wire, ...wire },
  layer: (options) =>
    Layer.effect(
      VideoProvider,
      Effect.gen(function* () {
        const provider = yield* VideoProvider
        return { ...provider, ...how(provider, yield* HttpClient) }
      })
    ).pipe(Layer.provide(subject.layer(options)))
})

/** The address of the job as its server names it, which this one keeps and asks. */
const namesItself: Partial<Testing.Wire> = {
  accepted: (id, base) => json(200, { id: `${base}/renders/r-1#${id}` })
}

const decodeNamed = Schema.decodeOption(Schema.parseJson(Schema.Struct({ id: Schema.String })))

const decodeStrictly = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ reason: Schema.optional(Schema.String) }))
)

const decodeCharge = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ cost: Schema.optionalWith(Schema.Number, { default: () => 0 }) }))
)

const careless: ReadonlyArray<readonly [string, RegExp, Testing.Subject]> = [
  [
    "takes any answer for an accepted job",
    /^R2 after a 200 without a body/,
    spoiled(() => ({ accepted: () => Option.some({ id: "made up" }) }))
  ],
  [
    "does not know that a video was held back",
    /^a video that is held back .* own words/,
    {
      ...example,
      wire: {
        ...example.wire,
        blocked: { failed: (id) => json(200, { id, state: "broken", reason: "unsafe" }) }
      }
    }
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
    "takes a bare refusal with a phrase for the end of the job",
    /^R8 400 "Internal Server Error"/,
    spoiled(() => ({
      refusal: ({ body, status }) =>
        status === 400 && body.includes("message")
          ? Option.some({ _tag: "Failed", error: new GenerationFailed({ provider: "openai", reason: body }) })
          : Option.none()
    }))
  ],
  [
    "takes the refusal of a result for the end of the job",
    /^R8 500 for the result of a job that is done/,
    {
      ...(subjects["fal"] ?? example),
      layer: ({ apiKey, baseUrl }) => {
        const api = Fal.api("fal", { apiKey, baseUrl })
        return JobApi.layer({
          ...api,
          status: (answer, operation) =>
            Option.map(api.status(answer, operation), (told) =>
              told._tag !== "Further"
                ? told
                : {
                    ...told,
                    read: (answer) =>
                      answer.status < 500
                        ? told.read(answer)
                        : Option.some({
                            _tag: "Failed" as const,
                            error: new GenerationFailed({ provider: "fal", reason: answer.body })
                          })
                  }
            )
        })
      }
    }
  ],
  [
    "asks by the id of the last answer",
    /^a job is known by its own id, .* another/,
    spoiled(() => ({
      status: ({ body }) =>
        Option.map(decodeNamed(body), ({ id }) => ({
          _tag: "Succeeded" as const,
          videos: [{ _tag: "Remote" as const, uri: `videos/${id}/content` }] as const
        }))
    }))
  ],
  [
    "looks for a video in one place only",
    /^W13 .* refused with 404 is fetched at the address that the job names besides/,
    spoiled(() => ({ elsewhere: undefined }))
  ],
  [
    "takes an address of its own input for that of a result",
    /^P18 an address that stands in the request/,
    {
      ...openAiVideos,
      layer: (options) =>
        Layer.effect(
          VideoProvider,
          Effect.map(VideoProvider, (provider) => ({
            ...provider,
            download: (...[operation, video, from]: Parameters<Provider["download"]>) =>
              provider.download(operation, video, from)
          }))
        ).pipe(Layer.provide(openAiVideos.layer(options)))
    }
  ],
  [
    "takes another server's wish for a key for a word on ours",
    /^P18 401 of another server/,
    changed(({ download }) => ({
      download: (operation, video, from) =>
        Effect.catchTag(download(operation, video, from), "OutputRefused", ({ provider, reason }) =>
          Effect.fail(new AuthenticationFailed({ provider, reason }))
        )
    }))
  ],
  [
    "makes a video of an error",
    /^P26 an error that is called a video/,
    changed(({ download }, client) => ({
      download: (operation, video, from) =>
        Effect.orElse(download(operation, video, from), () =>
          video._tag === "Remote"
            ? Effect.map(Effect.orDie(client.get(video.uri)), (response) => ({
                offset: 0,
                totalBytes: Option.none(),
                announcedHash: Option.none(),
                validator: Option.none(),
                bytes: Stream.orDie(response.stream)
              }))
            : Effect.dieMessage("inline")
        )
    }))
  ],
  [
    "takes an expired video for one that was cut",
    /^W13 .* 404 is OutputRefused/,
    changed(({ download }) => ({
      download: (operation, video, from) =>
        Effect.catchTag(download(operation, video, from), "OutputRefused", ({ provider, reason }) =>
          Effect.fail(new DownloadFailed({ provider, reason }))
        )
    }))
  ],
  [
    "takes an expired address for a key that is wrong",
    /^W13 .* 403 is OutputRefused/,
    changed(({ download }) => ({
      download: (operation, video, from) =>
        Effect.catchTag(download(operation, video, from), "OutputRefused", ({ provider, reason }) =>
          Effect.fail(new AuthenticationFailed({ provider, reason }))
        )
    }))
  ],
  [
    "says that a job was stopped because it was asked to",
    /^C11 a job that ends before it can be stopped/,
    changed(({ cancel }) => ({ cancel: (operation) => Effect.as(cancel(operation), "Cancelled") }))
  ],
  [
    "lets go of the video of a job that it asked to stop",
    /^C11 a job that was asked to stop and goes on/,
    changed(({ cancel, poll }) => {
      const asked = new Set<string>()
      return {
        cancel: (operation) => Effect.tap(cancel(operation), () => asked.add(operation.id)),
        poll: (operation) =>
          asked.has(operation.id) ? Effect.succeed({ _tag: "Cancelled" }) : poll(operation)
      }
    })
  ],
  [
    "does not look again where a cancel is refused",
    /^C11 .* refused with 409/,
    spoiledExample((api) => ({
      cancel: api.cancel && {
        ...api.cancel,
        read: ({ status }) => (status >= 400 ? Option.some("Requested") : Option.none())
      }
    }))
  ],
  [
    "takes any answer to a cancel for an outcome",
    /^C11 a cancel that is answered with 500/,
    changed(({ cancel }) => ({
      cancel: (operation) => Effect.orElseSucceed(cancel(operation), () => "Requested")
    }))
  ],
  [
    "asks wherever the answer to the submit leads",
    /^P18 a submit that is answered with another's addresses/,
    changed(
      ({ poll }, client) => ({
        poll: (operation) =>
          Effect.zipRight(Effect.ignore(Effect.scoped(client.get(operation.id))), poll(operation))
      }),
      namesItself
    )
  ],
  [
    "asks wherever the answer to a poll leads",
    /^P18 a job that is done and names another's addresses/,
    changed(
      ({ poll }, client) => ({
        poll: (operation) =>
          Effect.tap(poll(operation), (status) =>
            status._tag === "Succeeded" && status.videos[0]._tag === "Remote"
              ? Effect.ignore(Effect.scoped(client.get(status.videos[0].uri.replace(/^.*#/, ""))))
              : Effect.void
          )
      }),
      { succeeded: (id, url, base) => json(200, { id, state: "ready", video: { url: `${url}#${base}` } }) }
    )
  ],
  [
    "knows a failure by one kind of sentence only",
    /^P05 a failure of another kind/,
    spoiledExample((api) => ({
      status: (answer, operation) =>
        Option.zipRight(decodeStrictly(answer.body), api.status(answer, operation))
    }))
  ],
  [
    "breaks on a charge that nobody can pay",
    /^P05 an absurd number hides no video/,
    {
      ...spoiledExample((api) => ({
        status: (answer, operation) =>
          Option.map(
            Option.all([api.status(answer, operation), decodeCharge(answer.body)]),
            ([told, { cost }]) => (told._tag === "Succeeded" ? { ...told, cost: MicroUsd.make(cost) } : told)
          )
      })),
      wire: {
        ...example.wire,
        succeeded: (id, url) => json(200, { id, state: "ready", video: { url }, cost: 400_000 })
      }
    }
  ],
  [
    "does not name its jobs where it says it does",
    /^a paid request carries the label/,
    { ...openRouter, request: request({ ...openRouter.request, providerOptions: { session_id: null } }) }
  ],
  [
    "names its jobs where there is no place for it",
    /^a paid request says nothing/,
    changed(({ submit }) => ({
      submit: (intent) =>
        submit({ ...intent, request: request({ ...intent.request, providerOptions: { of: intent.id } }) })
    }))
  ],
  [
    "says when it was asked",
    /^two paid requests for the same/,
    changed(({ submit }) => {
      let asked = 0
      return {
        submit: (intent) =>
          submit({ ...intent, request: request({ ...intent.request, providerOptions: { asked: ++asked } }) })
      }
    })
  ],
  [
    "finds no job by its label",
    /^N06 a job whose submit had no answer is found/,
    changed(() => ({ reconcile: () => Effect.succeed({ _tag: "NotSupported" }) }), {}, seedance)
  ],
  ...[/^P11 the label of another attempt/, /^P11 two requests for the same/].map(
    (rule): readonly [string, RegExp, Testing.Subject] => [
      `takes what was begun at that time for its own (${rule.source})`,
      rule,
      changed(
        ({ reconcile }) => ({
          reconcile: (intent) =>
            Effect.map(reconcile({ ...intent, attempt: 99 }), (result) =>
              result._tag === "Candidates" && result.operations[0] !== undefined
                ? { _tag: "Found", operation: result.operations[0] }
                : result
            )
        }),
        {},
        openAiVideos
      )
    ]
  ),
  [
    "does not understand silence",
    /^a job of which no more is said/,
    { ...openAiVideos, wire: { ...openAiVideos.wire, wordless: () => ({ status: 202 }) } }
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
