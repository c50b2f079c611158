/**
 * A program that composes the packages as any other would, and does one thing with one generation. It dies where it is
 * told to.
 */
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as HttpTransport from "@videogen/client/HttpTransport"
import * as Veo from "@videogen/client/Veo"
import { GenerationStore, layerMemory } from "@videogen/core/GenerationStore"
import * as VideoGenerator from "@videogen/core/VideoGenerator"
import { VideoProvider } from "@videogen/core/VideoProvider"
import { VideoRequest } from "@videogen/core/VideoRequest"
import { VideoStore } from "@videogen/core/VideoStore"
import * as FileVideoStore from "@videogen/storage/FileVideoStore"
import * as SqliteGenerationStore from "@videogen/storage/SqliteGenerationStore"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Failpoints from "./failpoints.ts"

const settings = Config.all({
  data: Config.string("VIDEOGEN_DATA_DIR"),
  output: Config.string("VIDEOGEN_OUTPUT"),
  url: Config.string("VIDEOGEN_VEO_URL"),
  apiKey: Config.redacted("VIDEOGEN_VEO_API_KEY")
})

/** All of the product, with a provider that can cancel, and with a fuse at one point. */
const layer = (point: string, inMemory: boolean) =>
  Layer.unwrapEffect(
    Effect.map(settings, ({ apiKey, data, output, url }) => {
      const records = Layer.effect(
        GenerationStore,
        Effect.map(GenerationStore, (store) => Failpoints.records(point, store))
      ).pipe(
        Layer.provide(
          inMemory ? layerMemory : SqliteGenerationStore.layer({ path: join(data, "videogen.db") })
        )
      )
      const provider = Layer.effect(
        VideoProvider,
        Effect.map(VideoProvider, (api) => Failpoints.provider(point, api))
      ).pipe(
        Layer.provide(
          Veo.layer({
            _tag: "ApiKey",
            baseUrl: url,
            apiKey,
            cancel: true,
            capabilities: { minimumPollInterval: 0, cancel: true }
          })
        ),
        Layer.provide(HttpTransport.layer)
      )
      const videos = Layer.effect(
        VideoStore,
        Effect.map(VideoStore, (store) => Failpoints.videos(point, store))
      ).pipe(Layer.provide(FileVideoStore.layer({ directory: output })))
      return VideoGenerator.layer.pipe(Layer.provide(Layer.mergeAll(records, provider, videos)))
    })
  ).pipe(Layer.provide(NodeContext.layer))

const request = (prompt: string) =>
  new VideoRequest({ prompt, model: "veo-3.1", duration: 4, aspectRatio: "16:9", resolution: "720p" })

/** Does one of these to the end, or to the point. The end is printed as one line of JSON. */
export const job = (deed: string, subject: string, point = "") =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator.VideoGenerator
    switch (deed) {
      case "generate":
      case "generate in memory":
        return (yield* generator.generate(request(subject))).state._tag
      case "start": {
        yield* generator.start(request(subject))
        return yield* Effect.never
      }
      case "resume":
        return (yield* generator.resume(subject)).state._tag
      case "cancel":
        return yield* generator.cancel(subject)
      default:
        return yield* Effect.dieMessage(`There is no deed ${deed}`)
    }
  }).pipe(
    Effect.provide(layer(point, deed === "generate in memory")),
    Effect.catchAll((error) => Effect.succeed(error._tag)),
    Effect.tap((end) => Effect.sync(() => process.stdout.write(`${end}\n`))),
    Effect.runPromise
  )
