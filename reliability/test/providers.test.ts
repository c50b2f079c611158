/**
 * Every provider against the emulator in its own dialect: from a prompt to a file, and everything that can go wrong on the
 * way. A provider without a row here fails the test.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Adapters from "@mutoscope/client/Adapters"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Providers from "@mutoscope/client/Providers"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import * as Policy from "@mutoscope/core/Policy"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import { type DialectName, dialects } from "@mutoscope/emulator/Dialects"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import { assert, describe, it } from "vitest"
import * as Workflow from "./workflow.ts"

const canary = "CANARY-of-the-dialects-8d1f"

/** How a provider is tried. */
interface Row {
  /** Whose it is, where it is not that of its name: a provider may have models of several kinds. */
  readonly adapter?: string
  readonly dialect: DialectName
  readonly settings: (baseUrl: string) => Readonly<Record<string, unknown>>
  readonly model: string
  readonly duration: number
  /** What comes of a cancel while the job runs. */
  readonly cancel: "Cancelled" | "NotSupported"
  /** Scenarios that this wire cannot tell apart from others, and what it says of them. */
  readonly instead?: Readonly<Record<string, string>>
}

const keyed = (baseUrl: string) => ({ baseUrl, apiKey: canary })

const vertex = (baseUrl: string) => ({ baseUrl, project: "my-project", token: canary })

const rows: Readonly<Record<string, Row>> = {
  vertex: {
    dialect: "veo",
    settings: vertex,
    model: "veo-3.1",
    duration: 4,
    cancel: "NotSupported",
    // The video is inside the answer to a poll, and a poll that finds nothing ends no job.
    instead: { "expired-file": "OperationNotFound" }
  },
  "vertex, Omni": {
    adapter: "vertex",
    dialect: "geminiOmni",
    settings: (url) => ({ ...vertex(url), storageUri: "gs://videos/omni", storageUrl: url }),
    model: "omni-1.1",
    duration: 4,
    cancel: "Cancelled"
  },
  veo: {
    dialect: "veo",
    settings: (baseUrl) => ({ ...keyed(baseUrl), cancel: true }),
    model: "veo-3.1",
    duration: 4,
    cancel: "Cancelled"
  },
  gemini: {
    dialect: "geminiOmni",
    settings: keyed,
    model: "omni-1.1",
    duration: 4,
    cancel: "Cancelled"
  },
  openai: {
    dialect: "openai",
    settings: (baseUrl) => ({ ...keyed(baseUrl), server: "vllm-omni", model: "emulator" }),
    model: "emulator",
    duration: 2,
    cancel: "Cancelled"
  },
  openrouter: {
    dialect: "openrouter",
    settings: keyed,
    model: "mutoscope/emulator",
    duration: 4,
    cancel: "NotSupported"
  },
  runway: {
    dialect: "runway",
    settings: keyed,
    model: "gen4.5",
    duration: 4,
    cancel: "Cancelled",
    // It is refused as any other word that the body must not hold.
    instead: { "retired-model": "InvalidRequest" }
  },
  xai: {
    dialect: "xai",
    settings: keyed,
    model: "grok-imagine-video",
    duration: 4,
    cancel: "NotSupported"
  },
  seedance: {
    dialect: "seedance",
    settings: keyed,
    model: "seedance-2.0",
    duration: 4,
    // What is stuck waits for its turn, and can be taken out of the queue.
    cancel: "Cancelled"
  },
  comfyui: {
    dialect: "comfyui",
    settings: (baseUrl) => ({ ...keyed(baseUrl), workflow: Workflow.text }),
    model: "workflow",
    duration: 2,
    cancel: "Cancelled",
    // The job's id is ours: whether it is there can be seen.
    instead: { "lost-response": "Completed", "malformed-json": "Completed" }
  },
  fal: {
    dialect: "fal",
    settings: keyed,
    model: "veo-3.1-fast",
    duration: 4,
    cancel: "Cancelled"
  },
  replicate: {
    dialect: "replicate",
    settings: keyed,
    model: "veo-3.1",
    duration: 4,
    cancel: "Cancelled"
  }
}

const names = [...new Set([...Adapters.all.map(({ name }) => name), ...Object.keys(rows)])]

/** What each scenario ends with. Counted ones are over before the patience is. */
const ends: Readonly<Record<string, string>> = {
  quota: "QuotaExceeded",
  unauthorized: "AuthenticationFailed",
  "retired-model": "UnsupportedOption",
  "rate-limit:1": "Completed",
  reset: "SubmitUnknown",
  unavailable: "SubmitUnknown",
  "lost-response": "SubmitUnknown",
  "malformed-json": "SubmitUnknown",
  failure: "GenerationFailed",
  "content-block": "ContentBlocked",
  "empty-result": "EmptyResult",
  "poll-unavailable:2": "Completed",
  "truncated-download:1": "Completed",
  "expired-file": "DownloadFailed"
}

const policy = Policy.make({
  pollInterval: 20,
  retryDelay: 20,
  retries: 3,
  downloadTimeout: 2_000,
  outputTimeout: 20,
  unreachableAfter: 200
})

const accountOf = (name: string, { adapter = name }: Row) => adapter

/** Nobody has to be spared here. */
const impatient = (capabilities: Capabilities): Capabilities => ({ ...capabilities, minimumPollInterval: 0 })

const generator = (name: string, row: Row, folder: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator.Emulator
      const account = accountOf(name, row)
      const adapter = Adapters.all.find(({ name }) => name === account)
      const entry = yield* Either.flatMap(
        Either.fromNullable(adapter, () => `no ${account}`),
        (adapter) => adapter.connect(account, row.settings(urlOf(row.dialect)))
      )
      const { other } = entry
      const provider = Providers.layer({
        [account]: {
          ...entry,
          models: entry.models.map(impatient),
          asks: false,
          other: (model: string) => Option.map(other?.(model) ?? Option.none(), impatient)
        }
      }).pipe(Layer.provide(HttpTransport.layer))
      return VideoGenerator.layer.pipe(
        Layer.provide(Layer.mergeAll(provider, FileVideoStore.layer({ directory: folder }), layerMemory))
      )
    })
  ).pipe(
    Layer.provideMerge(
      Emulator.layerTest({
        apiKey: Redacted.make(canary),
        faults: ({ prompt }) => (prompt === "none" ? undefined : prompt)
      })
    ),
    Layer.provide(NodeContext.layer)
  )

/** Runs a program with a provider; the prompt is the scenario. */
const played = <A, E>(
  name: string,
  scenario: string,
  program: (
    generator: VideoGenerator.VideoGenerator["Type"],
    request: VideoRequest,
    accepted: Effect.Effect<number>
  ) => Effect.Effect<A, E>
): Promise<A> => {
  const row = rows[name]
  if (row === undefined) return Promise.reject(new Error(`${name} has no row`))
  const folder = mkdtempSync(join(tmpdir(), "mutoscope-dialects-"))
  return Effect.gen(function* () {
    const emulator = yield* Emulator.Emulator
    return yield* program(
      yield* VideoGenerator.VideoGenerator,
      new VideoRequest({
        prompt: scenario,
        model: `${accountOf(name, row)}/${row.model}`,
        duration: row.duration,
        aspectRatio: "16:9",
        resolution: "720p"
      }),
      Effect.map(emulator.accepted, ({ length }) => length)
    )
  }).pipe(
    Effect.provideService(Policy.Policy, policy),
    Effect.provide(generator(name, row, folder)),
    Effect.ensuring(Effect.sync(() => rmSync(folder, { recursive: true }))),
    Logger.withMinimumLogLevel(LogLevel.None),
    Effect.runPromise
  )
}

const end = <E extends { readonly _tag: string }>(exit: Exit.Exit<unknown, E>) =>
  Exit.match(exit, {
    onFailure: (cause) => (cause._tag === "Fail" ? cause.error._tag : `defect ${String(cause)}`),
    onSuccess: () => "Completed"
  })

/** Some scenarios cannot happen on some wires. */
const isKnown = (name: string, scenario: string) => {
  const dialect = rows[name]?.dialect
  return dialect === undefined || !(scenario.replace(/:.*/, "") in dialects[dialect].lacks)
}

describe.each(names)("%s, end to end", (name) => {
  it("makes a prompt into a verified file", () =>
    played(name, "none", (generator, request, accepted) =>
      Effect.gen(function* () {
        const { state } = yield* generator.generate(request)
        assert.isTrue(existsSync(state.video.path))
        assert.strictEqual(readFileSync(state.video.path).subarray(4, 8).toString("latin1"), "ftyp")
        assert.strictEqual(yield* accepted, 1)
        assert.notInclude(JSON.stringify(state), canary)
      })
    ))

  it.each(Object.entries(ends).filter(([scenario]) => isKnown(name, scenario)))(
    "ends %s with %s, paid at most once",
    (scenario, expected) =>
      played(name, scenario, (generator, request, accepted) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(generator.generate(request))
          assert.strictEqual(end(exit), rows[name]?.instead?.[scenario] ?? expected)
          assert.isAtMost(yield* accepted, 1)
          assert.notInclude(JSON.stringify(exit), canary)
        })
      )
  )

  it("tells the truth about a cancel, and goes on to the job's own end", () =>
    played(name, "stuck", (generator, request) =>
      Effect.gen(function* () {
        const { id } = yield* generator.start(request)
        yield* Effect.repeat(generator.status(id), {
          until: ({ generation }) => generation.state._tag === "Rendering",
          schedule: Schedule.spaced(20)
        })
        assert.strictEqual(yield* generator.cancel(id), rows[name]?.cancel)
      })
    ))
})
