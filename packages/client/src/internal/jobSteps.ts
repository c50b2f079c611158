/**
 * The steps of every API that `JobApi.ts` describes.
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Capabilities from "@videogen/core/Capabilities"
import {
  type DownloadError,
  OutputExpired,
  type PollError,
  type SubmitError,
  UnsupportedOption
} from "@videogen/core/GenerationError"
import type { CancelOutcome, Operation, OperationStatus, VideoOutput } from "@videogen/core/Operation"
import type { Intent, Reconciliation, ResumePoint } from "@videogen/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Answer, Input, JobApi } from "../JobApi.ts"
import { pollError, submitError } from "./classification.ts"
import { toLine } from "./clientLine.ts"
import * as Download from "./download.ts"
import * as Http from "./http.ts"
import { load, type Place, toUrl } from "./inputs.ts"
import { candidates } from "./jobList.ts"
import type { Line } from "./line.ts"

/** An API and how it is reached. */
export interface Connected {
  readonly api: JobApi
  readonly line: Line
  readonly site: Http.Site
  readonly fileSystem: Option.Option<FileSystem>
}

/** An API over a client. */
export const connect = (
  api: JobApi,
  client: HttpClient,
  fileSystem: Option.Option<FileSystem>
): Connected => ({ api, line: toLine(client), site: siteOf(api), fileSystem })

const siteOf = ({ baseUrl, credential, headers, provider }: JobApi): Http.Site => ({
  provider,
  base: new URL(baseUrl),
  credential: Effect.isEffect(credential) ? credential : Effect.succeed(credential),
  ...(headers === undefined ? {} : { headers })
})

/** The question below the path of the base address. */
const below = ({ base }: Http.Site, question: Http.Question): Http.Question => ({
  ...question,
  path: base.pathname.replace(/\/+$/, "") + question.path
})

// --- the models ------------------------------------------------------------------------------------------------------

/** A list is believed for an hour; without one, and where it cannot be had, the table holds. */
export const catalogueOf = ({ api, line, site }: Connected) => {
  const { catalogue } = api
  if (catalogue === undefined)
    return Effect.succeed({ models: () => api.models, refresh: Effect.succeed(api.models) })
  let models = api.models
  const fetched: Effect.Effect<ReadonlyArray<Capabilities.Capabilities>, PollError> = Effect.flatMap(
    Http.poll(line, site, below(site, catalogue.question)),
    (answer) =>
      Effect.mapError(catalogue.read(answer), () =>
        pollError({ ...answer, fault: "its answer is no list of models" })
      )
  ).pipe(
    Effect.tap((listed) => {
      const isListed = ({ model }: Capabilities.Capabilities) => listed.some((one) => one.model === model)
      models = [...listed, ...api.models.filter((one) => !isListed(one))]
    })
  )
  return Effect.map(Effect.cachedWithTTL(fetched, "1 hour"), (refresh) => ({ models: () => models, refresh }))
}

const known = (
  { models, provider }: JobApi,
  found: Option.Option<Capabilities.Capabilities>,
  model: string
) =>
  Effect.mapError(
    found,
    () =>
      new UnsupportedOption({
        provider,
        model,
        option: "model",
        value: model,
        supported: models.map(({ aliases, model }) => aliases[0] ?? model)
      })
  )

// --- the steps -------------------------------------------------------------------------------------------------------

/** Sends the paid request, if the model can do what is asked. */
export const submit = (
  { api, fileSystem, line, site }: Connected,
  intent: Intent,
  find: (model: string) => Option.Option<Capabilities.Capabilities>
): Effect.Effect<Operation, SubmitError> =>
  Effect.gen(function* () {
    const { request } = intent
    const capabilities = yield* known(api, find(request.model), request.model)
    yield* Capabilities.check(capabilities, request)
    const { model, provider } = capabilities
    const at = (about: Input): Place => ({ ...about, provider, model, fileSystem })
    const question = yield* api.submit({
      request,
      capabilities,
      intent,
      load: (input, about) => load(input, at(about)),
      toUrl: (input, about) => toUrl(input, at(about))
    })
    const answer = yield* Http.submit(line, site, below(site, question))
    const accepted = Option.filter(api.accepted(answer), ({ id }) => isId(id))
    return yield* Option.match(accepted, {
      onNone: () => Effect.fail(submitError({ ...answer, fault: "its answer does not name a job" })),
      onSome: (job) => Effect.succeed<Operation>({ provider: api.provider, model, ...job })
    })
  })

/** What can stand in an address and a record, once it is escaped. */
const isId = (id: string): boolean => id.length > 0 && id.length <= 1024 && !/[\p{Cc}\p{Surrogate}]/u.test(id)

/** Asks how a job is doing. */
export const poll = (
  { api, line, site }: Connected,
  operation: Operation
): Effect.Effect<OperationStatus, PollError> =>
  Effect.flatMap(Http.inquire(line, site, below(site, api.poll(operation))), (answer) => {
    if (!Http.isSuccess(answer))
      return Effect.mapError(api.refusal?.(answer, operation) ?? Option.none(), () => pollError(answer))
    return Effect.flatMap(orSenseless(api.status(answer, operation), answer), (status) =>
      status._tag === "Further"
        ? Effect.flatMap(Http.inquire(line, site, below(site, status.question)), (told) =>
            Effect.mapError(status.read(told), () =>
              pollError(Http.isSuccess(told) ? { ...told, fault: senseless } : told)
            )
          )
        : Effect.succeed(status)
    )
  })

const senseless = "its answer does not say how the job is doing"

const orSenseless = <A>(status: Option.Option<A>, answer: Answer): Effect.Effect<A, PollError> =>
  Effect.mapError(status, () => pollError({ ...answer, fault: senseless }))

/** Stops a job, and tells what became of that. */
export const cancel = (
  connected: Connected,
  operation: Operation,
  model: Option.Option<Capabilities.Capabilities>
): Effect.Effect<CancelOutcome, PollError> => {
  const { api, line, site } = connected
  const { cancel: way } = api
  // A model that is in no table any more may have been one that can be stopped.
  if (way === undefined || Option.exists(model, (model) => !model.cancel))
    return Effect.succeed("NotSupported")
  return Effect.gen(function* () {
    // In some APIs the same request deletes what is finished.
    const before = outcome(yield* poll(connected, operation))
    if (before !== "Requested") return before
    const answer = yield* Http.inquire(line, site, below(site, way.question(operation)))
    if (answer.status === 405 || answer.status === 501) return "NotSupported"
    if (way.forgets && Http.isSuccess(answer)) return "Cancelled"
    if (Http.isSuccess(answer) || (answer.status >= 400 && answer.status < 500 && !isRefused(answer)))
      return outcome(yield* poll(connected, operation))
    return yield* Effect.fail(pollError(answer))
  })
}

/** It was not the job's state that spoke against it. */
const isRefused = ({ status }: Answer) => [401, 403, 408, 429].includes(status)

const outcome = ({ _tag }: OperationStatus): CancelOutcome =>
  _tag === "Cancelled"
    ? "Cancelled"
    : _tag === "Succeeded" || _tag === "Failed"
      ? "AlreadyFinished"
      : "Requested"

/** Looks for a submit whose answer was lost. */
export const reconcile = (
  { api, line, site }: Connected,
  intent: Intent,
  model: Option.Option<Capabilities.Capabilities>
): Effect.Effect<Reconciliation, PollError> => {
  const { jobs, provider } = api
  if (jobs === undefined || Option.isNone(model)) return Effect.succeed({ _tag: "NotSupported" })
  return Effect.gen(function* () {
    const answer = yield* Http.poll(line, site, below(site, jobs.question(intent)))
    const listed = yield* Effect.mapError(jobs.read(answer), () =>
      pollError({ ...answer, fault: "its answer is no list of jobs" })
    )
    return yield* candidates(listed, intent, (id) => ({ provider, id, model: model.value.model }))
  })
}

/** Opens the download of a finished video. */
export const download = (
  { api, line, site }: Connected,
  operation: Operation,
  video: VideoOutput,
  from: ResumePoint
) => {
  const source = (api.source ?? atItsAddress(site))(operation, video)
  return typeof source === "string"
    ? Effect.fail<DownloadError>(new OutputExpired({ provider: api.provider, reason: source }))
    : Download.download(line, site, source, from)
}

/** What has no origin of its own lies below the base address: a record must outlive a server's move to another port. */
const atItsAddress = ({ base }: Http.Site) => {
  const below = `${base.href.replace(/\/+$/, "")}/`
  return ({ model }: Operation, video: VideoOutput): Download.Source | string => {
    if (video._tag !== "Remote" || !URL.canParse(video.uri, below))
      return "it has no address that can be fetched"
    const url = new URL(video.uri, below)
    return { model, url, credential: url.origin === base.origin }
  }
}
