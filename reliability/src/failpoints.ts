/**
 * Named points in the life of a generation at which a process can be made to die: the ports of the product, wrapped from
 * outside. The product knows nothing of them.
 */
import type { Generation } from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoStore } from "@mutoscope/core/VideoStore"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"

/** What happens, in order, from the record to the finished video; the last two when it is cancelled. */
export const happenings = [
  "create",
  "intend",
  "submit",
  "accepted",
  "poll",
  "rendered",
  "download",
  "verified",
  "save",
  "completed",
  "cancel requested",
  "cancel"
] as const
export type Happening = (typeof happenings)[number]

/** Just before it, just after it, or (of a download) when some of the bytes are here. */
export type Moment = "before" | "during" | "after"

export type Failpoint = `${Moment} ${Happening}`

/** Dies at a point. */
export type Fuse = (
  happening: Happening
) => <A, E, R>(effect: Effect.Effect<A, E, R>) => Effect.Effect<A, E, R>

/** A fuse that kills the process at one point, and does nothing at all others. */
export const fuse =
  (point: string): Fuse =>
  (happening) =>
  (effect) =>
    dieAt(point, `before ${happening}`).pipe(
      Effect.zipRight(effect),
      Effect.zipLeft(dieAt(point, `after ${happening}`))
    )

/** As a power failure or the kernel would: nobody is told, nothing is cleaned up. */
const dieAt = (wanted: string, point: Failpoint): Effect.Effect<void> =>
  wanted === point
    ? Effect.zipRight(
        Effect.sync(() => process.kill(process.pid, "SIGKILL")),
        Effect.never
      )
    : Effect.void

/** Records that die. */
export const records = (point: string, store: Context.Tag.Service<GenerationStore>) => {
  const at = fuse(point)
  return GenerationStore.of({
    ...store,
    create: (generation, owner) => at("create")(store.create(generation, owner)),
    intend: (claim, intent, budget) => at("intend")(store.intend(claim, intent, budget)),
    requestCancel: (id) => at("cancel requested")(store.requestCancel(id)),
    accept: (claim, state, cause) => at("accepted")(store.accept(claim, state, cause)),
    transition: (claim, state, cause, amendment) => {
      const moved = store.transition(claim, state, cause, amendment)
      const happening = arrivalAt(state)
      return happening === undefined ? moved : at(happening)(moved)
    }
  })
}

const arrivalAt = (state: Generation["state"]): Happening | undefined => {
  switch (state._tag) {
    case "Downloading":
      return state.verified === undefined ? "rendered" : "verified"
    case "Completed":
      return "completed"
    default:
      return undefined
  }
}

/** A provider's client that dies. */
export const provider = (point: string, api: Context.Tag.Service<VideoProvider>) => {
  const at = fuse(point)
  return VideoProvider.of({
    ...api,
    submit: (intent) => at("submit")(api.submit(intent)),
    poll: (operation) => at("poll")(api.poll(operation)),
    cancel: (operation) => at("cancel")(api.cancel(operation)),
    download: (operation, video, from) =>
      Effect.map(at("download")(api.download(operation, video, from)), (download) => ({
        ...download,
        bytes: Stream.mapChunksEffect(Stream.rechunk(download.bytes, 1), (chunk) =>
          Effect.as(dieLater(point), chunk)
        )
      }))
  })
}

let pieces = 0

const dieLater = (point: string) =>
  Effect.suspend(() => (++pieces > 3 ? dieAt(point, "during download") : Effect.void))

/** A store of videos that dies. */
export const videos = (point: string, store: Context.Tag.Service<VideoStore>) =>
  VideoStore.of({ ...store, save: (delivery) => fuse(point)("save")(store.save(delivery)) })
