/**
 * Scenarios: what shall go wrong, chosen by a request or by the program, so that clients can be tried against it.
 *
 * @since 0.1.0
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import * as Schema from "effect/Schema"

/**
 * Every scenario, with one sentence for the people who choose among them. Dialects say it in their own words, and some
 * lack some (`Dialect.lacks`).
 */
export const scenarios = {
  quota: "The submit is refused: the account's quota is used up (429).",
  "rate-limit": "The submit is refused for now: try again in a second (429 with Retry-After).",
  unavailable: "The submit is refused: the service is unavailable (503).",
  reset: "The connection is reset before anything is accepted.",
  unauthorized: "The submit is refused: the credentials are not valid (401).",
  "retired-model": "The submit is refused: the model is no longer available (404).",
  "lost-response": "The job is accepted, and the connection closed before the answer.",
  "malformed-json": "The job is accepted, and the answer is cut in the middle of its JSON (200).",
  failure: "The job ends with an error of the model.",
  "content-block": "The job ends without a video: the safety filter withheld it.",
  "empty-result": "The job ends without a video and without a reason.",
  stuck: "The job never ends; it can be cancelled.",
  slow: "The job waits before it is rendered: ten seconds, or as many as the number says.",
  "poll-unavailable": "Questions about the job are answered with 503.",
  "truncated-download": "The download stops half-way, although Content-Length promises all of it.",
  "expired-file": "The job ends with a video that is no longer there (404)."
} as const

/** The name of a scenario. */
export type ScenarioName = keyof typeof scenarios

/**
 * A scenario and its number: for how many times it happens (always, where there is none), or, for `slow`, the
 * seconds. As text: `rate-limit:2`.
 */
export const Scenario = Schema.Struct({
  name: Schema.Literal(...(Object.keys(scenarios) as [ScenarioName, ...Array<ScenarioName>])),
  count: Schema.optional(Schema.NonNegativeInt)
})
export type Scenario = typeof Scenario.Type

/** A scenario from its text, `name` or `name:number`; none, where it is no scenario. */
export const parse = (text: string): Option.Option<Scenario> => {
  const [, name, count] = /^([a-z-]+)(?::(\d{1,9}))?$/.exec(text.trim()) ?? []
  return Schema.decodeUnknownOption(Scenario)(
    count === undefined ? { name } : { name, count: Number.parseInt(count, 10) }
  )
}

/** What to tell whoever wrote a scenario that there is not. */
export const advice = `must be one of ${Object.keys(scenarios).join(", ")}, or one of them with :NUMBER`

/** Where a scenario takes effect. */
export type Moment = "submit" | "answer" | "job" | "poll" | "download"

const moments: { readonly [Name in ScenarioName]: Moment } = {
  quota: "submit",
  "rate-limit": "submit",
  unavailable: "submit",
  reset: "submit",
  unauthorized: "submit",
  "retired-model": "submit",
  "lost-response": "answer",
  "malformed-json": "answer",
  failure: "job",
  "content-block": "job",
  "empty-result": "job",
  stuck: "job",
  slow: "job",
  "poll-unavailable": "poll",
  "truncated-download": "download",
  "expired-file": "download"
}

/** What a program may look at when it chooses a scenario for a submit. `prompt` is empty where there is none. */
export interface Submission {
  readonly dialect: string
  readonly model: string
  readonly prompt: string
}

/** A program's choice: the text of a scenario, or nothing for none. It comes before the request's own. */
export type Choose = (submission: Submission) => string | undefined

/** Decides whether a scenario happens now, and counts how often it has. */
export interface Faults {
  /**
   * The scenario's name if it takes effect at this moment. A counted one is used up once for each time; `key` tells
   * what it is counted for: the prompt of a submit, the id of a job.
   */
  readonly at: (
    moment: Moment,
    scenario: Scenario | undefined,
    key: string
  ) => Effect.Effect<Option.Option<ScenarioName>>
}

/** A new set of counters. */
export const make: Effect.Effect<Faults> = Effect.map(
  Ref.make<ReadonlyMap<string, number>>(new Map()),
  (counters): Faults => ({
    at: (moment, scenario, key) =>
      scenario === undefined || moments[scenario.name] !== moment
        ? Effect.succeedNone
        : scenario.count === undefined || scenario.name === "slow"
          ? Effect.succeedSome(scenario.name)
          : useUp(counters, scenario.name, scenario.count, key)
  })
)

const useUp = (
  counters: Ref.Ref<ReadonlyMap<string, number>>,
  name: ScenarioName,
  limit: number,
  key: string
): Effect.Effect<Option.Option<ScenarioName>> =>
  Ref.modify(counters, (counts) => {
    const counter = `${name} ${limit} ${key}`
    const used = counts.get(counter) ?? 0
    return used >= limit
      ? [Option.none(), counts]
      : [Option.some(name), new Map(counts).set(counter, used + 1)]
  })
