/**
 * The implementations: an emulator in this process, Veo's adapter pointed at it, records in SQLite, videos in a folder.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Veo from "@mutoscope/client/Veo"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as SqliteGenerationStore from "@mutoscope/storage/SqliteGenerationStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Redacted from "effect/Redacted"

/** Where the demo keeps everything, relative to the folder it is started in. */
export const folder = "videos/demo"

const Provider = Layer.unwrapEffect(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Veo.layer({
      _tag: "ApiKey",
      provider: "emulator",
      baseUrl: url,
      apiKey: Redacted.make("the emulator takes any key"),
      cancel: true,
      capabilities: Veo.unrestricted
    })
  )
).pipe(Layer.provide(Emulator.layer({ directory: `${folder}/emulator` })), Layer.provide(HttpTransport.layer))

const Records = SqliteGenerationStore.layer({ path: `${folder}/demo.db` }).pipe(
  Layer.provide(NodeContext.layer)
)

const Videos = FileVideoStore.layer({ directory: folder })

/** Everything behind the demo. */
export const Generator = VideoGenerator.layer.pipe(Layer.provide([Provider, Records, Videos]))
