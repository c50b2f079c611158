/**
 * The addresses of finished videos. A video is found by the id of its job, never by a path.
 *
 * @internal
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Emulation } from "../Emulation.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import type { VideoFile } from "../Operations.ts"
import { type GoogleError, notFound } from "./googleError.ts"
import * as Media from "./media.ts"
import { findById, type Handler } from "./veoForms.ts"

/**
 * `/v1beta/files/ID:download?alt=media`. Google's own client knows the id only in an address that begins with
 * `https://`; of any other it makes `files/ADDRESS:download`, so the id is what follows the last `files/`.
 */
export const file = (emulation: Emulation): Handler =>
  Effect.flatMap(rest, (path) => {
    const id = /^(?:.*files\/)?([0-9a-f]+):download(?::download)?$/.exec(path)?.[1] ?? ""
    return send(emulation, id, (record) => record.dialect === "veo", `The file ${path}`)
  })

/** `/download/storage/v1/b/BUCKET/o/OBJECT?alt=media`, where `storageUri` said that the video shall be. */
export const object = (emulation: Emulation): Handler =>
  Effect.flatMap(HttpRouter.params, (params) =>
    Effect.flatMap(rest, (path) => {
      const uri = `gs://${params["bucket"] ?? ""}/${path}`
      const id = /([0-9a-f]+)\/sample_0\.mp4$/.exec(path)?.[1] ?? ""
      return send(emulation, id, (record) => record.destination === uri, `The object ${uri}`)
    })
  )

/** What a route's `*` stands for, without the query. */
const rest = Effect.map(HttpRouter.params, (params) => params["*"] ?? "")

const send = (
  emulation: Emulation,
  id: string,
  isMeant: (record: OperationRecord) => boolean,
  what: string
): Handler =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { record } = yield* findById(emulation, id).pipe(
      Effect.map(Option.filter(({ record }) => isMeant(record))),
      Effect.flatMap(Effect.mapError(() => notFound(what)))
    )
    const { video, truncated } = yield* videoFor(emulation, record)
    return yield* Media.send(request, video, { truncated })
  })

/** The video of a job, and whether its scenario wants it cut; one that is gone is a 404. */
export const videoFor = (
  emulation: Emulation,
  record: OperationRecord
): Effect.Effect<{ readonly video: VideoFile; readonly truncated: boolean }, GoogleError> =>
  Effect.gen(function* () {
    const fault = Option.getOrUndefined(yield* emulation.faults.at("download", record.scenario, record.id))
    const video = yield* emulation.operations.video(record)
    if (Option.isNone(video) || fault === "expired-file")
      return yield* notFound(`The video of ${record.name}`)
    return { video: video.value, truncated: fault === "truncated-download" }
  })
