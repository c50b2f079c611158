/**
 * The one place that names implementations. Each layer is made once, and loads its modules when it is built, so that
 * a command starts no slower for what it does not use.
 */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"

const load = <A, E, R>(module: () => Promise<Layer.Layer<A, E, R>>): Layer.Layer<A, E, R> =>
  Layer.unwrapEffect(Effect.promise(module))

/** What the user has settled. */
export const configuration = load(async () => (await import("./Configuration.ts")).layer)

/** The records, in a SQLite file in the data folder. */
export const records = load(async () => {
  const [{ Configuration }, SqliteGenerationStore, { join }] = await Promise.all([
    import("./Configuration.ts"),
    import("@videogen/storage/SqliteGenerationStore"),
    import("node:path")
  ])
  return Layer.unwrapEffect(
    Effect.map(Configuration, ({ dataDir }) =>
      SqliteGenerationStore.layer({
        path: join(dataDir, "videogen.db"),
        spoolDirectory: join(dataDir, "spool")
      })
    )
  )
})

/** The videos, in the folder that each record names. */
export const videos = load(async () => {
  const [{ Configuration }, FileVideoStore] = await Promise.all([
    import("./Configuration.ts"),
    import("@videogen/storage/FileVideoStore")
  ])
  return Layer.unwrapEffect(
    Effect.map(Configuration, ({ output }) => FileVideoStore.layer({ directory: output }))
  )
})

/** The way to the network. */
export const http = load(async () => (await import("@videogen/client/HttpTransport")).layer)

/** Every provider that is configured, and last the preview, which always is. None is set up before it is used. */
export const provider = load(async () => {
  const [{ Configuration }, Providers, { registry }] = await Promise.all([
    import("./Configuration.ts"),
    import("@videogen/client/Providers"),
    import("./registry.ts")
  ])
  return Layer.unwrapEffect(Effect.map(Configuration, (one) => Providers.layer(registry(one))))
}).pipe(Layer.provide(http))

/** All that it takes to make a video, the records and the providers for those who ask them directly. */
export const generator = load(async () => (await import("@videogen/core/VideoGenerator")).layer).pipe(
  Layer.provide(videos),
  Layer.provideMerge(Layer.merge(records, provider))
)

/** Where an emulator listens. */
export interface EmulatorOptions {
  readonly port: number
  readonly host: string
  readonly allowedHosts: ReadonlyArray<string>
  readonly directory: Option.Option<string>
}

/** The emulator as a server. */
export const emulator = (options: EmulatorOptions) =>
  load(async () => {
    const [{ Configuration }, Emulator, { join, resolve }] = await Promise.all([
      import("./Configuration.ts"),
      import("@videogen/emulator/Emulator"),
      import("node:path")
    ])
    return Layer.unwrapEffect(
      Effect.map(Configuration, ({ dataDir, settings: { emulatorApiKey } }) =>
        Emulator.layer({
          directory: Option.match(options.directory, {
            onNone: () => join(dataDir, "emulator"),
            onSome: (path) => resolve(path)
          }),
          port: options.port,
          host: options.host,
          ...(options.allowedHosts.length === 0 ? {} : { allowedHosts: options.allowedHosts }),
          ...(emulatorApiKey === undefined ? {} : { apiKey: emulatorApiKey })
        })
      )
    )
  })

const settled = <A, E, R>(layer: Layer.Layer<A, E, R>) => Layer.provideMerge(layer, configuration)

/** For commands that make or stop videos. */
export const working = settled(generator)

/** For commands that look at records. */
export const looking = settled(records)

/** For the list of models. */
export const choosing = settled(provider)

/** For the check-up, which builds the records itself, since they may be what is wrong. */
export const checking = settled(http)
