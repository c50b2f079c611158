/**
 * The record of one generation: what was wanted, how far it has come, and everything needed to go on with it.
 *
 * @since 0.1.0
 */
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Ignorable } from "./Capabilities.ts"
import {
  type ErrorType,
  errorType,
  GenerationError,
  NotAVideo,
  OperationNotFound,
  SubmitUnknown
} from "./GenerationError.ts"
import { differences, otherFormat } from "./internal/asAsked.ts"
import { Media } from "./Media.ts"
import { MicroUsd } from "./Money.ts"
import { Operation, VideoOutput } from "./Operation.ts"
import { VideoRequest } from "./VideoRequest.ts"

/** Names a generation for ever: 16 characters of lower-case base32, 80 random bits, minted by the caller's side. */
export const GenerationId = Schema.NonEmptyString.pipe(
  Schema.maxLength(64),
  Schema.brand("@mutoscope/core/GenerationId")
)
export type GenerationId = typeof GenerationId.Type

// Crockford's alphabet without the letters that are read as digits.
const alphabet = "0123456789abcdefghjkmnpqrstvwxyz"

/** A new id. From the platform's cryptographic source, since two machines may mint at once. */
export const makeId: Effect.Effect<GenerationId> = Effect.sync(() =>
  GenerationId.make(
    Array.from(globalThis.crypto.getRandomValues(new Uint8Array(16)), (byte) =>
      alphabet.charAt(byte & 31)
    ).join("")
  )
)

/** A video that is safely on disk and verified. */
export const StoredVideo = Schema.Struct({
  /** The file. */
  path: Schema.NonEmptyString,
  /** Its length in bytes. */
  bytes: Schema.NonNegativeInt,
  /** Its SHA-256, as 64 lower-case hexadecimal digits. */
  sha256: Schema.String,
  /**
   * How it was verified: by a hash or a length that its server announced, or by neither; in each case its structure is
   * whole (the boxes of an MP4, the elements of a WebM).
   */
  integrity: Schema.Literal("hash+boxes", "length+boxes", "boxes"),
  /** What is in the file; absent in records of earlier versions. */
  media: Schema.optional(Media),
  /** Sentences about what is odd about the file though it plays; absent where nothing is. */
  warnings: Schema.optional(Schema.NonEmptyArray(Schema.NonEmptyString))
})
export type StoredVideo = typeof StoredVideo.Type

const Time = Schema.DateTimeUtcFromNumber

/** Counted from 1. Whole, and so finite: JSON has no infinity, and a record must come back as it was. */
const Attempt = Schema.Int.pipe(Schema.positive())

/** How far a generation has come. The tag alone decides which step is next. */
export const GenerationState = Schema.Union(
  /** Not sent. `attempt` counts the submits that were clearly refused, `refusal` is the last answer to one. */
  Schema.TaggedStruct("Queued", {
    attempt: Schema.NonNegativeInt,
    refusal: Schema.optional(GenerationError)
  }),
  /** The intent is on disk; the request may be on its way. */
  Schema.TaggedStruct("Submitting", { attempt: Attempt, startedAt: Time }),
  /** The answer was lost: it may be running, and charged. A person or a policy decides. */
  Schema.TaggedStruct("SubmitUnknown", { attempt: Attempt, startedAt: Time, error: SubmitUnknown }),
  /** The provider works on it. */
  Schema.TaggedStruct("Rendering", { operation: Operation, submittedAt: Time }),
  /**
   * The provider has answered for minutes that it knows no such job. The operation, the key and the budget stay held; a look
   * that finds the job goes on with it, and only a person gives it up. `since` is when the record came here.
   */
  Schema.TaggedStruct("Unreachable", {
    operation: Operation,
    submittedAt: Time,
    since: Time,
    error: OperationNotFound
  }),
  /**
   * The provider is done; the video is to be fetched. `verified` is whole on disk, and about to be put at its path;
   * `refused` is the last file that was served whole and is no video.
   */
  Schema.TaggedStruct("Downloading", {
    operation: Operation,
    submittedAt: Time,
    videos: Schema.NonEmptyArray(VideoOutput),
    verified: Schema.optional(StoredVideo),
    refused: Schema.optional(NotAVideo)
  }),
  Schema.TaggedStruct("Completed", { operation: Operation, video: StoredVideo, finishedAt: Time }),
  Schema.TaggedStruct("Failed", {
    error: GenerationError,
    finishedAt: Time,
    operation: Schema.optional(Operation),
    /** When it was submitted; absent where it never was, and in records of earlier versions. */
    submittedAt: Schema.optional(Time),
    /** Where the finished videos were to be had, in case a person can still fetch them; absent where none was finished. */
    videos: Schema.optional(Schema.NonEmptyArray(VideoOutput))
  }),
  Schema.TaggedStruct("Cancelled", { finishedAt: Time, operation: Schema.optional(Operation) })
)
export type GenerationState = typeof GenerationState.Type

/** The name of a state. */
export type StateTag = GenerationState["_tag"]

/** One member of the union of states. */
export type StateOf<Tag extends StateTag> = Extract<GenerationState, { readonly _tag: Tag }>

/** A name that a caller gives to a job of its own; no two records have the same. */
export const JobKey = Schema.NonEmptyString.pipe(
  Schema.maxLength(256),
  Schema.brand("@mutoscope/core/JobKey")
)
export type JobKey = typeof JobKey.Type

/**
 * The place of a record in the queue: the batch it was added with, and its priority (0 where nobody said; higher ones
 * are taken first). What is `aside` is not sent by anybody until it is added again.
 */
export const QueuePlace = Schema.Struct({
  batch: Schema.NonEmptyString,
  priority: Schema.Int,
  aside: Schema.optional(Schema.Boolean)
})
export type QueuePlace = typeof QueuePlace.Type

/**
 * What a job cost: as its provider reported it, or, where that says nothing, as it was estimated. There is none where
 * neither is known, and none before the job has come to its end.
 */
export const Cost = Schema.Struct({ amount: MicroUsd, source: Schema.Literal("reported", "estimated") })
export type Cost = typeof Cost.Type

/** What was quoted for a job at the price alone, before receipts of its model widened it. */
export const Quoted = Schema.Struct({
  /** In millionths of a US dollar. */
  amount: MicroUsd,
  /** Identifies the user's own price that it was quoted at; absent for the price of a table or of a provider's list. */
  ownPrice: Schema.optional(Schema.NonEmptyString)
})
export type Quoted = typeof Quoted.Type

/** What earlier submits of a record may have cost besides: what became of them was unknown when it was sent again. */
export const PossiblyCharged = Schema.Struct({
  /** How many submits. */
  submits: Schema.Positive.pipe(Schema.int()),
  /** What they were expected to cost together, in millionths of a US dollar; those without a known price add nothing. */
  amount: MicroUsd,
  /** How many of them had no known price. */
  unpriced: Schema.NonNegativeInt
})
export type PossiblyCharged = typeof PossiblyCharged.Type

/** A model that was tried in vain: it certainly accepted nothing, and says why. */
export const Tried = Schema.Struct({
  provider: Schema.String,
  model: Schema.NonEmptyString,
  error: GenerationError
})
export type Tried = typeof Tried.Type

/**
 * The models that are still to be tried, in their order, whether the request may be changed to what is near, and what of it
 * nobody asked for. `unclear` is true where they are tried also after a refusal that may be about the content: false where it
 * is absent.
 */
export const Fallback = Schema.Struct({
  models: Schema.NonEmptyArray(Schema.NonEmptyString),
  snap: Schema.Boolean,
  unasked: Schema.optional(Schema.Array(Ignorable)),
  unclear: Schema.optional(Schema.Boolean)
})
export type Fallback = typeof Fallback.Type

/**
 * The record. `provider` and `model` are those that were chosen, under the provider's own names; `tried` those before them
 * that accepted nothing, and `fallback` those that are next if these do not either; `output` is the file or folder that the caller asked for; `key` is the caller's own name for the job;
 * `fingerprint` is the same for every request that asks for the same clip; `estimate` is what it is expected to cost,
 * absent where no price is known, `quoted` the same before receipts of its model widened it (absent in records of earlier
 * versions), and `cost` what it did cost; `queue` is there where it was queued. `warnings` are sentences about what the video will
 * not be as it was asked for, `ignored` the options of the request that say nothing of the video, and `asked` is the request as its caller made it, where it was changed to fit the model. A
 * cancel is a field and not a state, since it changes nothing until the provider agrees.
 */
export class Generation extends Schema.Class<Generation>("@mutoscope/core/Generation")({
  id: GenerationId,
  request: VideoRequest,
  provider: Schema.NonEmptyString,
  model: Schema.NonEmptyString,
  state: GenerationState,
  createdAt: Time,
  updatedAt: Time,
  output: Schema.optional(Schema.NonEmptyString),
  key: Schema.optional(JobKey),
  fingerprint: Schema.optional(Schema.NonEmptyString),
  estimate: Schema.optional(MicroUsd),
  quoted: Schema.optional(Quoted),
  cost: Schema.optional(Cost),
  /** What its earlier submits may have cost; absent where none of them was of unknown outcome. */
  possiblyCharged: Schema.optional(PossiblyCharged),
  queue: Schema.optional(QueuePlace),
  warnings: Schema.optional(Schema.Array(Schema.String)),
  ignored: Schema.optional(Schema.Array(Ignorable)),
  asked: Schema.optional(VideoRequest),
  tried: Schema.optional(Schema.Array(Tried)),
  fallback: Schema.optional(Fallback),
  cancelRequestedAt: Schema.optional(Time),
  /** When the provider confirmed that it has stopped the job; absent where it has not. */
  cancelConfirmedAt: Schema.optional(Time)
}) {}

/** A generation known to be in one of some states. */
export type InState<Tag extends StateTag> = Generation & { readonly state: StateOf<Tag> }

/** Whether a generation is in a state. */
export const isIn =
  <const Tags extends ReadonlyArray<StateTag>>(...tags: Tags) =>
  (generation: Generation): generation is InState<Tags[number]> =>
    tags.includes(generation.state._tag)

/** Finished with a video. */
export const isCompleted = isIn("Completed")

/** Nothing more happens to it by itself. */
export const isFinal = isIn("Completed", "Failed", "Cancelled")

/**
 * Whether a failed record may still have its video at the provider: it has an operation, and what ended it was the network
 * or a conclusion of ours, not the provider's word. Resuming such a record looks again, which costs nothing.
 */
export const isRecoverable = (generation: Generation): generation is InState<"Failed"> =>
  isIn("Failed")(generation) &&
  generation.state.operation !== undefined &&
  isConclusion(generation.state.error)

const isConclusion = (error: GenerationError): boolean => {
  switch (error._tag) {
    case "OutputExpired":
      return error.stated !== true
    case "GenerationFailed":
      // An earlier version took an HTTP status for the end of a job, or that a restarted server had forgotten it.
      return error.code === "lost" || /^(400|404|422|5\d\d)$/.test(error.code ?? "")
    case "NotAVideo":
    case "OutputRefused":
    case "DownloadFailed":
    case "EmptyResult":
      return true
    default:
      return false
  }
}

/** Which states may follow which. Everything else is refused by the stores. */
export const transitions: { readonly [Tag in StateTag]: ReadonlyArray<StateTag> } = {
  Queued: ["Submitting", "Failed", "Cancelled"],
  Submitting: ["Queued", "SubmitUnknown", "Rendering", "Failed", "Cancelled"],
  SubmitUnknown: ["Queued", "Rendering", "Failed", "Cancelled"],
  Rendering: ["Downloading", "Unreachable", "Failed", "Cancelled"],
  Unreachable: ["Rendering", "Downloading", "Failed", "Cancelled"],
  Downloading: ["Downloading", "Completed", "Failed", "Cancelled"],
  Completed: [],
  Failed: ["Rendering", "Downloading", "Failed"],
  Cancelled: []
}

/** What may change in a record together with its state: what it cost, and with another model all that follows it. */
export type Amendment = Partial<Pick<Generation, "cost" | "provider" | "model" | "request" | Amendable>>

type Amendable =
  | "asked"
  | "warnings"
  | "ignored"
  | "fingerprint"
  | "estimate"
  | "quoted"
  | "possiblyCharged"
  | "tried"
  | "fallback"

/** The same generation in its next state. An illegal step is a defect: the flow has a bug. */
export const advance = (
  generation: Generation,
  state: GenerationState,
  at: DateTime.Utc,
  amendment: Amendment = {}
): Effect.Effect<Generation> =>
  transitions[generation.state._tag].includes(state._tag)
    ? Effect.succeed(
        new Generation({ ...generation, ...amendment, state, updatedAt: at }, { disableValidation: true })
      )
    : Effect.dieMessage(`${generation.id}: ${generation.state._tag} cannot become ${state._tag}`)

/** The provider's handle, once there is one. */
export const operation = (generation: Generation): Option.Option<Operation> =>
  "operation" in generation.state ? Option.fromNullable(generation.state.operation) : Option.none()

/** Where the finished videos are, or were, to be had; none before they are finished, and none once they are stored. */
export const videos = ({ state }: Generation): ReadonlyArray<VideoOutput> =>
  "videos" in state ? (state.videos ?? []) : []

/** What is odd about the file of a generation though it plays, and where it is not as it was asked for. */
export const fileWarnings = (
  { ignored, output, request }: Pick<Generation, "ignored" | "output" | "request">,
  { media, path, warnings }: StoredVideo
): ReadonlyArray<string> => [
  ...(media === undefined ? [] : otherFormat(output, path, media)),
  ...(warnings ?? []),
  ...(media === undefined ? [] : differences(request, media, ignored))
]

/** The request as its caller made it. */
export const asked = ({ asked, request }: Generation): VideoRequest => asked ?? request

/**
 * What a caller is told at the end, flat and ready for JSON: `seconds` is the time from the call to the end; `cost` is in
 * millionths of a US dollar, absent where it is not known; `tried` are the models that accepted nothing; `errorType` is one of `quota_exceeded`, `timeout`,
 * `generation_failed`, `unknown`.
 */
export interface Summary {
  readonly recordId: GenerationId
  readonly status: "pending" | "processing" | "unknown" | "unreachable" | "completed" | "failed" | "cancelled"
  readonly operationId?: string
  readonly path?: string
  /** What is in the file; absent before there is one, and for files that an earlier version stored. */
  readonly media?: Media
  readonly seconds: number
  readonly cost?: MicroUsd
  readonly costSource?: Cost["source"]
  readonly warnings?: ReadonlyArray<string>
  readonly tried?: ReadonlyArray<{ readonly model: string; readonly error: string }>
  readonly error?: string
  readonly errorType?: ErrorType
}

/** The flat account of a generation. */
export const summary = (generation: Generation): Summary => {
  const { cost, state, tried, warnings } = generation
  const operationId = Option.map(operation(generation), ({ id }) => id)
  const error = isIn("Failed", "SubmitUnknown", "Unreachable")(generation)
    ? generation.state.error
    : undefined
  return {
    recordId: generation.id,
    status: statuses[state._tag],
    ...(Option.isSome(operationId) ? { operationId: operationId.value } : {}),
    ...(state._tag === "Completed" ? { path: state.video.path } : {}),
    ...(state._tag === "Completed" && state.video.media !== undefined ? { media: state.video.media } : {}),
    seconds: Duration.toSeconds(DateTime.distanceDuration(generation.createdAt, generation.updatedAt)),
    ...(cost === undefined ? {} : { cost: cost.amount, costSource: cost.source }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(tried === undefined ? {} : { tried: tried.map(told) }),
    ...(error === undefined ? {} : { error: error.message, errorType: errorType(error) })
  }
}

const told = ({ error, model, provider }: Tried) => ({
  model: `${provider}/${model}`,
  error: error.message
})

const statuses: { readonly [Tag in StateTag]: Summary["status"] } = {
  Queued: "pending",
  Submitting: "pending",
  SubmitUnknown: "unknown",
  Rendering: "processing",
  Unreachable: "unreachable",
  Downloading: "processing",
  Completed: "completed",
  Failed: "failed",
  Cancelled: "cancelled"
}
