/**
 * A paid request says whose it is where the API has a place for that, and nowhere else; a job is found again by that alone.
 */
import { type Intent, label, type Reconciliation } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import type { Received, Reply } from "../liar.ts"
import { seedOf, uuidOf } from "../ownId.ts"
import { type Behaviour, intentOf, must, play, type Stage } from "./stage.ts"
import type { Case, ContractBroken, ListedJob, Subject } from "./subject.ts"

const first = { id: "0123456789abcdef", attempt: 1 }
const others = [
  { id: "0123456789abcdef", attempt: 2 },
  { id: "0123456789abcdef", attempt: 11 },
  { id: "0123456789abcdeg", attempt: 1 },
  { id: "0123456789abcde", attempt: 1 }
]

export const cases = (subject: Subject): ReadonlyArray<Case> => [
  play(
    subject,
    subject.wire.labelIn === undefined
      ? "a paid request says nothing of the generation that it is for"
      : "a paid request carries the label of its attempt, once, at its declared place",
    {},
    (stage) =>
      Effect.gen(function* () {
        yield* stage.operation
        const [submit] = stage.asked("submit")
        if (submit === undefined) return yield* must("one request is sent", false, "none")
        const { labelIn } = subject.wire
        const named = labelIn?.(submit)
        const expected = labelIn === undefined ? undefined : label(intentOf(subject))
        yield* must(`its label is ${expected}`, named === expected, named)
        const mentions = textOf(submit).split(first.id).length - 1
        yield* must("the generation is named once at most", mentions === (labelIn ? 1 : 0), textOf(submit))
      })
  ),
  play(
    subject,
    "two paid requests for the same differ by what names them, and by nothing else",
    {},
    (stage) =>
      Effect.gen(function* () {
        const texts: Array<string> = []
        for (const attempt of [first, { id: "fedcba9876543210", attempt: 2 }]) {
          const intent = intentOf(subject, attempt)
          yield* Effect.exit(stage.provider.submit(intent))
          texts.push(anonymous(stage.asked("submit").at(-1), intent))
        }
        yield* must("they are the same", texts[0] === texts[1], texts)
      })
  ),
  remembering(
    subject,
    subject.wire.proves === true
      ? "N06 a job whose submit had no answer is found by its label"
      : "N06 a job whose submit had no answer is not taken for proven",
    (stage) =>
      Effect.gen(function* () {
        yield* lose(stage, first)
        const found = yield* lookedFor(stage, first)
        yield* must("it is the job", found === (subject.wire.proves ? subject.id : undefined), found)
      })
  ),
  remembering(
    subject,
    "P11 two requests for the same, at once and both lost, never get each other's job",
    (stage) =>
      Effect.gen(function* () {
        const attempts = [{ id: "fedcba9876543210", attempt: 1 }, first]
        for (const attempt of attempts) yield* lose(stage, attempt)
        const found = yield* Effect.forEach(attempts, (attempt) => lookedFor(stage, attempt), {
          concurrency: "unbounded"
        })
        const theirs = subject.wire.proves ? [idOf(subject, 0), idOf(subject, 1)] : [undefined, undefined]
        yield* must(
          `they are ${theirs.join()}`,
          found.every((id, index) => id === theirs[index]),
          found
        )
      })
  ),
  remembering(
    subject,
    "P11 the label of another attempt, or one that begins or ends like ours, is not ours",
    (stage) =>
      Effect.gen(function* () {
        for (const attempt of others) yield* lose(stage, attempt)
        const found = yield* lookedFor(stage, first)
        yield* must("none is ours", found === undefined, found)
      })
  )
]

/** A server that accepts each submit, answers none, and shows what it accepted as the API does. */
const remembering = (
  subject: Subject,
  name: string,
  act: (stage: Stage) => Effect.Effect<void, ContractBroken>
): Case => {
  const { wire } = subject
  const jobs: Array<ListedJob> = []
  const behaviour: Behaviour = {
    submit: (request) => {
      jobs.unshift({ id: idOf(subject, jobs.length), label: wire.labelIn?.(request), createdAt: 1000 })
      return "reset"
    },
    list: () => wire.listed?.(jobs),
    poll: (request): Reply | undefined => {
      const job = jobs.find(
        ({ id }) => request.path.endsWith(encodeURIComponent(id)) || request.path.endsWith(id)
      )
      return job && wire.labelled?.(job.id, job.label)
    }
  }
  return play(subject, name, behaviour, (stage) => {
    jobs.length = 0
    return act(stage)
  })
}

/** Ids as the API makes them, none like another. */
const idOf = ({ id }: Subject, index: number): string => (index === 0 ? id : `${id}${index}`)

const lose = ({ provider, subject }: Stage, attempt: typeof first) =>
  Effect.flatMap(Effect.exit(provider.submit(intentOf(subject, attempt))), (exit) =>
    must("a submit without an answer fails", exit._tag === "Failure", exit)
  )

/** The id of the job that is proven to be that of an attempt, which is the same where only proof is wanted. */
const lookedFor = (stage: Stage, attempt: typeof first) =>
  Effect.gen(function* () {
    const [wide, narrow] = yield* Effect.all([found(stage, attempt, false), found(stage, attempt, true)])
    yield* must("only what is proven is proof", wide === narrow, [wide, narrow])
    return narrow
  })

const found = ({ provider, subject }: Stage, attempt: typeof first, proofOnly: boolean) =>
  Effect.map(
    Effect.orElseSucceed(
      provider.reconcile(intentOf(subject, attempt), { proofOnly }),
      (): Reconciliation => ({ _tag: "NotSupported" })
    ),
    (result) => (result._tag === "Found" ? result.operation.id : undefined)
  )

const textOf = ({ body, headers, method, path }: Received): string =>
  JSON.stringify([method, path, Object.entries(headers).toSorted(), body])

/** A request without what names it, and without what separates the parts of its form. */
const anonymous = (request: Received | undefined, intent: Intent): string => {
  if (request === undefined) return "none"
  const type = String(request.headers["content-type"] ?? "")
  const boundary = /boundary=([^;]+)/.exec(type)?.[1]
  return [label(intent), uuidOf(intent), boundary]
    .filter((name) => name !== undefined)
    .reduce((text, name) => text.replaceAll(name, "_"), textOf(request))
    .replaceAll(String(seedOf(intent)), "_")
}
