/**
 * A refusal is certain: nothing was accepted, and the error says what to do about it.
 */
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { intentOf, keepsSecret, must, play, tagOf } from "./stage.ts"
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
        const error = yield* Effect.flip(stage.provider.submit(intentOf(subject))).pipe(
          Effect.orElseSucceed(() => undefined)
        )
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
