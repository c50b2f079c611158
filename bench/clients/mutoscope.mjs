// Mutoscope as an application has it: records in SQLite at synchronous=FULL, verified and synced files.
import { join } from "node:path"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Veo from "@mutoscope/client/Veo"
import * as Policy from "@mutoscope/core/Policy"
import { layer as generatorLayer, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as SqliteGenerationStore from "@mutoscope/storage/SqliteGenerationStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as ManagedRuntime from "effect/ManagedRuntime"
import * as Redacted from "effect/Redacted"

const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)

/** The records in a SQLite file. */
export const recordsIn = (path) => SqliteGenerationStore.layer({ path }).pipe(Layer.provide(platform))

/** A generator on Veo's API-key form; the other settings are those of its policy. */
export const runtime = ({ baseUrl, directory, ...settings }) => {
  const provider = Veo.layer({
    _tag: "ApiKey",
    apiKey: Redacted.make("key"),
    baseUrl,
    capabilities: Veo.unrestricted
  }).pipe(Layer.provide(HttpTransport.layer))
  return ManagedRuntime.make(
    generatorLayer.pipe(
      Layer.provide([
        provider,
        recordsIn(join(directory, "records", "mutoscope.db")),
        FileVideoStore.layer({ directory })
      ]),
      Layer.provideMerge(Layer.succeed(Policy.Policy, Policy.make(settings))),
      Layer.provideMerge(Logger.minimumLogLevel(LogLevel.Warning))
    )
  )
}

export const request = (prompt) =>
  VideoRequest.make({ prompt, model: "veo-3.0", aspectRatio: "16:9", duration: 8, resolution: "720p" })

export const connect = async ({ baseUrl, directory, pollInterval }) => {
  const running = runtime({ baseUrl, directory, pollInterval: `${pollInterval} millis` })
  const generator = await running.runPromise(VideoGenerator)
  return async (_, prompt) => {
    const { state } = await running.runPromise(Effect.flatMap(request(prompt), generator.generate))
    return state.video.path
  }
}
