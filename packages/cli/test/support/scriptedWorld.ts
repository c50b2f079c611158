/**
 * The command's actions in this process, over records in memory and providers that answer from a script; what they
 * say is kept.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as NodeTerminal from "@effect/platform-node/NodeTerminal"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import * as Prices from "@mutoscope/core/Prices"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as Option from "effect/Option"
import { api, type Ledger, router, type Script } from "../../../core/test/scripted.ts"
import * as Configuration from "../../src/Configuration.ts"
import { Output } from "../../src/Output.ts"
import type { RequestFlags } from "../../src/request.ts"

const none = Option.none()

/** The flags of a request that say nothing. */
export const request: RequestFlags = {
  model: none,
  aspectRatio: none,
  duration: none,
  resolution: none,
  negativePrompt: none,
  seed: none,
  audio: false,
  noAudio: false,
  startImage: none,
  lastFrame: none,
  referenceImage: [],
  extend: none,
  providerOptions: none,
  snap: false,
  fallback: [],
  fallbackUnclear: false
}

/** A script, under the name of its model. */
export interface Named extends Script {
  readonly provider: string
  readonly model: string
}

const named = ({ model, provider, ...script }: Named, ledger: Ledger) => {
  const own: Partial<Capabilities> = { provider, model, aliases: [], ...script.capabilities }
  return api({ ...script, capabilities: own }, ledger)
}

/** A world of scripted models, and what was said in it. */
export const world = (
  scripts: ReadonlyArray<Named>,
  settings: Configuration.Configuration["Type"]["settings"] = {}
) => {
  const data: Array<string> = []
  const notes: Array<string> = []
  const ledgers = scripts.map((): Ledger => [])
  const provider = router(scripts.map((script, index) => named(script, ledgers[index] ?? [])))
  const output = Layer.succeed(Output, {
    data: (line) => Effect.sync(() => void data.push(line)),
    note: (line) => Effect.sync(() => void notes.push(line)),
    columns: none,
    live: false,
    interactive: false,
    paint: (_, text) => text,
    drawn: (text) => text
  })
  const configuration = Layer.succeed(Configuration.Configuration, {
    settings,
    origin: () => none,
    dataDir: "data",
    database: "data/mutoscope.db",
    stateDir: "state",
    output: "videos",
    userFile: "config.json"
  })
  const ports = Layer.mergeAll(
    Layer.effect(VideoProvider, Prices.over(provider, settings.prices ?? [])),
    layerMemory,
    VideoStore.layerMemory,
    output,
    configuration,
    NodeFileSystem.layer,
    NodePath.layer,
    NodeTerminal.layer,
    Logger.remove(Logger.defaultLogger)
  )
  return { data, notes, ledgers, live: Layer.provideMerge(VideoGenerator.layer, ports) }
}
