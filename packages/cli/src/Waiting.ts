/**
 * What `generate`, `resume` and `watch` have in common: showing how it goes, telling the end, and leaving well when
 * they are stopped.
 */
import * as Generation from "@mutoscope/core/Generation"
import type { GenerationError } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import { Policy } from "@mutoscope/core/Policy"
import * as Receipt from "@mutoscope/core/Receipt"
import type { CompletedGeneration } from "@mutoscope/core/VideoGenerator"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ErrorEvent from "./ErrorEvent.ts"
import { type CommandError, GenerationStopped, triedBefore } from "./Outcome.ts"
import { Output } from "./Output.ts"
import { previewName } from "./Preview.ts"
import * as ProgressView from "./ProgressView.ts"
import * as StillThere from "./StillThere.ts"
import * as Undecided from "./Undecided.ts"
import { contents, form, megabytes, seconds } from "./wording.ts"

/** What is known of the call besides the record. */
interface AwaitOptions {
  /** The key that the caller gave, which may have led to another record. */
  readonly key?: Generation.JobKey | undefined
  /** Where the video goes instead of the place that the record names. */
  readonly output?: string | undefined
}

/** Waits for a generation with its progress shown, and tells how it ended. */
export const await_ = <R>(
  id: Generation.GenerationId,
  policy: Policy["Type"],
  wish: ProgressView.Wish,
  run: (listener: ProgressView.Listener) => Effect.Effect<CompletedGeneration, GenerationError, R>,
  { key, output }: AwaitOptions = {}
) =>
  Effect.gen(function* () {
    const begun = yield* DateTime.now
    const [generation, video] = yield* watched(id, policy, wish, run, key).pipe(
      Effect.flatMap((generation) =>
        Effect.map(
          DateTime.lessThan(generation.state.finishedAt, begun)
            ? StillThere.ensure(generation, policy, wish, output)
            : Effect.succeed(generation.state.video),
          (video) => [generation, video] as const
        )
      ),
      Effect.catchAll((error) => Effect.flatMap(stopped(id, error, key), Effect.fail))
    )
    yield* tell(generation, wish, video)
  })

/** Waits with the progress shown; told to stop, it says how to go on. */
export const watched = <R>(
  id: Generation.GenerationId,
  policy: Policy["Type"],
  wish: ProgressView.Wish,
  run: (listener: ProgressView.Listener) => Effect.Effect<CompletedGeneration, GenerationError, R>,
  key?: Generation.JobKey
) =>
  Effect.scoped(Effect.flatMap(ProgressView.make(wish), run)).pipe(
    Effect.provideService(Policy, policy),
    Effect.onInterrupt(() =>
      Effect.ignore(Effect.flatMap(recorded(id, key), (found) => howToGoOn(found, wish)))
    )
  )

/** Under an id, or under the key that may have led to somebody else's record. */
export const recorded = (id: Generation.GenerationId, key?: Generation.JobKey) =>
  Effect.flatMap(GenerationStore, (records) =>
    Effect.option(
      Effect.catchTag(records.get(id), "GenerationNotFound", (error) =>
        key === undefined ? error : records.find(key)
      )
    )
  )

/** What a generation that stopped short is told with: the one under the id, or under the key where that led to another. */
export const stopped = (id: Generation.GenerationId, error: GenerationError, key?: Generation.JobKey) =>
  Effect.gen(function* () {
    // A key that asks for something else has led to a record that is not what failed.
    const isOwn = error._tag !== "InvalidRequest" || error.field !== "key"
    const found = yield* isOwn ? recorded(id, key) : Effect.succeedNone
    if (Option.isNone(found)) return new GenerationStopped({ error, id, resumable: false })
    const generation = found.value
    const isOver = Generation.isIn("Failed", "Cancelled")(generation) && !Generation.isRecoverable(generation)
    return new GenerationStopped({
      error,
      id: generation.id,
      resumable: !isOver && !Generation.isIn("Completed", "SubmitUnknown")(generation),
      unsent: yield* wasNeverSent(generation),
      tried: generation.tried,
      ...(generation.fallback === undefined ? {} : { fallback: generation.fallback }),
      ...(isOver && key !== undefined ? { key: { name: key, earlier: generation.id !== id } } : {}),
      ...(Generation.isIn("SubmitUnknown")(generation) ? { undecided: generation } : {})
    })
  })

/** Whether each submit was clearly refused, if there was one. A log that cannot be read bears nothing out. */
const wasNeverSent = ({ id }: Generation.Generation) =>
  Effect.flatMap(GenerationStore, (records) => records.events(id)).pipe(
    Effect.map((events) => events.every(({ to }) => !mayBeCharged.has(to))),
    Effect.orElseSucceed(() => false)
  )

const mayBeCharged: ReadonlySet<string> = new Set<Generation.StateTag>([
  "SubmitUnknown",
  "Rendering",
  "Unreachable",
  "Downloading",
  "Completed"
])

/** Said when the command is told to stop: the job goes on, and what can be done about it. */
const howToGoOn = (found: Option.Option<Generation.Generation>, { json }: ProgressView.Wish) =>
  Effect.gen(function* () {
    const output = yield* Output
    if (Option.isNone(found)) return yield* output.note("\nStopped before anything was sent.")
    const generation = found.value
    if (json) yield* output.data(JSON.stringify({ event: "stopped", ...Generation.summary(generation) }))
    if (Generation.isFinal(generation)) return
    if (Generation.isIn("SubmitUnknown")(generation)) {
      yield* output.note(`\n${generation.state.error.message}`)
      return yield* Effect.forEach(Undecided.screen(generation), (line) => output.note(`  ${line}`))
    }
    yield* output.note(`\n${stillRunning(generation)}`)
    const operation = Generation.operation(generation)
    if (Option.isSome(operation)) yield* output.note(`  its operation:  ${operation.value.id}`)
    yield* output.note(`  go on with it:  mutoscope resume ${generation.id}`)
    yield* output.note(`  stop the job:   mutoscope cancel ${generation.id}`)
  })

const stillRunning = ({ provider, state }: Generation.Generation) =>
  state._tag === "Queued"
    ? "Stopped before anything was sent."
    : provider === previewName
      ? "Stopped. The preview is rendered only while mutoscope runs."
      : "Stopped waiting; the job goes on at the provider."

/** The path of a finished video, and what there is to say of it. `video` is where it is now, if it was fetched again. */
export const tell = (
  generation: CompletedGeneration,
  { json, quiet }: ProgressView.Wish,
  video: Generation.StoredVideo = generation.state.video
) =>
  Effect.gen(function* () {
    const output = yield* Output
    const summary = Generation.summary(generation)
    if (json) return yield* output.data(JSON.stringify(result(generation, video)))
    yield* output.data(video.path)
    if (quiet) return
    yield* tellTried(generation)
    yield* tellReceipt(generation)
    yield* tellFile(generation)
    const { model, aspectRatio, duration, resolution } = generation.request
    const told =
      video.media === undefined
        ? form({ aspectRatio, duration, resolution }, generation.ignored)
        : contents(video.media)
    yield* output.note(
      output.paint("green", "Done") +
        ` in ${seconds(summary.seconds)}: ${told}, ${megabytes(video.bytes)}${price(generation)}` +
        output.paint(
          "dim",
          `  (${generation.provider}/${model.replace(`${generation.provider}/`, "")}, ${generation.id})`
        )
    )
  })

/** A receipt that is larger than its quote is said with the end of its job. */
const tellReceipt = (generation: Generation.Generation) =>
  Effect.flatMap(Output, ({ note, paint }) =>
    Effect.forEach(
      Option.toArray(Receipt.warning(generation)).filter(
        (said) => generation.tried === undefined || !generation.warnings?.includes(said)
      ),
      (one) => note(`${paint("bold", "Warning:")} ${one}`),
      { discard: true }
    )
  )

/** What is odd about the file or not as it was asked for, unless all warnings are said anyway. */
const tellFile = (generation: CompletedGeneration) =>
  Effect.flatMap(Output, ({ note, paint }) => {
    const { state, tried } = generation
    const said = tried === undefined ? Generation.fileWarnings(generation, state.video) : []
    return Effect.forEach(said, (one) => note(`${paint("bold", "Warning:")} ${one}`), { discard: true })
  })

/** Another model than the first made it: why, and what there is to know of what it was given. */
const tellTried = ({ tried, warnings = [] }: Generation.Generation) =>
  Effect.gen(function* () {
    if (tried === undefined) return
    const { note, paint } = yield* Output
    yield* Effect.forEach(triedBefore(tried), note, { discard: true })
    yield* Effect.forEach(warnings, (one) => note(`${paint("bold", "Warning:")} ${one}`), { discard: true })
  })

// What is free is not worth a word, and what is unknown is found in its record.
const price = ({ cost }: Generation.Generation) => {
  if (cost === undefined || cost.amount === 0) return ""
  return `, ${cost.source === "reported" ? "" : "about "}${Money.format(cost.amount)}`
}

/** The last line of JSON: the flat account, and what is known of the file. */
export const result = (generation: CompletedGeneration, video = generation.state.video) => {
  const { bytes, path, sha256 } = video
  return {
    event: "result",
    ...Generation.summary(generation),
    path,
    bytes,
    sha256,
    provider: generation.provider
  }
}

/** The end of the events where there is no result: the same account, with the cause and the exit code. */
export const tellingErrors =
  ({ json }: ProgressView.Wish) =>
  <A, E extends CommandError, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.tapError(effect, (error) => (json ? tellError(error) : Effect.void))

const tellError = (error: CommandError) =>
  Effect.gen(function* () {
    const output = yield* Output
    // What became of many, or of a cancel, has been said as data.
    if (error._tag === "SomeLeft") return
    const known = error._tag === "GenerationStopped" ? yield* recorded(error.id) : Option.none()
    const summary = Option.getOrElse(Option.map(known, Generation.summary), () => ({}))
    yield* output.data(ErrorEvent.line(error, summary))
  })
