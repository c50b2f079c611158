/**
 * A video is fetched from where the provider says, and the key goes nowhere but home.
 */
import type { ResumePoint } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Cause from "effect/Cause"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
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
            // An API may have the video in a place of its own as well.
            const isFromApi = exit._tag === "Success" && stage.asked("download").length > 0
            const isRefused = exit._tag === "Failure" && tagOf(exit) !== "defect"
            yield* must("it is refused, or the API's own", isRefused || isFromApi, tagOf(exit))
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
    play(
      subject,
      "P26 an error that is called a video is OutputRefused, in the server's words",
      {
        poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, base),
        download: () => ({ status: 200, headers: mp4, body: '{"error":{"message":"rendering went on"}}' })
      },
      (stage) =>
        Effect.gen(function* () {
          const exit = yield* fetched(stage)
          yield* must("it is OutputRefused", tagOf(exit) === "OutputRefused", tagOf(exit))
          yield* must(
            "its words are passed on",
            messageOf(exit).includes("rendering went on"),
            messageOf(exit)
          )
        })
    ),
    ...[mp4, { ...mp4, "transfer-encoding": "chunked" }].map((headers) =>
      play(
        subject,
        `P25 a video of nothing is DownloadFailed: ${"transfer-encoding" in headers ? "in chunks" : "as announced"}`,
        {
          poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, base),
          download: () => ({ status: 200, headers, body: "" })
        },
        (stage) =>
          Effect.flatMap(fetched(stage), (exit) =>
            must("it is DownloadFailed", tagOf(exit) === "DownloadFailed", tagOf(exit))
          )
      )
    ),
    ...(wire.namesVideos ? [...renewing(subject), ...keyless(subject)] : []),
    ...besides(subject),
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

const mp4 = { "content-type": "video/mp4" }

/** Statuses with which a file is refused that may be at another address: all but one that is about the key. */
const refusals = [400, 402, 403, 404, 407, 410, 422, 429, 500, 502, 511]

/** An address that no longer serves may only be old, and the job has a new one. */
const renewing = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const asked = { times: 0 }
  return refusals.map((status) =>
    play(
      subject,
      `W13 a video whose address answers ${status} is fetched where the job says that it is now`,
      {
        submit: () => {
          asked.times = 0
          return undefined
        },
        poll: (_, base) => {
          asked.times++
          return wire.succeeded(id, `${base}/videos/${asked.times}.mp4`, base)
        },
        download: ({ path }) => (path.endsWith("/1.mp4") ? { status } : undefined)
      },
      (stage) =>
        Effect.flatMap(fetched(stage), (exit) =>
          must("its bytes come", exit._tag === "Success" && exit.value === "video", tagOf(exit))
        )
    )
  )
}

/** Another server that wants a key has not seen ours, so it says nothing about it. */
const keyless = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const elsewhere = { base: "" }
  return [401, 403].map((status) =>
    play(
      subject,
      `P18 ${status} of another server, which got no key, says nothing of the key`,
      {
        poll: (_, base) => wire.succeeded(id, `${elsewhere.base}/video.mp4`, base),
        download: () => ({ status: 404 })
      },
      (stage) =>
        Effect.gen(function* () {
          const other = yield* Liar.make(() => ({ status }))
          elsewhere.base = other.base
          const exit = yield* fetched(stage)
          yield* must("it is OutputRefused", tagOf(exit) === "OutputRefused", tagOf(exit))
          yield* must("the key stays home", !other.received.some(hasKey), other.received)
        })
    )
  )
}

/** Where a file is refused, the job may name another address of it. */
const besides = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const { beside } = wire
  if (beside === undefined) return []
  const elsewhere = { base: "" }
  return [
    ...refusals.map((status) =>
      play(
        subject,
        `W13 a video that is refused with ${status} is fetched at the address that the job names besides, without the key`,
        {
          poll: (_, base) => beside(id, `${elsewhere.base}/clip.mp4`, base),
          download: () => ({ status })
        },
        (stage) =>
          Effect.gen(function* () {
            const other = yield* Liar.make(() => video)
            elsewhere.base = other.base
            const exit = yield* fetched(stage)
            yield* must("its bytes come", exit._tag === "Success" && exit.value === "video", tagOf(exit))
            yield* must("the key stays home", !other.received.some(hasKey), other.received)
          })
      )
    ),
    play(
      subject,
      "W13 a video that is refused with 401 is looked for nowhere else",
      {
        poll: (_, base) => beside(id, `${elsewhere.base}/clip.mp4`, base),
        download: () => ({ status: 401 })
      },
      (stage) =>
        Effect.gen(function* () {
          const other = yield* Liar.make(() => video)
          elsewhere.base = other.base
          const exit = yield* fetched(stage)
          yield* must("it is AuthenticationFailed", tagOf(exit) === "AuthenticationFailed", tagOf(exit))
          yield* must("nothing is asked there", other.received.length === 0, other.received)
        })
    ),
    play(
      subject,
      "P18 an address that stands in the request is never taken for the result",
      {
        poll: (_, base) => beside(id, `${elsewhere.base}/mine.mp4?signed=again`, base),
        download: () => ({ status: 404 })
      },
      (stage) =>
        Effect.gen(function* () {
          const other = yield* Liar.make(() => video)
          elsewhere.base = other.base
          const url = `${other.base}/mine.mp4?signed=once`
          const request = new VideoRequest({ ...subject.request, extend: { _tag: "Url", url } })
          const exit = yield* fetched(stage, request)
          yield* must("it is OutputRefused", tagOf(exit) === "OutputRefused", tagOf(exit))
          yield* must("nothing is asked there", other.received.length === 0, other.received)
        })
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

const messageOf = (exit: Exit.Exit<unknown, { readonly message: string }>): string =>
  Exit.match(exit, {
    onSuccess: () => "",
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), { onNone: () => "", onSome: ({ message }) => message })
  })

/** The text of the video that the job has; `request` is what the job was asked for, as the flow says it. */
const fetched = ({ operation, provider }: Stage, request?: VideoRequest) =>
  Effect.flatMap(operation, (operation) =>
    Effect.exit(
      Effect.scoped(
        Effect.gen(function* () {
          const status = yield* provider.poll(operation)
          if (status._tag !== "Succeeded") return yield* Effect.dieMessage(`the job is ${status._tag}`)
          const { bytes } = yield* provider.download(operation, status.videos[0], fromTheStart, request)
          return Buffer.concat(Chunk.toReadonlyArray(yield* Stream.runCollect(bytes))).toString()
        })
      )
    )
  )
