/**
 * A refusal is certain: nothing was accepted, and the error says what to do about it.
 */
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { json } from "../liar.ts"
import { intentOf, keepsSecret, must, play, type Stage, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

export const cases = (subject: Subject): ReadonlyArray<Case> => [
  ...refusals.map(([status, ...tags]) =>
    play(
      subject,
      `a submit that is refused with ${status} is ${tags.join(" or ")}`,
      { submit: () => subject.wire.refused(status, "no, not like that") },
      (stage) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
          yield* must(`it is ${tags.join(" or ")}`, tags.includes(tagOf(exit)), tagOf(exit))
          yield* must("one request is sent", stage.asked("submit").length === 1, stage.asked("submit").length)
          yield* keepsSecret("the error", exit)
        })
    )
  ),
  ...open.map((code) =>
    play(
      subject,
      `R3 a 200 with the error ${code} and no job leaves it open what became of it`,
      { submit: () => json(200, { error: { code, message: "no" } }) },
      (stage) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
          yield* must("the outcome is unknown", tagOf(exit) === "SubmitUnknown", tagOf(exit))
          yield* must("one request is sent", stage.asked("submit").length === 1, stage.asked("submit").length)
        })
    )
  ),
  ...certain.map(([code, tag]) =>
    play(
      subject,
      `R3 a 200 with the error ${code} and no job is ${tag}`,
      { submit: () => json(200, { error: { code, message: "no" } }) },
      (stage) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
          yield* must(`it is ${tag}`, tagOf(exit) === tag, tagOf(exit))
          yield* must("one request is sent", stage.asked("submit").length === 1, stage.asked("submit").length)
        })
    )
  ),
  play(
    subject,
    "a submit that is refused with 403 and no reason may be about the content",
    { submit: () => subject.wire.refused(403, "no, not like that") },
    (stage) =>
      Effect.gen(function* () {
        const error = yield* refusalOf(stage)
        yield* must(
          "its error says that it is unclear",
          error?._tag === "AuthenticationFailed" && error.unclear === true,
          error
        )
      })
  ),
  play(
    subject,
    "P13 Retry-After is passed on",
    {
      submit: () => {
        const reply = subject.wire.refused(429, "too many requests")
        return typeof reply === "string"
          ? reply
          : { ...reply, headers: { ...reply.headers, "retry-after": "7" } }
      }
    },
    (stage) =>
      Effect.gen(function* () {
        const error = yield* refusalOf(stage)
        const wait = error?._tag === "RateLimited" ? Duration.toSeconds(error.retryAfter) : 0
        yield* must("the wait is seven seconds", wait === 7, error)
      })
  ),
  play(subject, "what the model cannot do is refused before anything is sent", {}, (stage) =>
    Effect.gen(function* () {
      const intent = intentOf(subject)
      const request = new VideoRequest({ ...intent.request, model: unknownModel })
      const exit = yield* Effect.exit(stage.provider.submit({ ...intent, request }))
      const assumed = stage.provider.capabilities(unknownModel)._tag === "Some"
      yield* must(
        "an unknown model is UnsupportedOption",
        assumed || tagOf(exit) === "UnsupportedOption",
        tagOf(exit)
      )
      yield* must("nothing is sent", assumed || stage.asked("submit").length === 0, stage.asked("submit"))
    })
  )
]

const refusalOf = (stage: Stage) =>
  Effect.flip(stage.provider.submit(intentOf(stage.subject))).pipe(Effect.orElseSucceed(() => undefined))

/** Of these nobody knows whether something was accepted. */
const open: ReadonlyArray<number | string> = [408, 409, 499, 500, 504, "moderation_blocked"]

const certain: ReadonlyArray<readonly [number, string]> = [
  [400, "InvalidRequest"],
  [402, "QuotaExceeded"],
  [429, "RateLimited"]
]

const unknownModel = "no-such-model-anywhere/at-all"

const refusals: ReadonlyArray<readonly [number, ...ReadonlyArray<string>]> = [
  [400, "InvalidRequest"],
  [401, "AuthenticationFailed"],
  [402, "QuotaExceeded"],
  [403, "AuthenticationFailed"],
  [404, "UnsupportedOption"],
  [422, "InvalidRequest"],
  [429, "RateLimited", "QuotaExceeded"]
]
