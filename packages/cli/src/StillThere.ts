/**
 * A video that was finished earlier: its file may have been moved, cut or deleted since, and then its path is no result.
 * What is gone is fetched again, which is not charged again, for as long as its provider has it.
 */
import * as FileSystem from "@effect/platform/FileSystem"
import { Generation } from "@mutoscope/core/Generation"
import { isTransient, OutputExpired } from "@mutoscope/core/GenerationError"
import type { Policy } from "@mutoscope/core/Policy"
import * as Progress from "@mutoscope/core/Progress"
import type { CompletedGeneration } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoStore } from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Output } from "./Output.ts"
import * as ProgressView from "./ProgressView.ts"

/** Where the file is as it was, `there`; else it is `changed` or `gone`. */
export const look = ({ state: { video } }: CompletedGeneration) =>
  Effect.flatMap(FileSystem.FileSystem, (fs) => fs.stat(video.path)).pipe(
    Effect.map(({ size, type }) =>
      type === "File" && size === BigInt(video.bytes) ? ("there" as const) : ("changed" as const)
    ),
    Effect.orElseSucceed(() => "gone" as const)
  )

/**
 * The video where it is now: fetched again to the place it had, if it is gone. A file that was changed is somebody's work,
 * and stays.
 */
export const ensure = (
  generation: CompletedGeneration,
  policy: Policy["Type"],
  wish: ProgressView.Wish,
  output?: string
) =>
  Effect.gen(function* () {
    const { note } = yield* Output
    const { video } = generation.state
    const found = yield* look(generation)
    if (output !== undefined && found !== "gone")
      yield* note(`The video is finished and stays where it is, so --output changes nothing: ${video.path}`)
    if (found === "changed") yield* note(`It has been changed since it was made: ${video.path}`)
    if (found !== "gone") return video
    yield* note(`It was made earlier, and its file is there no longer: ${video.path}`)
    yield* note("  It is fetched again, which is not charged.")
    const fetched = yield* Effect.scoped(
      Effect.flatMap(ProgressView.make(wish), (listener) =>
        fetch(generation, output ?? video.path, policy, listener)
      )
    )
    if (fetched.sha256 !== video.sha256)
      yield* note(`${generation.provider} sent other bytes than the first time.`)
    return fetched
  })

const fetch = (
  generation: CompletedGeneration,
  output: string,
  { retry }: Policy["Type"],
  listener: ProgressView.Listener
) =>
  Effect.gen(function* () {
    const { id, provider, state } = generation
    const [api, store] = [yield* VideoProvider, yield* VideoStore]
    const patience = { schedule: retry, while: isTransient }
    const status = yield* Effect.retry(api.poll(state.operation), patience)
    if (status._tag !== "Succeeded")
      return yield* new OutputExpired({ provider, reason: "and its file is there no longer" })
    const saved = store.save({
      generation: new Generation({ ...generation, output }),
      open: (from) => api.download(state.operation, status.videos[0], from, generation.request),
      onProgress: (bytes, total) =>
        listener({ _tag: "Progress", generationId: id, ...Progress.downloading(bytes, total) }),
      verified: Option.none(),
      onVerified: () => Effect.void
    })
    return yield* Effect.retry(saved, patience)
  })
