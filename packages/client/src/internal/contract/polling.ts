/**
 * That a job failed is a value, that nobody could be asked is an error, and neither is ever the other.
 */
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Effect from "effect/Effect"
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
      play(subject, `R8 ${what} says nothing of the job`, { poll: () => reply }, (stage) =>
        Effect.gen(function* () {
          const exit = yield* asked(stage)
          const tag = tagOf(exit)
          const isSilent = !["Succeeded", "Failed", "Cancelled", "defect"].includes(tag)
          yield* must("it is an error, or still runs", isSilent, tag)
          yield* keepsSecret("the error", exit)
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

const unanswered: ReadonlyArray<readonly [string, Liar.Reply]> = [
  ["a reset", "reset"],
  ["a closed connection", "hang up"],
  ["401", { status: 401 }],
  ["403", { status: 403 }],
  ["404", { status: 404 }],
  ["429", { status: 429 }],
  ["500", { status: 500 }],
  ["503", { status: 503 }],
  ["a 200 without a body", { status: 200 }],
  ["a 202 without a body", { status: 202 }],
  ["a page", { status: 200, headers: { "content-type": "text/html" }, body: "<h1>Hello</h1>" }],
  ["JSON that is none", { status: 200, headers: { "content-type": "application/json" }, body: '{"status":' }]
]
