import { NodeContext, NodeRuntime } from "@effect/platform-node"
import { HttpTransport, Veo } from "@mutoscope/client"
import { VideoGenerator, VideoRequest } from "@mutoscope/core"
import { Emulator } from "@mutoscope/emulator"
import { FileVideoStore, SqliteGenerationStore } from "@mutoscope/storage"
import { Console, Effect, Layer, Redacted } from "effect"

const Provider = Layer.unwrapEffect(
  Effect.map(Emulator.Emulator, ({ url }) =>
    Veo.layer({ _tag: "ApiKey", baseUrl: url, apiKey: Redacted.make("any"), capabilities: Veo.unrestricted })
  )
).pipe(Layer.provide([Emulator.layer({ directory: "emulator" }), HttpTransport.layer]))

const Generator = VideoGenerator.layer.pipe(
  Layer.provide(Provider),
  Layer.provide(SqliteGenerationStore.layer({ path: "mutoscope.db" })),
  Layer.provide(FileVideoStore.layer({ directory: "videos" })),
  Layer.provide(NodeContext.layer)
)

const program = Effect.gen(function* () {
  const generator = yield* VideoGenerator.VideoGenerator
  const request = yield* VideoRequest.make({
    ...VideoRequest.defaults,
    prompt: "A serene mountain landscape at sunset",
    model: "veo-3.1",
    duration: 2,
    resolution: "480p"
  })
  const generation = yield* generator.generate(request, {
    onProgress: ({ percent, message }) => Console.error(`${percent} % ${message}`)
  })
  yield* Console.log(generation.state.video.path)
})

program.pipe(Effect.provide(Generator), NodeRuntime.runMain)
