/**
 * A cancel looks before it leaps, and tells what became of it.
 */
import * as Effect from "effect/Effect"
import type { Reply } from "../liar.ts"
import { type Behaviour, must, play, type Stage, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

const videoUrl = "https://videos.example.com/video.mp4"

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  return [
    play(
      subject,
      "C11 a job that has its video is AlreadyFinished, and is not asked to stop",
      { poll: (_, base) => wire.succeeded(id, videoUrl, base) },
      (stage) =>
        Effect.gen(function* () {
          const { outcome } = yield* told(stage)
          const expected = wire.cancelling === undefined ? ["NotSupported"] : ["AlreadyFinished"]
          yield* must(`it is ${expected.join()}`, expected.includes(outcome), outcome)
          yield* must("nothing is deleted", stage.asked("cancel").length === 0, stage.asked("cancel"))
        })
    ),
    play(
      subject,
      "a job that runs is stopped, asked to stop, or cannot be",
      racing(subject, () => wire.cancelled?.(id) ?? wire.running(id)),
      (stage) =>
        Effect.gen(function* () {
          const { outcome } = yield* told(stage)
          const expected =
            wire.cancelling === undefined
              ? ["NotSupported"]
              : wire.cancelled === undefined
                ? ["Requested", "Cancelled"]
                : ["Cancelled"]
          yield* must(`it is ${expected.join(" or ")}`, expected.includes(outcome), outcome)
        })
    ),
    ...(wire.cancelling === undefined ? [] : races(subject))
  ]
}

/** What happens between the look and the request to stop, and after it. */
const races = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  const done = (base: string) => wire.succeeded(id, videoUrl, base)
  return [
    ...(wire.forgets === true
      ? []
      : [
          play(
            subject,
            "C11 a job that ends before it can be stopped is AlreadyFinished, and keeps its video",
            racing(subject, done),
            endsAs("AlreadyFinished")
          ),
          play(
            subject,
            "C11 a job that was asked to stop and goes on is Requested, and keeps its video",
            racing(subject, (base, looks) => (looks === 1 ? wire.running(id) : done(base))),
            endsAs("Requested")
          )
        ]),
    play(
      subject,
      "C11 a job that is forgotten once a cancel was accepted is Cancelled",
      racing(subject, () => wire.refused(404, "no such job")),
      (stage) =>
        Effect.gen(function* () {
          const { after, outcome } = yield* told(stage)
          // A server that never answers so says nothing of the job by it.
          const isUnknown = (yield* after) === "OperationNotFound"
          yield* must("it is Cancelled", outcome === "Cancelled" || !isUnknown, outcome)
        })
    ),
    ...[400, 404, 409].map((status) =>
      play(
        subject,
        `C11 a job that ended, for which a cancel is refused with ${status}, is AlreadyFinished`,
        racing(subject, done, wire.refused(status, "the job has ended")),
        endsAs("AlreadyFinished")
      )
    ),
    ...[401, 429, 500].map((status) =>
      play(
        subject,
        `C11 a cancel that is answered with ${status} is an error, and the job goes on`,
        racing(subject, () => wire.running(id), wire.refused(status, "not now")),
        (stage) =>
          Effect.gen(function* () {
            const { outcome } = yield* told(stage)
            yield* must("it is an error", !outcomes.includes(outcome), outcome)
          })
      )
    )
  ]
}

const outcomes = ["Cancelled", "Requested", "AlreadyFinished", "NotSupported", "defect"]

/** A job that runs until it is asked to stop; from then on it is what `after` says, by how often was looked since. */
const racing = (
  { id, wire }: Subject,
  after: (base: string, looks: number) => Reply,
  answer: Reply = wire.cancelling?.(id) ?? { status: 405 }
): Behaviour => {
  const asked = { yet: false, looks: 0 }
  return {
    submit: () => {
      asked.yet = false
      asked.looks = 0
      return undefined
    },
    poll: (_, base) => {
      if (!asked.yet) return wire.running(id)
      asked.looks++
      return after(base, asked.looks)
    },
    cancel: () => {
      asked.yet = true
      return answer
    }
  }
}

/** The job is asked to stop: what came of that, or the tag of the error, and how the job is doing afterwards. */
const told = ({ operation, provider }: Stage) =>
  Effect.gen(function* () {
    const job = yield* operation
    const outcome = tagOf(yield* Effect.exit(provider.cancel(job)))
    return { outcome, after: Effect.map(Effect.exit(provider.poll(job)), tagOf) }
  })

/** What it came to, and that the video, which was paid for, is kept whoever wanted it to stop. */
const endsAs = (expected: string) => (stage: Stage) =>
  Effect.gen(function* () {
    const { after, outcome } = yield* told(stage)
    yield* must(`it is ${expected}`, outcome === expected, outcome)
    const state = yield* after
    yield* must("the video is there", state === "Succeeded", state)
  })
