/**
 * What can go wrong, and what a caller is told: each case with the error's message and its type.
 */
import type { GenerationError } from "@mutoscope/core/GenerationError"
import * as Policy from "@mutoscope/core/Policy"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Console from "effect/Console"
import * as Effect from "effect/Effect"
import * as Display from "../Display.ts"

type Fields = Parameters<typeof VideoRequest.make>[0]

const legal: Fields = {
  ...VideoRequest.defaults,
  prompt: "A paper boat",
  model: "veo-3.1",
  duration: 2,
  resolution: "480p"
}

/** The emulator takes the name of what shall go wrong from the provider's options. */
const scenario = (name: string): Fields => ({ ...legal, providerOptions: { emulatorScenario: name } })

const cases: ReadonlyArray<readonly [title: string, fields: Fields, settings?: Partial<Policy.Settings>]> = [
  ["An empty prompt", { ...legal, prompt: " " }],
  ["A prompt of 2,001 characters", { ...legal, prompt: "a".repeat(2001) }],
  ["A video of 90 seconds", { ...legal, duration: 90 }],
  ["A model that nobody has", { ...legal, model: "veo-99" }],
  ["A wrong key", scenario("unauthorized")],
  ["No quota left", scenario("quota")],
  ["Too fast: refused once, then accepted", scenario("rate-limit:1")],
  ["The job fails", scenario("failure")],
  ["The safety filter", scenario("content-block")],
  ["A job that never ends (the wait is 4 s here)", scenario("stuck"), { pollTimeout: "4 seconds" }],
  ["The answer to the submit is lost", scenario("lost-response")],
  ["The download stops half-way every time", scenario("truncated-download")]
]

const quick = { pollInterval: "1 second", retryDelay: "200 millis" } as const

export const errors = Effect.gen(function* () {
  yield* Display.heading("Error handling")
  yield* Effect.forEach(cases, ([title, fields, settings]) =>
    Effect.zipRight(Console.log(`\n  ${title}`), attempt(fields, Policy.make({ ...quick, ...settings })))
  )
})

const attempt = (fields: Fields, policy: ReturnType<typeof Policy.make>) =>
  Effect.flatMap(VideoGenerator, (generator) =>
    Effect.flatMap(VideoRequest.make(fields), (request) => generator.generate(request))
  ).pipe(
    Effect.matchEffect({ onFailure: explained, onSuccess: Display.result }),
    Effect.provideService(Policy.Policy, policy)
  )

const explained = (error: GenerationError) =>
  Effect.zipRight(Display.failure(error), Display.table({ Next: next(error) }))

/** What a person does about it. */
const next = (error: GenerationError): string => {
  switch (error._tag) {
    case "InvalidRequest":
    case "UnsupportedOption":
      return error.nearest === undefined
        ? "change the request"
        : `change the request; nearest: ${error.nearest}`
    case "AuthenticationFailed":
      return "check the key"
    case "QuotaExceeded":
    case "RateLimited":
      return "wait, or raise the quota"
    case "GenerationTimeout":
    case "DownloadFailed":
      return "resume: nothing is lost, and nothing is paid twice"
    case "SubmitUnknown":
      return "look at the provider's console: it may be running, so it is not sent again"
    default:
      return "read the reason"
  }
}
