/**
 * `mutoscope resume --all`: resumes every generation that was begun, and gives a receipt. Lines of a batch that were never sent
 * stay in the queue: their batch may have stopped at a cap.
 */
import * as Generation from "@mutoscope/core/Generation"
import * as Money from "@mutoscope/core/Money"
import { Policy } from "@mutoscope/core/Policy"
import { type Held, type Recovery, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Arr from "effect/Array"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import { codes } from "../ExitCode.ts"
import { describe, SomeLeft } from "../Outcome.ts"
import { Output } from "../Output.ts"
import * as ProgressView from "../ProgressView.ts"
import * as Spending from "../spending.ts"
import * as UserPolicy from "../UserPolicy.ts"

/** How to show it, and the most that unsent generations outside of the queue may cost. */
type Wish = ProgressView.Wish & Pick<Spending.Flags, "maxCost">

export const resumeAll = (wish: Wish, output?: string) =>
  Effect.gen(function* () {
    const policy = yield* Spending.limited(yield* UserPolicy.forMany, wish)
    const generator = yield* VideoGenerator
    const { note } = yield* Output
    const recovery = yield* Effect.flatMap(ProgressView.ofMany(wish), (onProgress) =>
      generator.resumeAll({
        onHeld: wish.quiet || wish.json ? quietly : saying(note),
        onProgress,
        output,
        queued: false
      })
    ).pipe(
      Effect.provideService(Policy, policy),
      Effect.onInterrupt(() => note("\nStopped waiting. Go on with all of them: mutoscope resume --all"))
    )
    yield* tell(recovery, wish)
    const code = exitCode(recovery)
    if (code !== codes.ok) return yield* new SomeLeft({ code })
  })

const quietly = () => Effect.void

const saying = (note: Output["Type"]["note"]) => (count: number, wait: Duration.Duration) =>
  note(`${count} held by another process, or by one that ended: trying again in ${Duration.format(wait)}`)

/** A decision comes before an error, since nothing else can be done about it; another process takes care of what it holds. */
const exitCode = ({ heldBack, undecided, unfinished }: Recovery): number => {
  if (undecided.length > 0) return codes.submitUnknown
  const [first] = unfinished
  if (first !== undefined) return describe(first.error).code
  const [stopped] = heldBack.flatMap((held) => (held.why === "provider" ? [held.error] : []))
  if (stopped !== undefined) return describe(stopped).code
  return heldBack.some(({ why }) => why === "paused" || why === "unsent") ? codes.timeout : codes.ok
}

const tell = (recovery: Recovery, wish: ProgressView.Wish) =>
  Effect.gen(function* () {
    const { data } = yield* Output
    const { finished } = recovery
    if (wish.json) return yield* data(JSON.stringify(receipt(recovery)))
    yield* Effect.forEach(finished, ({ state }) => data(state.video.path), { discard: true })
    if (!wish.quiet) yield* tellPerson(recovery)
  })

const tellPerson = (recovery: Recovery) =>
  Effect.gen(function* () {
    const { note, paint } = yield* Output
    const { elsewhere, heldBack, undecided, unfinished } = recovery
    const { counts, worth } = receipt(recovery)
    const because = (reason: Held["why"]) => heldBack.filter(({ why }) => why === reason).length
    const [aside, paused, unsent] = [because("aside"), because("paused"), because("unsent")]
    if (counts.unfinished === 0) return yield* note("Nothing is unfinished.")
    yield* note(paint("bold", `${counts.unfinished} unfinished, ${counts.resumed} resumed:`))
    const lines = [
      `${counts.finished} finished`,
      ...(unfinished.length === 0 ? [] : [`${counts.failed} did not come to an end with a video`]),
      ...unfinished.map(({ generation, error }) => `  ${generation.id}  ${error.message}`),
      ...(undecided.length === 0 ? [] : [`${counts.undecided} need a decision`]),
      ...undecided.map(({ id }) => `  mutoscope show ${id}`),
      ...(elsewhere.length === 0 ? [] : [`${counts.elsewhere} in the hands of others`]),
      ...elsewhere.map(({ id }) => `  mutoscope watch ${id}`),
      ...stoppedLines(heldBack),
      ...(unsent === 0
        ? []
        : [`${unsent} not sent yet, and left in the queue: run their batch again, or mutoscope queue run`]),
      ...(paused === 0 ? [] : [`${paused} waiting, paused: mutoscope queue continue`]),
      ...(aside === 0 ? [] : [`${aside} set aside until their lines are back in their batch`]),
      `worth ${words(worth)}`
    ]
    yield* Effect.forEach(lines, (line) => note(`  ${line}`), { discard: true })
  })

/** A line for each provider whose breaker is open, and one of what to do about it. */
const stoppedLines = (heldBack: ReadonlyArray<Held>) => {
  const errors = heldBack.flatMap((held) => (held.why === "provider" ? [held.error] : []))
  return Object.values(Arr.groupBy(errors, ({ provider }) => provider)).flatMap((same) => {
    const [first] = same
    return [
      `${same.length} waiting. ${first.message}`,
      `  To send again at once: mutoscope queue continue --provider ${first.provider}`
    ]
  })
}

/** The receipt as data. `unknown` counts those whose price nobody knows. */
const receipt = (recovery: Recovery) => {
  const { elsewhere, finished, heldBack, undecided, unfinished } = recovery
  const left = [...unfinished, ...heldBack].map(({ generation }) => generation)
  const all = [...finished, ...left, ...undecided, ...elsewhere]
  const priced = all.flatMap(({ estimate }) => (estimate === undefined ? [] : [estimate]))
  const ids = (some: ReadonlyArray<Generation.Generation>) => some.map(({ id }) => id)
  return {
    event: "receipt",
    counts: {
      unfinished: all.length,
      resumed: finished.length + unfinished.length,
      finished: finished.length,
      failed: unfinished.length,
      undecided: undecided.length,
      elsewhere: elsewhere.length,
      heldBack: heldBack.length
    },
    worth: { microUsd: priced.reduce(Money.plus, Money.zero), unknown: all.length - priced.length },
    finished: finished.map(Generation.summary),
    failed: unfinished.map(({ generation, error }) => ({
      recordId: generation.id,
      reason: error._tag,
      error: error.message
    })),
    undecided: ids(undecided),
    elsewhere: ids(elsewhere),
    heldBack: heldBack.map(({ generation, why }) => ({ recordId: generation.id, why }))
  }
}

const words = ({ microUsd, unknown }: ReturnType<typeof receipt>["worth"]) => {
  const known = Money.format(microUsd)
  if (unknown === 0) return known
  return microUsd === 0 ? "unknown" : `${known}, and ${unknown} of unknown price`
}
