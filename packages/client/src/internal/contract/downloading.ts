/**
 * A video is fetched from where the provider says, and the key goes nowhere but home.
 */
import type { ResumePoint } from "@mutoscope/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import * as Liar from "../liar.ts"
import { hasKey, keepsSecret, must, play, type Stage, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

const fromTheStart: ResumePoint = { offset: 0, validator: Option.none() }

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const elsewhere = { base: "" }
  const hostile = wire.namesVideos ? ["http://169.254.169.254/latest/meta-data", "file:///etc/passwd"] : []
  return [
    play(
      subject,
      "a video is fetched",
      { poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, base) },
      (stage) =>
        Effect.gen(function* () {
          const exit = yield* fetched(stage)
          yield* must("its bytes come", exit._tag === "Success" && exit.value === "video", tagOf(exit))
          yield* keepsSecret("the download", exit)
        })
    ),
    ...(wire.namesVideos
      ? [
          play(
            subject,
            "P18 a video at another origin is fetched without the key",
            { poll: (_, base) => wire.succeeded(id, `${elsewhere.base}/video.mp4`, base) },
            (stage) =>
              Effect.gen(function* () {
                const other = yield* Liar.make(() => video)
                elsewhere.base = other.base
                const exit = yield* fetched(stage)
                yield* must("its bytes come", exit._tag === "Success" && exit.value === "video", tagOf(exit))
                yield* must("the key stays home", !other.received.some(hasKey), other.received)
              })
          )
        ]
      : []),
    play(
      subject,
      "P18 a redirect to another origin is followed without the key",
      {
        poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, base),
        download: () => ({ status: 302, headers: { location: `${elsewhere.base}/video.mp4` } })
      },
      (stage) =>
        Effect.gen(function* () {
          const other = yield* Liar.make(() => video)
          elsewhere.base = other.base
          yield* fetched(stage)
          yield* must("the key stays home", !other.received.some(hasKey), other.received)
        })
    ),
    ...hostile.map((address) =>
      play(
        subject,
        `P18 nothing is fetched from ${address}`,
        { poll: (_, base) => wire.succeeded(id, address, base) },
        (stage) =>
          Effect.gen(function* () {
            const exit = yield* fetched(stage)
            yield* must("it is refused", exit._tag === "Failure" && tagOf(exit) !== "defect", tagOf(exit))
          })
      )
    ),
    play(
      subject,
      "P26 an error page is no video",
      {
        poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, base),
        download: () => ({ status: 200, headers: { "content-type": "text/html" }, body: "<h1>Oops</h1>" })
      },
      (stage) =>
        Effect.flatMap(fetched(stage), (exit) =>
          must("it is refused", exit._tag === "Failure" && tagOf(exit) !== "defect", tagOf(exit))
        )
    ),
    ...expired.map(([what, reply]) =>
      play(
        subject,
        `W13 a video that is answered with ${what} is OutputRefused`,
        { poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, base), download: () => reply },
        (stage) =>
          Effect.flatMap(fetched(stage), (exit) =>
            must("it is OutputRefused", tagOf(exit) === "OutputRefused", tagOf(exit))
          )
      )
    )
  ]
}

/** A signed address that has run out is refused as if it were somebody else's. */
const expired: ReadonlyArray<readonly [string, Liar.Reply]> = [
  [
    "403",
    {
      status: 403,
      headers: { "content-type": "application/xml" },
      body: "<Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
    }
  ],
  ["404", { status: 404 }],
  ["410", { status: 410 }]
]

const video: Liar.Reply = { status: 200, headers: { "content-type": "video/mp4" }, body: "video" }

/** The text of the video that the job has. */
const fetched = ({ operation, provider }: Stage) =>
  Effect.flatMap(operation, (operation) =>
    Effect.exit(
      Effect.scoped(
        Effect.gen(function* () {
          const status = yield* provider.poll(operation)
          if (status._tag !== "Succeeded") return yield* Effect.dieMessage(`the job is ${status._tag}`)
          const { bytes } = yield* provider.download(operation, status.videos[0], fromTheStart)
          return Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))).toString()
        })
      )
    )
  )
