/**
 * `mutoscope batch`: many videos from one file, each line once however often the file is run.
 */
import * as Costs from "@mutoscope/core/Costs"
import * as Generation from "@mutoscope/core/Generation"
import type { GenerationError, StorageError } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { Policy } from "@mutoscope/core/Policy"
import { type Drained, type End, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { tellHalted } from "../batch/halted.ts"
import type { BadLine } from "../batch/line.ts"
import { unlessUnstorable } from "../batch/places.ts"
import { type PlannedLine, planLines } from "../batch/planning.ts"
import * as Removed from "../batch/removed.ts"
import * as Report from "../batch/report.ts"
import * as Source from "../batch/source.ts"
import * as BatchView from "../batch/view.ts"
import { fileWarningsOf, warningsOf } from "../batch/warnings.ts"
import { Configuration } from "../Configuration.ts"
import { destinationOf } from "../destination.ts"
import { amountOf } from "../dollars.ts"
import { codes } from "../ExitCode.ts"
import { SomeLeft, UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import type { RequestFlags } from "../request.ts"
import * as UserPolicy from "../UserPolicy.ts"
import * as Waiting from "../Waiting.ts"

export interface Flags extends Source.SourceFlags {
  readonly request: RequestFlags
  readonly output: Option.Option<string>
  readonly strict: boolean
  readonly enqueueOnly: boolean
  readonly concurrency: number
  readonly maxJobs: Option.Option<number>
  readonly maxCost: Option.Option<string>
  readonly priority: number
  readonly json: boolean
  readonly quiet: boolean
}

export const batch = (flags: Flags) =>
  Effect.gen(function* () {
    const run = yield* limits(flags)
    const { batch, lines, name } = yield* Source.read(flags)
    const { bad, planned, removed } = yield* plan(lines, batch, flags)
    yield* tellBad(name, bad)
    if (flags.strict && bad.length > 0) return codes.usage
    const going = yield* Removed.setAside(removed)
    if (lines.length === 0) return yield* new UsageError({ reason: `There are no prompts in ${name}` })
    const queued = yield* enqueue(planned)
    yield* tellPlan(queued, { ...flags, name })
    const drained = flags.enqueueOnly ? undefined : yield* drain(queued, { batch, going, run }, flags)
    return yield* tellEnd({ bad, batch, drained, name, queued }, flags)
  }).pipe(
    Waiting.tellingErrors(flags),
    Effect.flatMap((code) => (code === codes.ok ? Effect.void : new SomeLeft({ code })))
  )

/** A line and the record it has in the queue, which may be of an earlier run. */
interface QueuedLine {
  readonly number: number
  readonly generation: Generation.Generation
}

interface Run {
  readonly drained: Drained
  readonly errors: ReadonlyMap<Generation.GenerationId, GenerationError>
}

type Budget = Policy["Type"]["budget"]

const limits = ({ concurrency, maxCost, maxJobs }: Flags) =>
  Effect.gen(function* () {
    if (concurrency < 1) return yield* new UsageError({ reason: "--concurrency must be at least 1" })
    const cost = yield* amountOf("--max-cost", maxCost)
    if (Option.exists(maxJobs, (jobs) => jobs < 0))
      return yield* new UsageError({ reason: "--max-jobs must not be negative" })
    const budget: Budget = {
      ...Option.match(maxJobs, { onNone: () => ({}), onSome: (jobs) => ({ jobs }) }),
      ...Option.match(cost, { onNone: () => ({}), onSome: (run) => ({ run }) })
    }
    return budget
  })

// --- plan and enqueue --------------------------------------------------------------------------------------------

const plan = (lines: Parameters<typeof planLines>[0], batch: string, flags: Flags) =>
  Effect.gen(function* () {
    const configuration = yield* Configuration
    const output = yield* destinationOf(Option.getOrElse(flags.output, () => configuration.output))
    const known = yield* recordsOf(batch)
    const results = yield* planLines(lines, {
      batch,
      known,
      output,
      priority: flags.priority,
      request: flags.request
    })
    const named = results.map(Either.flatMap((line) => unlessOther(line, known)))
    const checked = yield* Effect.forEach(named, unlessUnstorable(known))
    const kept = new Set(checked.flatMap((one) => (Either.isRight(one) ? [one.right.plan.key ?? ""] : [])))
    return {
      removed: Array.from(known).flatMap(([key, generation]) => (kept.has(key) ? [] : [generation])),
      bad: checked.flatMap((one) => (Either.isLeft(one) ? [one.left] : [])),
      planned: checked.flatMap((one) => (Either.isRight(one) ? [one.right] : []))
    }
  })

type Known = ReadonlyMap<string, Generation.Generation>

const recordsOf = (batch: string) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const found = yield* records.list({ batch })
    return new Map(found.map((generation) => [generation.key ?? generation.id, generation]))
  })

const isSameRequest = Schema.equivalence(VideoRequest)

/** A line with a key of its own that asked for something else before is not made twice under one name. */
const unlessOther = (line: PlannedLine, known: Known): Either.Either<PlannedLine, BadLine> => {
  const earlier = known.get(line.plan.key ?? "")
  return earlier === undefined || isSameRequest(Generation.asked(earlier), Generation.asked(line.plan))
    ? Either.right(line)
    : Either.left({
        number: line.number,
        reason: `Its key belongs to generation ${earlier.id}, which asks for something else: give it a new key`
      })
}

const tellBad = (name: string, bad: ReadonlyArray<BadLine>) =>
  Effect.flatMap(Output, ({ note }) =>
    Effect.forEach(bad, ({ number, reason }) => note(`${name}:${number}: ${reason}`), { discard: true })
  )

const enqueue = (planned: ReadonlyArray<PlannedLine>) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const records = yield* generator.enqueue(planned.map(({ plan }) => plan))
    return planned.map(
      ({ number, plan }, index): QueuedLine => ({ number, generation: records[index] ?? plan })
    )
  })

const tellPlan = (
  queued: ReadonlyArray<QueuedLine>,
  { json, name, quiet }: Flags & { readonly name: string }
) =>
  Effect.gen(function* () {
    if (json || quiet) return
    const { note } = yield* Output
    const all = queued.map(({ generation }) => generation)
    const [waiting, others] = [all.filter(Generation.isIn("Queued")), all.filter(Generation.isCompleted)]
    yield* Effect.forEach(warningsOf(name, queued), note, { discard: true })
    yield* note(`${waiting.length} to make, ${others.length} done already; cost: ${Report.costOf(waiting)}`)
    if (waiting.some(({ provider }) => provider === previewName)) yield* announce
  })

// --- drain -------------------------------------------------------------------------------------------------------

/** `going` are of lines that are gone: they were sent by an earlier run. */
interface Draining {
  readonly batch: string
  readonly run: Budget
  readonly going: number
}

const drain = (queued: ReadonlyArray<QueuedLine>, { batch, going, run }: Draining, flags: Flags) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const open = queued.filter(
      ({ generation }) => !Generation.isFinal(generation) || Generation.isRecoverable(generation)
    )
    const previews = open.length > 0 && open.every(({ generation }) => generation.provider === previewName)
    const policy = yield* UserPolicy.forProvider(previews ? previewName : "")
    const errors = new Map<Generation.GenerationId, GenerationError>()
    const view = yield* BatchView.make(open.length + going, flags)
    const told = new Set<Generation.GenerationId>()
    const onEnd = (end: End) =>
      Effect.suspend(() => {
        const { generation, result } = end
        if (Either.isLeft(result)) errors.set(generation.id, result.left)
        if (told.has(generation.id) || (Either.isLeft(result) && result.left._tag === "LeaseLost"))
          return Effect.void
        told.add(generation.id)
        return view.onEnd(end)
      })
    const drainOnce = (lost: boolean) =>
      Effect.suspend(() => {
        errors.clear()
        return generator.drain({ ...view, batch, concurrency: flags.concurrency, lost, onEnd })
      })
    // Lost submits are looked for once a run, and not each time that another process is waited for.
    const drains = untilNoneIsElsewhere(drainOnce(true), drainOnce(false), batch, errors)
    const drained = yield* Effect.provideService(drains, Policy, {
      ...policy,
      budget: { ...policy.budget, ...run }
    })
    return { drained, errors }
  }).pipe(
    Effect.scoped,
    Effect.onInterrupt(() => howToGoOn)
  )

/** Another process may work on some of it: whoever goes on with the file waits for its ends, or inherits. */
const untilNoneIsElsewhere = <E, R>(
  drainOnce: Effect.Effect<Drained, E, R>,
  drainAgain: Effect.Effect<Drained, E, R>,
  batch: string,
  errors: Run["errors"]
): Effect.Effect<Drained, E | StorageError, R | GenerationStore> =>
  Effect.gen(function* () {
    const drained = yield* drainOnce
    if (Option.isSome(drained.halted) || drained.paused) return drained
    const records = yield* GenerationStore
    const sent = yield* records.list({ batch, states: ["Submitting", "Rendering", "Downloading"] })
    const isElsewhere = sent.some(({ id }) => (errors.get(id)?._tag ?? "LeaseLost") === "LeaseLost")
    if (!isElsewhere) return drained
    return yield* Effect.delay(untilNoneIsElsewhere(drainAgain, drainAgain, batch, errors), "1 second")
  })

/** With all its flags: without a limit it would spend more, and with other settings its lines are other jobs. */
const again = "run the same command again"

const howToGoOn = Effect.flatMap(Output, ({ note }) => note(`\nStopped. Go on with it: ${again}`))

// --- the end -----------------------------------------------------------------------------------------------------

interface Ended {
  readonly bad: ReadonlyArray<BadLine>
  readonly batch: string
  readonly name: string
  readonly queued: ReadonlyArray<QueuedLine>
  readonly drained: Run | undefined
}

const tellEnd = ({ bad, batch, drained, name, queued }: Ended, flags: Flags) =>
  Effect.gen(function* () {
    const { columns, data, note } = yield* Output
    const known = yield* recordsOf(batch)
    const made = queued.map(({ generation, number }) => ({
      number,
      generation: known.get(generation.key ?? generation.id) ?? generation
    }))
    const accounts = [
      ...bad.map(Report.accountOfBad),
      ...made.map(({ generation, number }) =>
        Report.accountOf(number, generation, drained?.errors.get(generation.id))
      )
    ].sort((a, b) => a.line - b.line)
    const cost = Costs.totalOf(made.map(({ generation }) => generation))
    const counts = Report.countsOf(accounts)
    const halted = Option.flatMap(Option.fromNullable(drained), ({ drained }) => drained.halted)
    const code =
      drained === undefined
        ? bad.length > 0
          ? codes.usage
          : codes.ok
        : Report.codeOf(counts, halted, Array.from(drained.errors.values()))
    if (flags.json) {
      yield* Effect.forEach(accounts, (one) => data(JSON.stringify({ event: "line", ...one })), {
        discard: true
      })
      yield* data(
        JSON.stringify({ event: "report", batch, counts, cost, ...reasonOf(halted), exitCode: code })
      )
    } else {
      yield* Effect.forEach(Report.tableOf(accounts, columns), data, { discard: true })
      if (!flags.quiet) {
        yield* Effect.forEach(fileWarningsOf(name, made), note, { discard: true })
        yield* Effect.forEach(Report.receiptsOf(made), note, { discard: true })
        yield* note(Report.summaryOf(counts, cost))
      }
      if (Option.isSome(halted)) yield* tellHalted(halted.value, again)
      if (drained?.drained.paused === true)
        yield* note("The queue is paused. Go on: mutoscope queue continue")
    }
    return code
  })

const reasonOf = (halted: Option.Option<GenerationError>) =>
  Option.match(halted, { onNone: () => ({}), onSome: ({ message }) => ({ halted: message }) })
