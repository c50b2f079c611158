/**
 * Every provider, set up for the emulator in its own dialect.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Adapters from "@mutoscope/client/Adapters"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Providers from "@mutoscope/client/Providers"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import type { DialectName } from "@mutoscope/emulator/Dialects"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Workflow from "./workflow.ts"

/** A key that may be seen nowhere. */
export const canary = "CANARY-of-the-dialects-8d1f"

/** How a provider is tried. */
export interface Row {
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

/** What is accepted is found by what it was called at its submit, whatever came of the answer. */
const found = { "lost-response": "Completed", "malformed-json": "Completed" }

const vertex = (baseUrl: string) => ({ baseUrl, project: "my-project", token: canary })

export const rows: Readonly<Record<string, Row>> = {
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
    cancel: "Cancelled",
    instead: found
  },
  comfyui: {
    dialect: "comfyui",
    settings: (baseUrl) => ({ ...keyed(baseUrl), workflow: Workflow.text }),
    model: "workflow",
    duration: 2,
    cancel: "Cancelled",
    // The job's id is ours: whether it is there can be seen.
    instead: found
  },
  fal: {
    dialect: "fal",
    settings: (baseUrl) => ({ ...keyed(baseUrl), listUrl: baseUrl }),
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
  },
  "replicate, with a webhook": {
    adapter: "replicate",
    dialect: "replicate",
    settings: (baseUrl) => ({ ...keyed(baseUrl), webhook: "https://example.com/replicate" }),
    model: "veo-3.1",
    duration: 4,
    cancel: "Cancelled",
    instead: found
  }
}

/** Nobody has to be spared here. */
const impatient = (capabilities: Capabilities): Capabilities => ({ ...capabilities, minimumPollInterval: 0 })

/** The account that a row is of. */
export const accountOf = (name: string, { adapter = name }: Row) => adapter

/** A generator over a row's provider and the emulator, which does what `faults` says; the records are at hand too. */
export const generator = (name: string, row: Row, folder: string, faults: Emulator.Options["faults"]) =>
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
        Layer.provide(Layer.mergeAll(provider, FileVideoStore.layer({ directory: folder }))),
        Layer.provideMerge(layerMemory)
      )
    })
  ).pipe(
    Layer.provideMerge(
      Emulator.layerTest({ apiKey: Redacted.make(canary), ...(faults === undefined ? {} : { faults }) })
    ),
    Layer.provide(NodeContext.layer)
  )
