/**
 * That a job failed is a value, that nobody could be asked is an error, and neither is ever the other.
 */
import type { OperationStatus } from "@videogen/core/Operation"
import * as Effect from "effect/Effect"
import type { Reply } from "../liar.ts"
import { canary, keepsSecret, must, play, type Stage, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

const videoUrl = "https://videos.example.com/video.mp4"

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  return [
    says(subject, "a job that runs", wire.running(id), ["Pending", "Running"]),
    says(subject, "a job that is done", wire.succeeded(id, videoUrl), ["Succeeded"]),
    says(subject, "a job that failed", wire.failed(id, "the model broke"), ["Failed"]),
    ...(wire.strange === undefined
      ? []
      : [says(subject, "a job in a state that nobody knows", wire.strange(id), ["Pending", "Running"])]),
    ...(wire.cancelled === undefined
      ? []
      : [says(subject, "a job that was cancelled", wire.cancelled(id), ["Cancelled"])]),
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
    )
  ]
}

const says = (
  subject: Subject,
  what: string,
  reply: Reply,
  states: ReadonlyArray<OperationStatus["_tag"]>
): Case =>
  play(subject, `${what} is ${states.join(" or ")}`, { poll: () => reply }, (stage) =>
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

const unanswered: ReadonlyArray<readonly [string, Reply]> = [
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
