/**
 * Generations, requests and MP4 files for the tests.
 */

import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as Generation from "@mutoscope/core/Generation"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { type Claim, GenerationStore } from "@mutoscope/core/GenerationStore"
import { MicroUsd } from "@mutoscope/core/Money"
import type { Operation } from "@mutoscope/core/Operation"
import type { ResumePoint, VideoDownload } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import type { Delivery } from "@mutoscope/core/VideoStore"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { tinyMp4 } from "./tinyMp4.ts"

export const operation: Operation = { provider: "test", id: "operations/1", model: "veo" }

export const request = (prompt = "A beautiful sunset over the ocean") =>
  new VideoRequest({ prompt, model: "veo", aspectRatio: "16:9", duration: 5, resolution: "720p" })

/** What a test may say about a generation. */
export interface Fields {
  readonly prompt?: string
  readonly output?: string
  readonly id?: string
  readonly key?: string
  readonly fingerprint?: string
  readonly estimate?: number
  /** What was quoted before any widening, and at which price of the user's own. */
  readonly quoted?: number
  readonly ownPrice?: string
  readonly provider?: string
  readonly model?: string
  readonly queue?: Generation.QueuePlace
  readonly warnings?: ReadonlyArray<string>
  readonly ignored?: Generation.Generation["ignored"]
  readonly asked?: VideoRequest
}

/** A generation that is just about to begin. */
export const generation = (fields: Fields = {}) =>
  Effect.gen(function* () {
    const now = yield* DateTime.now
    return new Generation.Generation({
      id: fields.id === undefined ? yield* Generation.makeId : Generation.GenerationId.make(fields.id),
      request: request(fields.prompt),
      provider: fields.provider ?? "test",
      model: fields.model ?? "veo",
      state: { _tag: "Queued", attempt: 0 },
      createdAt: now,
      updatedAt: now,
      ...(fields.output === undefined ? {} : { output: fields.output }),
      ...(fields.key === undefined ? {} : { key: Generation.JobKey.make(fields.key) }),
      ...(fields.fingerprint === undefined ? {} : { fingerprint: fields.fingerprint }),
      ...(fields.estimate === undefined ? {} : { estimate: MicroUsd.make(fields.estimate) }),
      ...(fields.quoted === undefined
        ? {}
        : {
            quoted: {
              amount: MicroUsd.make(fields.quoted),
              ...(fields.ownPrice === undefined ? {} : { ownPrice: fields.ownPrice })
            }
          }),
      ...(fields.queue === undefined ? {} : { queue: fields.queue }),
      ...(fields.warnings === undefined ? {} : { warnings: fields.warnings }),
      ...(fields.ignored === undefined ? {} : { ignored: fields.ignored }),
      ...(fields.asked === undefined ? {} : { asked: fields.asked })
    })
  })

/** Moves a record to Submitting, where nothing limits it. */
export const intended = (claim: Claim, attempt = 1) =>
  Effect.gen(function* () {
    const store = yield* GenerationStore
    const intent = { _tag: "Submitting", attempt, startedAt: DateTime.unsafeMake(0) } as const
    return Option.getOrThrow(yield* store.intend(claim, intent, unlimited))
  })

/** A folder of its own, removed at the end. */
export const temporary = Effect.flatMap(FileSystem.FileSystem, (fs) =>
  fs.makeTempDirectoryScoped({ prefix: "mutoscope-" })
).pipe(Effect.provide(NodeContext.layer))

const noise = (size: number) =>
  Buffer.alloc(
    size,
    Uint8Array.from({ length: 251 }, (_, index) => (index * 31 + 7) % 251)
  )

/** The smallest MP4, with the index before or after the pictures. */
export const mp4 = (pictures = 4000, index: "first" | "last" = "last"): Uint8Array =>
  tinyMp4(noise(pictures), { index })

/** A server's side of a download. */
export interface Served {
  readonly body: Uint8Array
  readonly announce?: boolean
  readonly validator?: string
  readonly ranges?: boolean
  /** The stream ends after so many bytes of the body. */
  readonly cut?: number
  /** Bytes that come at a time: 1000. */
  readonly chunk?: number
}

/** Opens downloads of a body, and keeps what it was asked for. */
export const serve = (served: Served) => {
  const asked: Array<ResumePoint> = []
  const open = (from: ResumePoint): Effect.Effect<VideoDownload> =>
    Effect.sync(() => {
      asked.push(from)
      const validator = Option.fromNullable(served.validator)
      const same = Option.isSome(validator) && Option.contains(from.validator, validator.value)
      const offset = served.ranges === true && same ? from.offset : 0
      const bytes = served.body.subarray(offset, served.cut ?? served.body.length)
      return {
        offset,
        totalBytes: served.announce === false ? Option.none() : Option.some(served.body.length),
        announcedHash: Option.none(),
        validator,
        bytes: Stream.fromIterable(chunks(bytes, served.chunk ?? 1000))
      }
    })
  return { asked, open }
}

const chunks = function* (bytes: Uint8Array, size: number) {
  for (let offset = 0; offset < bytes.length; offset += size) yield bytes.subarray(offset, offset + size)
}

export const deliver = (of: Generation.Generation, open: Delivery["open"]): Delivery => ({
  generation: of,
  open,
  onProgress: () => Effect.void,
  verified: Option.none(),
  onVerified: () => Effect.void
})
