/**
 * `videogen generate`: from a prompt to the path of a video.
 */
import * as Path from "@effect/platform/Path"
import * as Generation from "@videogen/core/Generation"
import { GenerationStore } from "@videogen/core/GenerationStore"
import { Policy } from "@videogen/core/Policy"
import { VideoGenerator } from "@videogen/core/VideoGenerator"
import { VideoProvider } from "@videogen/core/VideoProvider"
import type { VideoRequest } from "@videogen/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Configuration } from "../Configuration.ts"
import { GenerationStopped } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { announce, previewName } from "../Preview.ts"
import { type PromptFlags, promptOf } from "../prompt.ts"
import { type RequestFlags, requestOf } from "../request.ts"
import * as Waiting from "../Waiting.ts"

export interface Flags extends PromptFlags {
  readonly request: RequestFlags
  readonly output: Option.Option<string>
  readonly detach: boolean
  readonly json: boolean
  readonly quiet: boolean
}

export const generate = (flags: Flags) =>
  Effect.gen(function* () {
    const request = yield* Effect.flatMap(promptOf(flags), (prompt) => requestOf(prompt, flags.request))
    const provider = yield* providerOf(request)
    if (provider === previewName && !flags.quiet) yield* announce
    const id = yield* Generation.makeId
    const options = { id, output: yield* place(flags.output) }
    return yield* flags.detach
      ? detach(request, options, provider, flags)
      : wait(request, options, provider, flags)
  }).pipe(Waiting.tellingErrors(flags))

interface Options {
  readonly id: Generation.GenerationId
  readonly output: string
}

const providerOf = ({ model }: VideoRequest) =>
  Effect.map(VideoProvider, ({ capabilities }) =>
    Option.match(capabilities(model), { onNone: () => "", onSome: ({ provider }) => provider })
  )

// A record is gone on with from anywhere, so the place is written down whole.
const place = (output: Option.Option<string>) =>
  Effect.gen(function* () {
    const configuration = yield* Configuration
    const path = yield* Path.Path
    return Option.match(output, {
      onNone: () => configuration.output,
      onSome: (wanted) => path.resolve(wanted)
    })
  })

const wait = (request: VideoRequest, options: Options, provider: string, flags: Flags) =>
  Effect.flatMap(VideoGenerator, (generator) =>
    Waiting.await_(options.id, provider, flags, (onProgress) =>
      generator.generate(request, { ...options, onProgress })
    )
  )

/** Returns once the operation is on record; what becomes of the generation before that is told like any end. */
const detach = (request: VideoRequest, options: Options, provider: string, flags: Flags) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const policy = yield* Waiting.policyFor(provider)
    const run = generator.generate(request, options).pipe(
      Effect.provideService(Policy, policy),
      Effect.mapError((error) => new GenerationStopped({ error, id: options.id, resumable: false }))
    )
    yield* Effect.raceFirst(run, submitted(options.id))
    const generation = yield* Effect.flatMap(GenerationStore, (records) => records.get(options.id))
    yield* tellDetached(generation, flags)
  })

const submitted = (id: Generation.GenerationId) =>
  Effect.gen(function* () {
    const records = yield* GenerationStore
    const look = Effect.map(Effect.option(records.get(id)), Option.exists(hasOperation))
    yield* Effect.repeat(Effect.delay(look, "50 millis"), { until: (found) => found })
  })

const hasOperation = (generation: Generation.Generation) => Option.isSome(Generation.operation(generation))

const tellDetached = (generation: Generation.Generation, { json, quiet }: Flags) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    yield* data(
      json ? JSON.stringify({ event: "submitted", ...Generation.summary(generation) }) : generation.id
    )
    if (quiet || json) return
    if (generation.provider === previewName) yield* note("The preview is rendered only while videogen runs.")
    yield* note(`  fetch the video:  videogen resume ${generation.id}`)
    yield* note(`  stop the job:     videogen cancel ${generation.id}`)
  })
