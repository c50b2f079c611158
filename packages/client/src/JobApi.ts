/**
 * A video API of the usual kind: a request starts a job, a question tells how the job is doing, an address has the video.
 *
 * A provider describes what is its own (addresses, bodies, words for states) as plain data and functions; what must hold
 * for all of them is here: one request for each submit, a credential that never leaves its site, failures by one table,
 * a cancel that looks before it leaps.
 *
 * @since 0.1.0
 */
import { FileSystem } from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Capabilities from "@mutoscope/core/Capabilities"
import type { AuthenticationFailed, ProviderUnavailable, SubmitError } from "@mutoscope/core/GenerationError"
import type { MicroUsd } from "@mutoscope/core/Money"
import type { CancelOutcome, Operation, OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import { type Intent, VideoProvider } from "@mutoscope/core/VideoProvider"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import type * as Arr from "effect/Array"
import * as ConfigError from "effect/ConfigError"
import type * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import type * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import { baseFault } from "./internal/address.ts"
import type { Answered } from "./internal/classification.ts"
import type { Source } from "./internal/download.ts"
import type { Credential, Question } from "./internal/http.ts"
import type { Place } from "./internal/inlineVideo.ts"
import { withInputLimits } from "./internal/inputLimits.ts"
import type { InputError, Place as InputPlace, Loaded } from "./internal/inputs.ts"
import * as Cancelling from "./internal/jobCancel.ts"
import * as Downloads from "./internal/jobDownload.ts"
import type { Listed } from "./internal/jobList.ts"
import * as Steps from "./internal/jobSteps.ts"
import { own } from "./internal/modelNames.ts"

export { type Form, type FormFile, form } from "./internal/form.ts"
export { resultsIn } from "./internal/outputVideos.ts"
export { type JobState, stateOf, underway } from "./internal/statusWords.ts"
export { ifSensible } from "./internal/wireFields.ts"
export type { Credential, InputError, Listed, Loaded, Question, Source }

/** An answer: its status, its headers, and its body as text with long strings (base64) cut. */
export type Answer = Answered

/** A request that is to be put into the provider's words. */
export interface Ask {
  readonly request: VideoRequest
  readonly capabilities: Capabilities.Capabilities
  readonly intent: Intent
  /** An input's bytes, known by their content. `most` is in bytes. */
  readonly load: (input: MediaInput, about: Input) => Effect.Effect<Loaded, InputError>
  /** An input as an https address or, with its bytes inside, as a `data:` address. */
  readonly toUrl: (input: MediaInput, about: Input) => Effect.Effect<string, InputError>
  /** A request ahead of the paid one, such as an upload: whatever becomes of it, no job was accepted. */
  readonly prepare: (question: Question) => Effect.Effect<Answer, SubmitError>
}

/** What an input is for, in words for people, and the most bytes of it that the provider takes. */
export type Input = Pick<InputPlace, "field" | "kind" | "most">

/** The provider's handle on a job: its id, and what else is needed to ask about it. */
export type Accepted = Pick<Operation, "id" | "metadata">

/** A status that only another question can tell; `read` is given any answer to it, refusals too. */
export interface Further {
  readonly _tag: "Further"
  readonly question: Question
  readonly read: (answer: Answer) => Option.Option<Told>
}

/** The provider has no such job; `reason` says what may have become of it. */
export interface Absent {
  readonly _tag: "Absent"
  readonly reason: string
}

/** What an answer says of a job. */
export type Told = OperationStatus | Absent | Further

/** What a provider has of its own. */
export interface JobApi {
  /** The name that operations of this API carry. */
  readonly provider: string
  /** Where the API is; its path stands before all paths of questions. */
  readonly baseUrl: string
  /** The vendor's own address, where it has one: errors of any other server name it. */
  readonly ownUrl?: string | undefined
  /** Why it must not be used as it is set up, in a sentence without a secret. */
  readonly fault?: string | undefined
  /** The header that proves who we are. It goes to the origin of `baseUrl`, and of `jobs.at` where that is set, and nowhere else. */
  readonly credential?:
    | Credential
    | Effect.Effect<Credential | undefined, AuthenticationFailed | ProviderUnavailable>
    | undefined
  /** Headers for each question. */
  readonly headers?: Readonly<Record<string, string>> | undefined
  /** What is known of the models. */
  readonly models: ReadonlyArray<Capabilities.Capabilities>
  /** What is assumed of a model that is not among them. */
  readonly other?: ((model: string) => Option.Option<Capabilities.Capabilities>) | undefined
  /** The most bytes of one input of any of its models, unless a model says otherwise. Unknown where absent. */
  readonly inputLimits?: Capabilities.InputLimits | undefined
  /** What the provider says of its models now, where it does; that comes before `models`. */
  readonly catalogue?: Catalogue | undefined
  /** The paid request. Its path is below that of `baseUrl`. */
  readonly submit: (ask: Ask) => Effect.Effect<Question, SubmitError>
  /** The job that an answer to a submit names; none where it names none, and then nobody knows whether there is one. */
  readonly accepted: (answer: Answer) => Option.Option<Accepted>
  /** The question how a job is doing. */
  readonly poll: (operation: Operation) => Question
  /** What a good answer to it says; none where it makes no sense. */
  readonly status: (answer: Answer, operation: Operation) => Option.Option<Told>
  /** What a refusal to answer it says of the job, in APIs that hide a job's end in one. */
  readonly refusal?: ((answer: Answer, operation: Operation) => Option.Option<Told>) | undefined
  /**
   * What a refusal to answer it says was charged, where a filter held the video back and says so in that way. Unless told,
   * the amount in xAI's ticks, which gateways pass on.
   */
  readonly charged?: ((answer: Answer) => { readonly cost?: MicroUsd }) | undefined
  /** What is heard of a running job besides, as a percentage; it listens while the provider is there. */
  readonly news?: Effect.Effect<News, never, Scope.Scope> | undefined
  /**
   * The request to stop a job. `forgets` says that a stopped job is not found afterwards; `otherwise` is what to ask of
   * servers that do not know the request, by how the job was doing; `read` is what the answer itself says came of it, where
   * the job would not tell.
   */
  readonly cancel?:
    | {
        readonly question: (operation: Operation) => Question
        readonly forgets: boolean
        readonly otherwise?: (operation: Operation, status: OperationStatus) => Question
        readonly read?: (answer: Answer) => Option.Option<CancelOutcome>
      }
    | undefined
  /** Where a video is fetched, or why it cannot be. Unless told, at its address, with the credential on the API's own origin. */
  readonly source?: ((operation: Operation, video: VideoOutput) => Source | string) | undefined
  /** Where in a good answer to `poll` a video stands that comes inside of it. Unless told, nothing does. */
  readonly inline?: ((index: number) => Place) | undefined
  /**
   * Where else a finished video may be, for when `source` serves nothing: what a good answer to `poll` (or to what it leads
   * on to) names besides, or a way of the API's own. Addresses may be relative to `baseUrl`. {@link resultsIn} reads them.
   */
  readonly elsewhere?: ((answer: Answer, operation: Operation) => ReadonlyArray<string>) | undefined
  /**
   * Whether `poll` is asked again after a download was refused, for another address of the video. Default: true. `false` is for
   * what only fetches, and has no jobs to ask about.
   */
  readonly looksAgain?: boolean | undefined
  /**
   * Why a video that was refused will not come any more, in the provider's own words: those of a good answer to `poll`, or of
   * the refusal. Unless told, nothing says so.
   */
  readonly expired?: ((answer: Answer, refusal: string) => Option.Option<string>) | undefined
  /** The id that a submit gives to its job, where the client may choose: a job of that id is ours, whatever was lost. */
  readonly own?: ((intent: Intent) => string) | undefined
  /** The list of jobs, for a submit whose answer was lost. */
  readonly jobs?: Jobs | undefined
}

/**
 * A provider's list of jobs, the newest first. Those of other models are marked as such, and so are those of which it is not
 * known: one of them would be taken for the job that is looked for.
 */
export interface Jobs {
  /** Where the list is, if not below `baseUrl`: an address of the same vendor's, which gets the credential too. */
  readonly at?: string | undefined
  /** The question for the first page. `model` is the model's own name. */
  readonly question: (intent: Intent, model: string) => Question
  /** The jobs in an answer; none where it makes no sense. */
  readonly read: (answer: Answer, model: string) => Option.Option<ReadonlyArray<Listed>>
  /** The question for the page after this answer; none where that was the last. Without it there is one page. */
  readonly next?: ((answer: Answer, so: Paging) => Option.Option<Question>) | undefined
  /** The label that a good answer to `poll` shows, where the list shows none. */
  readonly label?: ((answer: Answer) => string | undefined) | undefined
  /** Whether jobs show the label that they were given at their submit, so that a later look may find one: false. */
  readonly keepsLabels?: boolean | undefined
}

/** How far a list has been read: `pages` of it, for the intent and the model that its first question was about. */
export interface Paging {
  readonly intent: Intent
  readonly model: string
  readonly pages: number
}

/** The last that was heard of a job's progress, 0-100. */
export type News = (operation: Operation) => Effect.Effect<number | undefined>

/**
 * What a provider says of its models: in a list of all, or on a sheet of each. It is asked before anything is decided on
 * it, for a few seconds at most, and believed for an hour.
 */
export type Catalogue = List | Sheets

/** Where a catalogue is, if not below `baseUrl`. On another origin it is asked without the credential. */
interface Elsewhere {
  readonly at?: string | undefined
}

/** All models in one answer. Where `namesOnly`, it says of none what it can do, so that it is not asked about a model that is known. */
export interface List extends Elsewhere {
  readonly _tag: "List"
  readonly namesOnly?: boolean | undefined
  readonly question: Question
  readonly read: (answer: Answer) => Option.Option<ReadonlyArray<Capabilities.Capabilities>>
}

/**
 * A model at a time, by what is known of it without asking. `read` makes of the answers, in the order of their questions,
 * the model as it is now, or on the left why it cannot be used; none where they make no sense.
 */
export interface Sheets extends Elsewhere {
  readonly _tag: "Sheets"
  readonly questions: (model: Capabilities.Capabilities) => Arr.NonEmptyReadonlyArray<Question>
  readonly read: (
    answers: Arr.NonEmptyReadonlyArray<Answer>,
    model: Capabilities.Capabilities
  ) => Option.Option<Either.Either<Capabilities.Capabilities, string>>
}

/** Bearer authentication. */
export const bearer = (secret: Redacted.Redacted): Credential => ({
  header: "authorization",
  prefix: "Bearer ",
  secret
})

/**
 * Such an API as a `VideoProvider`. Inputs may be files where a `FileSystem` is at hand. Fails with a `ConfigError` where
 * a key must not be sent to the base address.
 */
export const make = (
  described: JobApi
): Effect.Effect<
  Context.Tag.Service<VideoProvider>,
  ConfigError.ConfigError,
  HttpClient.HttpClient | Scope.Scope
> =>
  Effect.gen(function* () {
    const api = withInputLimits(described)
    const fault = faultOf(api)
    if (fault !== undefined) return yield* Effect.fail(ConfigError.InvalidData(["baseUrl"], fault))
    const connected = yield* Steps.connect(
      api,
      yield* HttpClient.HttpClient,
      yield* Effect.serviceOption(FileSystem)
    )
    const live = yield* Steps.liveModels(connected)
    return VideoProvider.of({
      submit: (intent) =>
        // Nothing is sent that the provider's own word forbids; without that, the table decides.
        Effect.zipRight(
          saysLittle(api.catalogue)
            ? Effect.void
            : live.refresh([`${api.provider}/${own(api.provider, intent.request.model)}`]),
          Steps.submit(connected, intent, live)
        ),
      poll: (operation) => Steps.poll(connected, operation),
      cancel: (operation) => Cancelling.cancel(connected, operation, live.find(operation.model)),
      reconcile: (intent, options) =>
        Steps.reconcile(connected, intent, live.find(intent.request.model), options),
      download: (operation, video, from, request) =>
        Downloads.download(connected, operation, video, from, request),
      capabilities: live.find,
      get models() {
        return live.models()
      },
      ...(api.catalogue === undefined ? {} : { refresh: live.refresh, refusal: live.refusal })
    })
  })

/** Why an API must not be used as it is set up; undefined where it may be. */
export const faultOf = ({ baseUrl, fault, jobs }: JobApi): string | undefined =>
  fault ?? baseFault(baseUrl) ?? (jobs?.at === undefined ? undefined : baseFault(jobs.at))

const saysLittle = (catalogue: Catalogue | undefined): boolean =>
  catalogue === undefined || (catalogue._tag === "List" && catalogue.namesOnly === true)

/** {@link make} as a layer. */
export const layer = (
  api: JobApi
): Layer.Layer<VideoProvider, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Layer.scoped(VideoProvider, make(api))
