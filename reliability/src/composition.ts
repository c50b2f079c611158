/**
 * The packages, composed as any program would compose them, with room for something between the generator and its ports.
 */
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Veo from "@mutoscope/client/Veo"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import { VideoStore } from "@mutoscope/core/VideoStore"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as SqliteGenerationStore from "@mutoscope/storage/SqliteGenerationStore"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"

const settings = Config.all({
  data: Config.string("MUTOSCOPE_DATA_DIR"),
  state: Config.string("MUTOSCOPE_STATE_DIR"),
  output: Config.string("MUTOSCOPE_OUTPUT"),
  url: Config.string("MUTOSCOPE_VEO_URL"),
  apiKey: Config.redacted("MUTOSCOPE_VEO_API_KEY")
})

/** What stands between the generator and its ports; and whether the records live on disk or not. */
export interface Between {
  readonly records?: (service: GenerationStore["Type"]) => GenerationStore["Type"]
  readonly provider?: (service: VideoProvider["Type"]) => VideoProvider["Type"]
  readonly videos?: (service: VideoStore["Type"]) => VideoStore["Type"]
  readonly inMemory?: boolean
}

const asIs = <A>(service: A): A => service

/** The generator and its records, with a provider that can cancel and may be asked as often as we like. */
export const layer = ({ inMemory = false, provider = asIs, records = asIs, videos = asIs }: Between) =>
  Layer.unwrapEffect(
    Effect.map(settings, ({ apiKey, data, output, state, url }) => {
      const disk = SqliteGenerationStore.layer({
        path: join(data, "mutoscope.db"),
        stateDirectory: state
      })
      const veo = Veo.layer({
        _tag: "ApiKey",
        baseUrl: url,
        apiKey,
        cancel: true,
        capabilities: { minimumPollInterval: 0, cancel: true }
      }).pipe(Layer.provide(HttpTransport.layer))
      const store = Layer.effect(GenerationStore, Effect.map(GenerationStore, records)).pipe(
        Layer.provide(inMemory ? layerMemory : disk)
      )
      const api = Layer.effect(VideoProvider, Effect.map(VideoProvider, provider)).pipe(Layer.provide(veo))
      const files = Layer.effect(VideoStore, Effect.map(VideoStore, videos)).pipe(
        Layer.provide(FileVideoStore.layer({ directory: output }))
      )
      return VideoGenerator.layer.pipe(Layer.provide(Layer.merge(api, files)), Layer.provideMerge(store))
    })
  ).pipe(Layer.provide(NodeContext.layer))

/** What every test asks for, but for its prompt. */
export const request = (prompt: string) =>
  new VideoRequest({ prompt, model: "veo-3.1", duration: 4, aspectRatio: "16:9", resolution: "720p" })
