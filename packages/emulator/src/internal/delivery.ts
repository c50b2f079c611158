/**
 * Handing out the video of a job, unless its scenario is against it.
 *
 * @internal
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Wire } from "../Dialect.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import type { VideoFile } from "../Operations.ts"
import * as Media from "./media.ts"
import type { Refusal } from "./refusal.ts"

/** Answers with the video of a job, or the range of it that is asked for. */
export const send = (
  wire: Wire,
  record: OperationRecord
): Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  Refusal,
  HttpServerRequest.HttpServerRequest | FileSystem.FileSystem
> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { video, truncated } = yield* videoFor(wire, record)
    return yield* Media.send(request, video, { truncated })
  })

/** Stands in the text of an answer where the bytes of a video go, in base64. */
export const inlineMark = "\u0000video\u0000"

/** An answer in JSON with the video of a job inside. Nothing that a client chose may come after the mark in it. */
export const sendInside = (
  wire: Wire,
  record: OperationRecord,
  answer: object
): Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  Refusal,
  HttpServerRequest.HttpServerRequest | FileSystem.FileSystem
> =>
  Effect.gen(function* () {
    const request = yield* HttpServerRequest.HttpServerRequest
    const { video, truncated } = yield* videoFor(wire, record)
    const text = JSON.stringify(answer)
    const mark = JSON.stringify(inlineMark).slice(1, -1)
    const at = text.lastIndexOf(mark)
    const around = { before: text.slice(0, at), after: text.slice(at + mark.length) }
    return yield* Media.sendInline(request, video, around, { truncated })
  })

/** The video of a job, and whether its scenario wants it cut. */
export const videoFor = (
  wire: Wire,
  record: OperationRecord
): Effect.Effect<{ readonly video: VideoFile; readonly truncated: boolean }, Refusal> =>
  Effect.gen(function* () {
    const video = yield* wire.operations.video(record)
    if (Option.isNone(video)) return yield* wire.dialect.refuse({ why: whyNone(record), job: record.name })
    const fault = Option.getOrUndefined(yield* wire.faults.at("download", record.scenario, record.id))
    if (fault === "expired-file") return yield* wire.dialect.refuse({ why: "gone", job: record.name })
    return { video: video.value, truncated: fault === "truncated-download" }
  })

const whyNone = ({ outcome }: OperationRecord) => {
  switch (outcome._tag) {
    case "Pending":
      return "not-ready" as const
    case "Rendered":
      return "gone" as const
    default:
      return "no-video" as const
  }
}
