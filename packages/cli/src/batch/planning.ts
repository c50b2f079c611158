/**
 * From the lines of a batch file to records that can be queued, and what is wrong with the others.
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import type { InputLimits } from "@mutoscope/core/Capabilities"
import { asked, type Generation, isFinal, type JobKey } from "@mutoscope/core/Generation"
import { InvalidRequest, type UnsupportedOption } from "@mutoscope/core/GenerationError"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import type { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Configuration } from "../Configuration.ts"
import * as Google from "../google.ts"
import * as Inputs from "../inputs.ts"
import { fieldsOf, image, latitude as latitudeOf, type RequestFlags } from "../request.ts"
import { upToDateFor } from "../upToDate.ts"
import { canonical, keysOf, type Named, withFiles } from "./keys.ts"
import type { BadLine, Line } from "./line.ts"

/** A line that can be made, and the record it would be. */
export interface PlannedLine {
  readonly number: number
  readonly plan: Generation
}

/** What holds for every line that does not say otherwise. `known` are the records of earlier runs, by their keys. */
export interface Defaults {
  readonly batch: string
  readonly known: ReadonlyMap<string, Generation>
  readonly request: RequestFlags
  readonly output: string
  readonly priority: number
}

/** Plans each line; a fault of one is its own. */
export const planLines = (lines: ReadonlyArray<Either.Either<Line, BadLine>>, defaults: Defaults) =>
  Effect.gen(function* () {
    const key = keysOf(defaults.batch)
    // Once for all lines; who could not be asked is among the warnings of each plan.
    yield* upToDateFor(defaults.request, lines.flatMap(modelOf))
    const seen = new Map<string, number>()
    const inspect = yield* Inputs.makeInspect
    const planOnce = (line: Line) =>
      planLine(line, defaults, { inspect, keyOf: key, taken: seen }).pipe(
        Effect.filterOrFail(
          ({ plan }) => !seen.has(plan.key ?? ""),
          ({ plan }) => refused("key", `The key is that of line ${seen.get(plan.key ?? "")} already`)
        ),
        Effect.tap(({ number, plan }) => Effect.sync(() => seen.set(plan.key ?? "", number))),
        Effect.mapError(({ message }): BadLine => ({ number: line.number, reason: message }))
      )
    return yield* Effect.forEach(lines, (line) => Effect.either(Effect.flatMap(line, planOnce)))
  })

const modelOf = (line: Either.Either<Line, BadLine>): ReadonlyArray<string> =>
  Either.match(line, {
    onLeft: () => [],
    onRight: ({ fields: { model } }) => (typeof model === "string" ? [model] : [])
  })

/** What the lines of a file have in common. `taken` are the keys of the lines above. */
interface Reading {
  readonly keyOf: ReturnType<typeof keysOf>
  readonly inspect: Inputs.Inspect
  readonly taken: ReadonlyMap<string, number>
}

const planLine = (
  { fields, number }: Line,
  defaults: Defaults,
  reading: Reading
): Effect.Effect<
  PlannedLine,
  InvalidRequest | UnsupportedOption,
  VideoGenerator | Configuration | FileSystem.FileSystem | Path.Path | VideoProvider
> =>
  Effect.gen(function* () {
    const { key, output, priority, ...wanted } = fields
    const job = yield* decodeJob({ key, output, priority })
    const path = yield* Path.Path
    const model = typeof wanted["model"] === "string" ? wanted["model"] : undefined
    const settled = yield* fieldsOf(defaults.request, model)
    const decoded = yield* VideoRequest.decode({ ...settled, ...(yield* withImages(wanted)) })
    const latitude = yield* latitudeOf(defaults.request, wanted)
    const { request, why } = yield* Google.chosen(decoded, latitude.unasked)
    if (Option.isSome(why)) yield* Effect.logInfo(`line ${number}: ${why.value}`)
    const generator = yield* VideoGenerator
    const content = canonical([Schema.encodeSync(VideoRequest.VideoRequest)(request), job.output ?? null])
    const named = { key: job.key, content }
    const jobKey = yield* keyFor(named, request, defaults, {
      ...reading,
      limits: yield* Inputs.limitsFor(request, latitude)
    })
    const plan = yield* generator
      .plan(request, {
        key: jobKey,
        output: job.output === undefined ? defaults.output : path.resolve(job.output),
        ...latitude,
        queue: { batch: defaults.batch, priority: job.priority ?? defaults.priority }
      })
      .pipe(Effect.catchTag("UnsupportedOption", (error) => unlessDone(error, defaults.known.get(jobKey))))
    return { number, plan }
  })

/**
 * The key of a line's job: that of an earlier build, if there is a job under it, else one with the content of its files. What
 * is on record already has been given its inputs, or will tell by itself that they are gone.
 */
const keyFor = (
  named: Named,
  request: VideoRequest.VideoRequest,
  { known }: Defaults,
  { inspect, keyOf, limits, taken }: Reading & { readonly limits: InputLimits }
): Effect.Effect<JobKey, InvalidRequest, FileSystem.FileSystem> => {
  const former = keyOf(named)
  if (known.has(former)) return Effect.succeed(former)
  return Inputs.check(request, limits, inspect).pipe(
    Effect.map((hashes) =>
      hashes.length === 0 || named.key !== undefined
        ? former
        : keyOf({ ...named, content: withFiles(named.content, hashes) })
    ),
    Effect.catchAll((error) => {
      const earlier = named.key === undefined ? jobOf(request, known, taken) : undefined
      return earlier === undefined ? Effect.fail(error) : Effect.succeed(earlier)
    })
  )
}

/** The key of a job that asked for the same and that no line above has. */
const jobOf = (
  request: VideoRequest.VideoRequest,
  known: Defaults["known"],
  taken: Reading["taken"]
): JobKey | undefined =>
  Array.from(known.values()).find(
    (one) => !taken.has(one.key ?? "") && VideoRequest.equivalence(asked(one), request)
  )?.key

/** What a model could do once is done, whatever it can do today. */
const unlessDone = (error: UnsupportedOption, earlier: Generation | undefined) =>
  earlier !== undefined && isFinal(earlier) ? Effect.succeed(earlier) : Effect.fail(error)

const Job = Schema.Struct({
  key: Schema.optional(Schema.Union(Schema.NonEmptyString, Schema.Finite)),
  output: Schema.optional(Schema.NonEmptyString),
  priority: Schema.optional(Schema.Int)
})

const decodeJob = (job: unknown) =>
  Schema.decodeUnknown(Job)(job).pipe(
    Effect.mapBoth({
      onFailure: () => refused("key", "key and output must be texts, priority a whole number"),
      onSuccess: ({ key, ...rest }) => ({ ...rest, key: key === undefined ? undefined : String(key) })
    })
  )

const refused = (field: string, reason: string) => new InvalidRequest({ field, value: "", reason })

/** In a file an image is named as it is on the command line; its full form goes through as it is. */
const withImages = (fields: Readonly<Record<string, unknown>>) =>
  Effect.map(
    Effect.forEach(Object.entries(fields), ([name, value]) =>
      Effect.map(
        name === "startImage" || name === "lastFrame" || name === "extend"
          ? imageOf(value)
          : name === "referenceImages" && Array.isArray(value)
            ? Effect.forEach(value, imageOf)
            : Effect.succeed(value),
        (given) => [name, given] as const
      )
    ),
    Object.fromEntries<unknown>
  )

const imageOf = (value: unknown): Effect.Effect<unknown, InvalidRequest> =>
  typeof value === "string" ? image(value) : Effect.succeed(value)
