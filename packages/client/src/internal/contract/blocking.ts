/**
 * What a filter blocked is known as blocked, wherever the provider says so: then it is tried nowhere else.
 */
import * as Effect from "effect/Effect"
import type { Reply } from "../liar.ts"
import { intentOf, keepsSecret, must, play, type Stage, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { blocked = {}, refused } = subject.wire
  const { failed, poll, submit } = blocked
  return [
    ...[400, 403].map((status) =>
      blocksSubmit(subject, `in the words of another vendor (${status})`, () => refused(status, passedOn))
    ),
    blocksPoll(subject, "in the words of another vendor", () => refused(400, passedOn)),
    ...(submit === undefined ? [] : [blocksSubmit(subject, "in the vendor's own words", submit)]),
    ...(poll === undefined ? [] : [blocksPoll(subject, "in the vendor's own words", poll)]),
    ...(failed === undefined
      ? []
      : [blocksPoll(subject, "by the end of the job, in the vendor's own words", failed)])
  ]
}

/** A gateway passes on what the vendor behind it says. */
const passedOn = "Your request was blocked by our moderation system."

const blocksSubmit = (subject: Subject, how: string, reply: () => Reply): Case =>
  play(subject, `a submit that is blocked ${how} is ContentBlocked`, { submit: reply }, (stage) =>
    Effect.gen(function* () {
      const exit = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
      yield* must("it is ContentBlocked", tagOf(exit) === "ContentBlocked", tagOf(exit))
      yield* must("one request is sent", stage.asked("submit").length === 1, stage.asked("submit").length)
      yield* keepsSecret("the error", exit)
    })
  )

const blocksPoll = (subject: Subject, how: string, reply: (id: string) => Reply): Case =>
  play(
    subject,
    `a video that is held back ${how} is the end of its job`,
    { poll: () => reply(subject.id) },
    (stage) =>
      Effect.gen(function* () {
        const exit = yield* asked(stage)
        const tag =
          exit._tag === "Success" && exit.value._tag === "Failed" ? exit.value.error._tag : tagOf(exit)
        yield* must("the job failed, as ContentBlocked", tag === "ContentBlocked", tag)
        yield* keepsSecret("the error", exit)
      })
  )

const asked = (stage: Stage) =>
  Effect.flatMap(stage.operation, (operation) => Effect.exit(stage.provider.poll(operation)))
