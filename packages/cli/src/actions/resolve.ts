/**
 * `mutoscope resolve`: a person decides about a submit whose outcome is unknown.
 */
import * as Prompt from "@effect/cli/Prompt"
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { type Resolution, VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { detach } from "../Detaching.ts"
import { follow } from "../Following.ts"
import { Quit, UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import * as PossibleJobs from "../PossibleJobs.ts"
import * as Undecided from "../Undecided.ts"
import * as UserPolicy from "../UserPolicy.ts"
import * as Waiting from "../Waiting.ts"

export interface Flags {
  readonly reference: string
  readonly adopt: Option.Option<string>
  readonly resubmit: boolean
  readonly abandon: boolean
  readonly yes: boolean
  readonly detach: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export const resolve = (flags: Flags) =>
  Effect.gen(function* () {
    const generation = yield* Effect.flatMap(GenerationStore, (records) => records.find(flags.reference))
    const resolution = yield* decision(flags, generation)
    if (resolution._tag === "Resubmit" && !flags.yes && Generation.isIn("SubmitUnknown")(generation))
      yield* confirmed(generation)
    const generator = yield* VideoGenerator
    const resolved = yield* generator.resolve(generation.id, resolution)
    return yield* resolution._tag === "Abandon" ? tellAbandoned(resolved, flags) : goOn(resolved, flags)
  }).pipe(Waiting.tellingErrors(flags))

/** The one decision that was made. */
const decision = ({ abandon, adopt, resubmit }: Flags, generation: Generation.Generation) => {
  const decisions: ReadonlyArray<Resolution> = [
    ...(Option.isSome(adopt) ? [{ _tag: "Adopt", operationId: adopt.value } as const] : []),
    ...(resubmit ? [{ _tag: "Resubmit" } as const] : []),
    ...(abandon ? [{ _tag: "Abandon" } as const] : [])
  ]
  const [first, ...others] = decisions
  if (!isOpen(generation, first)) {
    const { recordId, status } = Generation.summary(generation)
    return new UsageError({ reason: `${recordId} is ${status}: there is nothing to decide` })
  }
  if (first !== undefined && others.length === 0) return Effect.succeed(first)
  return Effect.flatMap(
    waysOn(generation, first === undefined),
    (lines) =>
      new UsageError({
        reason: "Give one of --adopt OPERATION, --resubmit and --abandon",
        hint: lines.join("\n  ")
      })
  )
}

/** What there is to decide between. Whoever has not decided yet wants to know what the provider has. */
const waysOn = (generation: Generation.Generation, isUndecided: boolean) => {
  if (Generation.isIn("Unreachable")(generation))
    return Effect.succeed(Undecided.unreachableScreen(generation))
  const listed =
    isUndecided && Generation.isIn("SubmitUnknown")(generation)
      ? PossibleJobs.listing(generation)
      : Effect.succeed([])
  return Effect.map(listed, (lines) => [...lines, ...Undecided.waysOn(generation)])
}

/** Whether a decision can be made; the engine says more of why one of them is not possible. */
const isOpen = (generation: Generation.Generation, decision: Resolution | undefined) =>
  Generation.isIn("SubmitUnknown", "Unreachable")(generation) ||
  (decision?._tag === "Adopt" && Generation.isIn("Failed")(generation)) ||
  (decision?._tag === "Abandon" && Generation.isIn("Rendering")(generation))

/** Money may move twice, so nobody else than a person or their script says yes. */
const confirmed = (generation: Undecided.Undecided) =>
  Effect.gen(function* () {
    const { interactive, note } = yield* Output
    const warning = "It may be running already: sent again, it may be charged twice."
    if (!interactive) return yield* new UsageError({ reason: warning, hint: "If that is wanted, add --yes" })
    yield* Effect.forEach(Undecided.facts(generation), note, { discard: true })
    yield* note(warning)
    const sure = yield* Effect.catchTag(question, "QuitException", () => new Quit())
    if (sure) return
    yield* note("Nothing was sent.")
    return yield* new Quit()
  })

const question = Prompt.run(Prompt.confirm({ message: "Send it again?", initial: false }))

const tellAbandoned = (generation: Generation.Generation, { json }: Flags) =>
  Effect.flatMap(Output, ({ data }) =>
    data(
      json
        ? JSON.stringify({ event: "abandoned", ...Generation.summary(generation) })
        : `${generation.id}  given up; it may have been charged`
    )
  )

const goOn = (generation: Generation.Generation, flags: Flags) =>
  Effect.gen(function* () {
    const { id, provider } = generation
    const { note } = yield* Output
    if (generation.cancelRequestedAt !== undefined && !flags.quiet)
      yield* note("It was to be cancelled, and still is. For the video, generate it anew.")
    const policy = yield* UserPolicy.forProvider(provider)
    const generator = yield* VideoGenerator
    return yield* flags.detach
      ? detach(id, policy, flags, generator.resume(id))
      : Waiting.await_(id, policy, flags, (onProgress) => follow(id, onProgress))
  })
