/**
 * `mutoscope generate`: from a prompt to the path of a video.
 */
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import type { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Configuration } from "../Configuration.ts"
import { detach } from "../Detaching.ts"
import { destinationOf } from "../destination.ts"
import * as Inputs from "../inputs.ts"
import { type CommandError, GenerationStopped, UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import { type PromptFlags, promptOf } from "../prompt.ts"
import * as Quoting from "../Quoting.ts"
import { latitude, type RequestFlags, requestOf } from "../request.ts"
import * as SameClip from "../SameClip.ts"
import * as Spending from "../spending.ts"
import * as UserPolicy from "../UserPolicy.ts"
import { upToDateFor } from "../upToDate.ts"
import * as Waiting from "../Waiting.ts"

export interface Flags extends PromptFlags, Spending.Flags {
  readonly request: RequestFlags
  readonly output: Option.Option<string>
  readonly detach: boolean
  readonly fresh: boolean
  readonly key: Option.Option<string>
  readonly json: boolean
  readonly quiet: boolean
}

export const generate = (flags: Flags) =>
  Effect.gen(function* () {
    const key = yield* Effect.transposeMapOption(flags.key, jobKey)
    const output = yield* place(flags.output)
    const prompt = yield* promptOf(flags)
    // Who could not be asked is among the warnings of the plan.
    yield* upToDateFor(flags.request)
    const request = yield* requestOf(prompt, flags.request)
    const allowed = yield* latitude(flags.request)
    yield* Inputs.check(request, yield* Inputs.limitsFor(request, allowed))
    const generator = yield* VideoGenerator
    const plan = yield* generator.plan(request, allowed)
    const policy = yield* Spending.limited(yield* UserPolicy.forGeneration(plan), flags)
    // A key says which job is meant, so that it alone decides whether there is one already.
    const known =
      flags.fresh || Option.isSome(key) ? Option.none() : yield* SameClip.find(plan.request, flags)
    if (Option.isSome(known)) return yield* Waiting.tell(known.value, flags)
    // A job that is there already under its key costs nothing more.
    if (!(yield* isKnown(key))) yield* Spending.confirmed(plan, flags)
    if (!flags.quiet) yield* tellWarnings(plan)
    if (plan.provider === previewName && !flags.quiet) yield* announce
    const id = yield* Generation.makeId
    const options = { id, output, ...allowed, ...(Option.isSome(key) ? { key: key.value } : {}) }
    yield* flags.detach
      ? detach(id, policy, flags, generator.generate(request, options), Option.getOrUndefined(key))
      : Waiting.await_(
          id,
          policy,
          flags,
          (onProgress) => generator.generate(request, { ...options, onProgress }),
          { key: Option.getOrUndefined(key) }
        ).pipe(tellingQuote(plan))
  }).pipe(Waiting.tellingErrors(flags))

/** A limit of money that stopped it is told with what the job's quote consists of. */
const tellingQuote =
  (plan: Generation.Generation) =>
  <A, E extends CommandError, R>(effect: Effect.Effect<A, E, R>) =>
    Effect.catchAll(
      effect,
      (error): Effect.Effect<never, E | GenerationStopped, GenerationStore | VideoProvider> =>
        isOverBudget(error)
          ? Effect.flatMap(Quoting.quotesOf(plan), (quotes) =>
              Effect.fail(withQuote(error, Quoting.explained(quotes.slice(0, 1))))
            )
          : Effect.fail(error)
    )

const isOverBudget = (error: CommandError): error is GenerationStopped =>
  error._tag === "GenerationStopped" && error.error._tag === "BudgetSpent"

const withQuote = ({ error, id, resumable, ...rest }: GenerationStopped, quote: ReadonlyArray<string>) =>
  new GenerationStopped({ error, id, resumable, ...known(rest), quote })

const known = ({ fallback, key, tried, undecided, unsent }: Partial<GenerationStopped>) => ({
  ...(fallback === undefined ? {} : { fallback }),
  ...(key === undefined ? {} : { key }),
  ...(tried === undefined ? {} : { tried }),
  ...(undecided === undefined ? {} : { undecided }),
  ...(unsent === undefined ? {} : { unsent })
})

const jobKey = (key: string) =>
  Effect.mapError(
    Schema.decode(Generation.JobKey)(key),
    () => new UsageError({ reason: "A key has 1 to 256 characters" })
  )

const isKnown = (key: Option.Option<Generation.JobKey>) =>
  Option.match(key, {
    onNone: () => Effect.succeed(false),
    onSome: (key) =>
      Effect.flatMap(GenerationStore, (records) => records.find(key)).pipe(
        Effect.map((found) => found.key === key),
        Effect.catchTag("GenerationNotFound", () => Effect.succeed(false))
      )
  })

const tellWarnings = ({ warnings = [] }: Generation.Generation) =>
  Effect.flatMap(Output, ({ note, paint }) =>
    Effect.forEach(warnings, (warning) => note(`${paint("bold", "Warning:")} ${warning}`), { discard: true })
  )

const place = (output: Option.Option<string>) =>
  Effect.flatMap(Configuration, (configuration) =>
    destinationOf(Option.getOrElse(output, () => configuration.output))
  )
