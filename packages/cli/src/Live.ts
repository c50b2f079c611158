/**
 * The one place that names implementations. Each layer is made once, and loads its modules when it is built, so that
 * a command starts no slower for what it does not use.
 */
import { join, resolve } from "node:path"
import type { StorageError } from "@mutoscope/core/GenerationError"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as SqliteGenerationStore from "@mutoscope/storage/SqliteGenerationStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Configuration from "./Configuration.ts"
import * as FormerDataFolder from "./formerName/dataFolder.ts"
import { Output } from "./Output.ts"

const load = <A, E, R>(module: () => Promise<Layer.Layer<A, E, R>>): Layer.Layer<A, E, R> =>
  Layer.unwrapEffect(Effect.promise(module))

/** The same for a layer that depends on what the user has settled. */
const loadWith = <A, E, R>(
  module: () => Promise<(settled: Configuration.Configuration["Type"]) => Layer.Layer<A, E, R>>
) =>
  Layer.unwrapEffect(
    Effect.flatMap(Configuration.Configuration, (settled) =>
      Effect.map(Effect.promise(module), (layer) => layer(settled))
    )
  )

/** What the user has settled, with the records where an earlier version of another name left them. */
export const configuration = Layer.provide(FormerDataFolder.layer, Configuration.layer)

/** Where the records are, and what is remembered of them. */
export const database = Effect.map(
  Effect.all([Configuration.Configuration, Output]),
  ([{ database, dataDir, stateDir }, { note, paint }]): SqliteGenerationStore.Options => ({
    path: database,
    spoolDirectory: join(dataDir, "spool"),
    stateDirectory: stateDir,
    onWarning: (message) => note(`${paint("bold", "Warning:")} ${message}`)
  })
)

/** The records, in a SQLite file in the data folder. */
export const records = Layer.unwrapEffect(Effect.map(database, SqliteGenerationStore.layer))

/** The videos, in the folder that each record names. */
export const videos = loadWith(async () => {
  const { FileVideoStore } = await import("./work.ts")
  return ({ output, settings }) =>
    FileVideoStore.layer({ directory: output, quarantine: quarantine(settings) })
})

const mebibyte = 1024 ** 2

/** The limits of the quarantine; a limit of nothing turns it off. */
const quarantine = ({ quarantineDays, quarantineLimit }: Configuration.Configuration["Type"]["settings"]) =>
  quarantineDays === 0 || quarantineLimit === 0
    ? false
    : {
        days: quarantineDays,
        maximumBytes: quarantineLimit === undefined ? undefined : quarantineLimit * mebibyte
      }

/** The way to the network. */
export const http = load(async () => (await import("./work.ts")).HttpTransport.layer)

/** Every provider that is configured, and last the preview, which always is. None is set up before it is used. */
export const provider = loadWith(async () => {
  const { Prices, Providers, registry } = await import("./work.ts")
  return (settled) =>
    Layer.unwrapEffect(
      Effect.map(registry(settled), (accounts) =>
        Layer.scoped(
          VideoProvider,
          Effect.flatMap(Providers.make(accounts), (all) => Prices.over(all, settled.settings.prices ?? []))
        )
      )
    )
}).pipe(Layer.provide(http))

/** All that it takes to make a video; the records, the providers and the videos for those who ask them directly. */
export const generator = loadWith(async () => {
  const { UserPolicy, VideoGenerator } = await import("./work.ts")
  return (settled) => Layer.provide(VideoGenerator.layer, UserPolicy.layer(settled))
}).pipe(Layer.provideMerge(Layer.mergeAll(records, provider, videos)))

/** Where an emulator listens. */
export interface EmulatorOptions {
  readonly port: number
  readonly host: string
  readonly allowedHosts: ReadonlyArray<string>
  readonly directory: Option.Option<string>
}

/** The emulator as a server. */
export const emulator = (options: EmulatorOptions) =>
  loadWith(async () => {
    const Emulator = await import("@mutoscope/emulator/Emulator")
    return ({ dataDir, settings: { emulatorApiKey } }) =>
      Emulator.layer({
        directory: resolve(Option.getOrElse(options.directory, () => join(dataDir, "emulator"))),
        port: options.port,
        host: options.host,
        ...(options.allowedHosts.length === 0 ? {} : { allowedHosts: options.allowedHosts }),
        ...(emulatorApiKey === undefined ? {} : { apiKey: emulatorApiKey })
      })
  })

const settled = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.provideMerge(layer, configuration)

/** For commands that make or stop videos. */
export const working = settled(generator)

/** For commands that look at records. */
export const looking = settled(records)

/** Records that know of no receipts, for want of those that cannot be read. */
const withoutReceipts = ({ message }: StorageError) =>
  Layer.unwrapEffect(
    Effect.as(Effect.logWarning(`The quote is not held against earlier receipts: ${message}`), layerMemory)
  )

/** For quotes, which are held against earlier receipts where there are records that can be read. */
export const quoting = settled(Layer.merge(provider, Layer.catchAll(records, withoutReceipts)))

/** For the list of models. */
export const choosing = settled(provider)

/** For the check-up, which builds the records itself, since they may be what is wrong. */
export const checking = settled(http)
