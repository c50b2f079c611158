/**
 * A submit is one request, whatever happens, and what nobody can be sure of is `SubmitUnknown`.
 */
import * as Effect from "effect/Effect"
import type { Received, Reply } from "../liar.ts"
import { canary, intentOf, keepsSecret, must, play, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

export const cases = (subject: Subject): ReadonlyArray<Case> => [
  play(subject, "sends one paid request, with the key in a header and not in the address", {}, (stage) =>
    Effect.gen(function* () {
      const operation = yield* stage.operation
      const submits = stage.asked("submit")
      yield* must("one request is sent", submits.length === 1, submits.length)
      yield* must("the operation has an id", operation.id.length > 0, operation)
      yield* must(
        "the address holds no key",
        submits.every(({ path }) => !path.includes(canary)),
        submits
      )
      yield* must("a record of it shows no key", !JSON.stringify(operation).includes(canary), operation)
    })
  ),
  ...unknowable.map(([what, reply]) =>
    play(
      subject,
      `R2 after ${what} it is unknown, and nothing is sent again`,
      { submit: () => reply },
      (stage) =>
        Effect.gen(function* () {
          const exit = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
          yield* must("the outcome is unknown", tagOf(exit) === "SubmitUnknown", tagOf(exit))
          yield* must("one request is sent", stage.asked("submit").length === 1, stage.asked("submit").length)
          yield* keepsSecret("the error", exit)
        })
    )
  ),
  play(
    subject,
    "R2 a redirect of a submit is not followed",
    { submit: (_, base) => ({ status: 307, headers: { location: `${base}/trap` } }) },
    (stage) =>
      Effect.gen(function* () {
        const exit = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
        yield* must("it is refused", tagOf(exit) === "InvalidRequest", tagOf(exit))
        yield* must("one request is sent", stage.asked("submit").length === 1, stage.asked("submit").length)
      })
  ),
  ...hostileIds.map(([id, astray]) =>
    play(
      subject,
      `P04 a job that is called ${JSON.stringify(id.slice(0, 24))} leads nowhere else`,
      { submit: (_, base) => subject.wire.accepted(id, base) },
      (stage) =>
        Effect.gen(function* () {
          const submitted = yield* Effect.exit(stage.provider.submit(intentOf(subject)))
          if (submitted._tag === "Failure")
            return yield* must("it is unknown", tagOf(submitted) === "SubmitUnknown", tagOf(submitted))
          const before = stage.received().length
          yield* Effect.exit(stage.provider.poll(submitted.value))
          const asked = stage.received().slice(before)
          const isAstray = ({ headers, path }: Received) =>
            astray.test(path) || headers["host"] !== new URL(stage.base).host
          yield* must("the id is escaped in the address", !asked.some(isAstray), asked)
        })
    )
  )
]

const html = { "content-type": "text/html" }

const unknowable: ReadonlyArray<readonly [string, Reply]> = [
  ["a reset", "reset"],
  ["a connection that closes without a word", "hang up"],
  ["500", { status: 500 }],
  ["502", { status: 502, headers: html, body: "<h1>Bad Gateway</h1>" }],
  ["503 without a reason", { status: 503 }],
  ["504", { status: 504 }],
  ["408", { status: 408 }],
  ["302, which may show what came of an accepted request", { status: 302, headers: { location: "/jobs/1" } }],
  ["303, which says that it was accepted", { status: 303, headers: { location: "/jobs/1" } }],
  ["499", { status: 499 }],
  ["a 200 without a body", { status: 200 }],
  [
    "a 200 with half of its JSON",
    { status: 200, headers: { "content-type": "application/json" }, body: '{"id": "a' }
  ],
  ["a 200 with a page", { status: 200, headers: html, body: "<html>It works!</html>" }],
  [
    "a 200 with JSON that names no job",
    { status: 200, headers: { "content-type": "application/json" }, body: "{}" }
  ]
]

/** There is no such address: all that is asked is that nothing breaks. */
const never = /$^/

/** What a server may call a job, and where that leads whoever does not escape it. */
const hostileIds: ReadonlyArray<readonly [id: string, astray: RegExp]> = [
  ["../../admin", /\/admin/],
  ["a/../../bogus?x#y", /\/bogus|\?x/],
  ["a\r\nhost: b", /\r|\n/],
  ["a".repeat(10_000), never],
  ["", never]
]
