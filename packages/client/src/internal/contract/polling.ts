/**
 * That a job failed is a value, that nobody could be asked is an error, and neither is ever the other.
 */
import { JsonObject } from "@mutoscope/core/Json"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Liar from "../liar.ts"
import { canary, intentOf, keepsSecret, must, play, type Stage, tagOf } from "./stage.ts"
import type { Case, ContractBroken, Subject } from "./subject.ts"

const videoUrl = "https://videos.example.com/video.mp4"

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  return [
    says(subject, "a job that runs", () => wire.running(id), ["Pending", "Running"]),
    ...(wire.wordless === undefined
      ? []
      : [says(subject, "a job of which no more is said", () => wire.wordless?.(id), ["Pending", "Running"])]),
    says(subject, "a job that is done", (base) => wire.succeeded(id, videoUrl, base), ["Succeeded"]),
    says(subject, "a job that failed", () => wire.failed(id, "the model broke"), ["Failed"]),
    ...(wire.strange === undefined
      ? []
      : [
          says(subject, "a job in a state that nobody knows", () => wire.strange?.(id), [
            "Pending",
            "Running"
          ])
        ]),
    ...(wire.cancelled === undefined
      ? []
      : [says(subject, "a job that was cancelled", () => wire.cancelled?.(id), ["Cancelled"])]),
    ...unanswered.map(([what, reply]) =>
      play(subject, `R8 ${what} says nothing of the job`, { poll: () => reply }, isSilent)
    ),
    ...bare.map(([status, phrase]) =>
      play(
        subject,
        `R8 ${status} "${phrase}" says nothing of the job`,
        { poll: () => wire.refused(status, phrase) },
        isSilent
      )
    ),
    ...(wire.result === undefined
      ? []
      : [
          ...unanswered,
          ...bare.map(([status, phrase]) => [`${status} "${phrase}"`, wire.refused(status, phrase)] as const)
        ].map(([what, reply]) =>
          play(
            subject,
            `R8 ${what} for the result of a job that is done says nothing of the job`,
            { poll: (_, base) => wire.succeeded(id, videoUrl, base), result: () => reply },
            isSilent
          )
        )),
    ...(wire.wantsId === true ? [anotherId] : [anotherId, undefined]).map((other) =>
      play(
        subject,
        `a job is known by its own id, where a poll is answered with ${other === undefined ? "none" : "another"}`,
        { poll: (_, base) => renamed(wire.succeeded(id, `${base}/videos/1.mp4`, base), id, other) },
        (stage) =>
          Effect.gen(function* () {
            const operation = yield* stage.operation
            const status = yield* Effect.exit(stage.provider.poll(operation))
            yield* must("it is Succeeded", tagOf(status) === "Succeeded", tagOf(status))
            const fetched = yield* Effect.exit(fetchedOf(stage, operation))
            yield* must("its video is fetched", fetched._tag === "Success", tagOf(fetched))
            const astray = stage.received().filter(({ path }) => path.includes(anotherId))
            yield* must("nothing is asked about another id", astray.length === 0, astray)
          })
      )
    ),
    play(
      subject,
      "O4 an answer that repeats the key is not repeated",
      { poll: () => wire.refused(400, `your key ${canary} is of no use`) },
      (stage) => Effect.flatMap(asked(stage), (exit) => keepsSecret("the error", exit))
    ),
    ...leading(subject)
  ]
}

/** An answer may name addresses to ask at. They may be the provider's own, and nobody else's, since the key goes there. */
const leading = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const elsewhere = { base: "" }
  const asksNothing = (act: (stage: Stage) => Effect.Effect<void, ContractBroken>) => (stage: Stage) =>
    Effect.gen(function* () {
      const other = yield* Liar.make(() => ({ status: 200 }))
      elsewhere.base = other.base
      yield* act(stage)
      yield* must("nothing is asked there", other.received.length === 0, other.received)
    })
  return [
    play(
      subject,
      "P18 a submit that is answered with another's addresses leads no question there",
      { submit: () => wire.accepted(id, elsewhere.base) },
      asksNothing((stage) =>
        Effect.gen(function* () {
          const { provider } = stage
          const submitted = yield* Effect.exit(provider.submit(intentOf(subject)))
          if (submitted._tag === "Failure") return
          yield* Effect.exit(provider.poll(submitted.value))
          yield* Effect.exit(provider.cancel(submitted.value))
          yield* Effect.exit(provider.poll(submitted.value))
        })
      )
    ),
    play(
      subject,
      "P18 a job that is done and names another's addresses leads no question there",
      { poll: (_, base) => wire.succeeded(id, `${base}/videos/1.mp4`, elsewhere.base) },
      asksNothing((stage) => Effect.asVoid(asked(stage)))
    )
  ]
}

const says = (
  subject: Subject,
  what: string,
  reply: (base: string) => Liar.Reply | undefined,
  states: ReadonlyArray<OperationStatus["_tag"]>
): Case =>
  play(subject, `${what} is ${states.join(" or ")}`, { poll: (_, base) => reply(base) }, (stage) =>
    Effect.flatMap(asked(stage), (exit) =>
      must(
        `it is ${states.join(" or ")}`,
        states.some((state) => state === tagOf(exit)),
        tagOf(exit)
      )
    )
  )

const asked = (stage: Stage) =>
  Effect.flatMap(stage.operation, (operation) => Effect.exit(stage.provider.poll(operation)))

const isSilent = (stage: Stage) =>
  Effect.gen(function* () {
    const exit = yield* asked(stage)
    const tag = tagOf(exit)
    const isEnd = ["Succeeded", "Failed", "Cancelled", "defect"].includes(tag)
    yield* must("it is an error, or still runs", !isEnd, tag)
    yield* keepsSecret("the error", exit)
  })

const fetchedOf = ({ provider }: Stage, operation: Operation) =>
  Effect.scoped(
    Effect.gen(function* () {
      const status = yield* provider.poll(operation)
      if (status._tag !== "Succeeded") return yield* Effect.dieMessage(`the job is ${status._tag}`)
      const { bytes } = yield* provider.download(operation, status.videos[0], {
        offset: 0,
        validator: Option.none()
      })
      yield* Stream.runDrain(bytes)
    })
  )

const anotherId = "another-id-of-the-server-behind"

const Fields = Schema.parseJson(JsonObject)

/** An answer whose own id is another one, or is missing. */
const renamed = (reply: Liar.Reply, id: string, other: string | undefined): Liar.Reply => {
  if (typeof reply === "string" || typeof reply.body !== "string") return reply
  const body = reply.body
  return Option.match(Schema.decodeOption(Fields)(body), {
    onNone: () => reply,
    onSome: (fields) => {
      const entries = Object.entries(fields).flatMap(([name, value]) =>
        value !== id ? [[name, value]] : other === undefined ? [] : [[name, other]]
      )
      return { ...reply, body: Schema.encodeSync(Fields)(Object.fromEntries(entries)) }
    }
  })
}

/** Phrases that stand for a status, and whatever is between us and the API puts into its errors. */
const bare: ReadonlyArray<readonly [number, string]> = [
  [400, "Internal Server Error"],
  [400, "Bad Request"],
  [404, "Not Found"],
  [422, "Unprocessable Entity"],
  [500, "Internal Server Error"],
  [502, "Bad Gateway"],
  [503, "upstream connect error or disconnect/reset before headers"],
  [504, "Gateway Timeout"]
]

const unanswered: ReadonlyArray<readonly [string, Liar.Reply]> = [
  ["a reset", "reset"],
  ["a closed connection", "hang up"],
  ["401", { status: 401 }],
  ["400", { status: 400 }],
  ["403", { status: 403 }],
  ["404", { status: 404 }],
  ["410", { status: 410 }],
  ["422", { status: 422 }],
  ["499", { status: 499 }],
  ["429", { status: 429 }],
  ["500", { status: 500 }],
  ["503", { status: 503 }],
  ["a 200 without a body", { status: 200 }],
  ["a 202 without a body", { status: 202 }],
  ["a page", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Hello</h1>" }],
  ["JSON that is none", { status: 200, headers: { "content-type": "application/json" }, body: '{"status":' }]
]
