/**
 * The steps of every API that `JobApi.ts` describes.
 */
import type { FileSystem } from "@effect/platform/FileSystem"
import type { HttpClient } from "@effect/platform/HttpClient"
import * as Capabilities from "@mutoscope/core/Capabilities"
import {
  GenerationFailed,
  type PollError,
  ProviderUnavailable,
  type SubmitError,
  type SubmitUnknown,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import type { Intent, ReconcileOptions, Reconciliation } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import type { Absent, Answer, Input, JobApi, News, Told } from "../JobApi.ts"
import * as Charge from "./charge.ts"
import { pollError, submitError } from "./classification.ts"
import { toLine } from "./clientLine.ts"
import * as Envelope from "./envelope.ts"
import * as Http from "./http.ts"
import { load, type Place, toUrl } from "./inputs.ts"
import * as JobList from "./jobList.ts"
import type { Line } from "./line.ts"
import * as LiveModels from "./liveModels.ts"
import { blockedIn, isUnderway, isWithoutStatus } from "./refusedPoll.ts"
import { holdsSecret, strip } from "./secrets.ts"

/** An API and how it is reached. `stopped` are the jobs that we asked to stop, which it may have forgotten. */
export interface Connected {
  readonly api: JobApi
  readonly line: Line
  readonly site: Http.Site
  readonly fileSystem: Option.Option<FileSystem>
  readonly news: News | undefined
  readonly stopped: Set<string>
}

/** An API over a client. */
export const connect = (
  api: JobApi,
  client: HttpClient,
  fileSystem: Option.Option<FileSystem>
): Effect.Effect<Connected, never, Scope.Scope> =>
  Effect.map(api.news ?? Effect.succeed(undefined), (news) => ({
    api,
    line: toLine(client),
    site: siteOf(api),
    fileSystem,
    news,
    stopped: new Set<string>()
  }))

const siteOf = ({ baseUrl, credential, headers, ownUrl, provider }: JobApi): Http.Site => ({
  provider,
  base: baseOf(baseUrl),
  host: Http.unusualHost(baseOf(baseUrl), ownUrl),
  credential: Effect.isEffect(credential) ? credential : Effect.succeed(credential),
  isKeyed: credential !== undefined,
  ...(headers === undefined ? {} : { headers })
})

/** A base address, whose path has no slash at its end unless it is nothing else. */
const baseOf = (address: string) => new URL(address.replace(/\/+$/, ""))

/** The question below the path of the base address. */
export const below = ({ base }: Http.Site, question: Http.Question): Http.Question =>
  base.pathname === "/" ? question : { ...question, path: base.pathname + question.path }

// --- the models ------------------------------------------------------------------------------------------------------

/** The models, by what the provider says of them now where it says so. */
export const liveModels = ({ api, line, site }: Connected): Effect.Effect<LiveModels.LiveModels> => {
  const at = api.catalogue?.at
  const there = at === undefined ? site : elsewhere(site, baseOf(at))
  return LiveModels.make(api, (question) => Http.poll(line, there, below(there, question)))
}

/** Another place of the same provider: what proves who we are goes along only where it is the same site. */
const elsewhere = (site: Http.Site, base: URL): Http.Site => ({
  ...site,
  base,
  ...(base.origin === site.base.origin ? {} : { credential: Effect.succeed(undefined) })
})

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
  connected: Connected,
  intent: Intent,
  { find, refusal }: Pick<LiveModels.LiveModels, "find" | "refusal">
): Effect.Effect<Operation, SubmitError> =>
  Effect.gen(function* () {
    const { api, fileSystem, line, site } = connected
    const { request } = intent
    const refused = refusal(request.model)
    if (Option.isSome(refused)) return yield* refused.value
    const capabilities = yield* known(api, find(request.model), request.model)
    yield* Capabilities.check(capabilities, request)
    const { model, provider } = capabilities
    const at = (about: Input): Place => ({ ...about, provider, model, fileSystem })
    const question = yield* api.submit({
      request,
      capabilities,
      intent,
      load: (input, about) => load(input, at(about)),
      toUrl: (input, about) => toUrl(input, at(about)),
      prepare: (question) => prepare(connected, question)
    })
    const namesJob = (refusal: Answer) => Option.isSome(accepted(api, refusal)) && isUnderway(refusal.body)
    return yield* Http.submit(line, site, below(site, question), namesJob).pipe(
      Effect.flatMap((answer) =>
        Option.match(accepted(api, answer), {
          onNone: () => Effect.fail(submitError(Envelope.withoutJob(answer, "a job"))),
          onSome: (job) => Effect.succeed<Operation>({ provider: api.provider, model, ...job })
        })
      ),
      Effect.catchTag("SubmitUnknown", (error) => looked(connected, intent, model, error))
    )
  })

const accepted = (api: JobApi, answer: Answer) =>
  Option.filter(api.accepted(answer), ({ id }) => isId(id) && !holdsSecret(id, answer.secrets))

/** What is not paid for leaves nothing open: where its answer is lost, nothing was accepted. */
const prepare = ({ line, site }: Connected, question: Http.Question): Effect.Effect<Answer, SubmitError> =>
  Effect.mapError(Http.submit(line, site, below(site, question)), (error) =>
    error._tag === "SubmitUnknown"
      ? new ProviderUnavailable({ provider: error.provider, reason: error.reason })
      : error
  )

/** The answer was lost. A job that has our own id is there all the same; that there is none proves nothing. */
const looked = (connected: Connected, intent: Intent, model: string, error: SubmitUnknown) =>
  Effect.flatMap(
    Effect.orElseSucceed(lookFor(connected, intent, model), () => Option.none()),
    Effect.mapError(() => error)
  )

const lookFor = (
  connected: Connected,
  intent: Intent,
  model: string
): Effect.Effect<Option.Option<Operation>, PollError> => {
  const { own, provider } = connected.api
  if (own === undefined) return Effect.succeedNone
  const operation: Operation = { provider, id: own(intent), model }
  return Effect.map(look(connected, operation), (told) =>
    told._tag === "Absent" ? Option.none() : Option.some(operation)
  )
}

/** What can stand in an address and a record, once it is escaped. */
const isId = (id: string): boolean => id.length > 0 && id.length <= 1024 && !/[\p{Cc}\p{Surrogate}]/u.test(id)

/** Asks how a job is doing. */
export const poll = (connected: Connected, operation: Operation): Effect.Effect<OperationStatus, PollError> =>
  Effect.flatMap(look(connected, operation), (told) => {
    if (told._tag === "Absent") return Effect.succeed(gone(connected, operation, told))
    if (connected.news === undefined || told._tag !== "Running" || told.progress !== undefined)
      return Effect.succeed(told)
    return Effect.map(connected.news(operation), (progress) =>
      progress === undefined ? told : { ...told, progress }
    )
  })

const gone = (
  { api: { provider }, stopped }: Connected,
  { id }: Operation,
  { reason }: Absent
): OperationStatus =>
  stopped.has(id)
    ? { _tag: "Cancelled" }
    : { _tag: "Failed", error: new GenerationFailed({ provider, reason, code: "lost" }) }

const look = (connected: Connected, operation: Operation): Effect.Effect<Found, PollError> =>
  Effect.map(lookClosely(connected, operation), ({ found }) => found)

/** The status without the keys that a provider may have put into its error code. */
const withoutSecrets = (told: Found, { secrets }: Answer): Found => {
  if (told._tag !== "Failed" || told.error._tag !== "GenerationFailed" || told.error.code === undefined)
    return told
  const { code, provider, reason } = told.error
  return {
    ...told,
    error: new GenerationFailed({ provider, reason: strip(reason, secrets), code: strip(code, secrets) })
  }
}

/** How a job is doing, and the answer that said so. */
export interface Seen {
  readonly found: Found
  readonly answer: Answer
}

/** Asks how a job is doing. */
export const lookClosely = (connected: Connected, operation: Operation): Effect.Effect<Seen, PollError> => {
  const { api } = connected
  return ask(connected, api.poll(operation), (answer) =>
    Http.isSuccess(answer)
      ? Option.orElse(Option.filter(api.status(answer, operation), isSaid(answer)), () => ended(api, answer))
      : Option.orElse(api.refusal?.(answer, operation) ?? Option.none(), () => ended(api, answer))
  )
}

/** An answer that has an error and no status says nothing of a job that runs. */
const isSaid = (answer: Answer) => (told: Told) =>
  (told._tag !== "Running" && told._tag !== "Pending") || !isWithoutStatus(answer.body)

/** A filter that held the video back may say so in place of an answer, and what it charged. */
const ended = ({ charged = ({ body }) => Charge.inTicks(body), provider }: JobApi, answer: Answer) =>
  Option.map(
    blockedIn(answer, provider),
    (error): OperationStatus => ({ _tag: "Failed", error, ...charged(answer) })
  )

type Found = OperationStatus | Absent

/** Asks, and asks on until an answer says it. */
const ask = (
  connected: Connected,
  question: Http.Question,
  read: (answer: Answer) => Option.Option<Told>
): Effect.Effect<Seen, PollError> =>
  Effect.flatMap(Http.inquire(connected.line, connected.site, below(connected.site, question)), (answer) =>
    Option.match(read(answer), {
      onNone: () => Effect.fail(pollError(Http.isSuccess(answer) ? senseless(answer) : answer)),
      onSome: (told) =>
        told._tag === "Further"
          ? ask(connected, told.question, told.read)
          : Effect.succeed({ found: withoutSecrets(told, answer), answer })
    })
  )

const senseless = (answer: Answer): Answer => ({
  ...answer,
  fault: "its answer does not say how the job is doing"
})

/** Looks for a submit whose answer was lost: by our own id, which is proof, or among the jobs of that time. */
export const reconcile = (
  connected: Connected,
  intent: Intent,
  model: Option.Option<Capabilities.Capabilities>,
  { proofOnly = false }: ReconcileOptions = {}
): Effect.Effect<Reconciliation, PollError> => {
  const { jobs, own } = connected.api
  const proves = own !== undefined || jobs?.keepsLabels === true
  if (Option.isNone(model) || (proofOnly && !proves)) return Effect.succeed({ _tag: "NotSupported" })
  const name = model.value.model
  return Effect.flatMap(
    lookFor(connected, intent, name),
    Option.match({
      onNone: () => among(connected, intent, name),
      onSome: (operation) => Effect.succeed<Reconciliation>({ _tag: "Found", operation })
    })
  )
}

const among = (
  connected: Connected,
  intent: Intent,
  model: string
): Effect.Effect<Reconciliation, PollError> => {
  const { jobs, own, provider } = connected.api
  if (jobs === undefined) {
    // A job of our own id may still be on its way into the server's memory.
    const none: Reconciliation =
      own === undefined ? { _tag: "NotSupported" } : { _tag: "Candidates", operations: [] }
    return Effect.succeed(none)
  }
  const operation = (id: string): Operation => ({ provider, id, model })
  const { keepsLabels = false, label } = jobs
  return Effect.gen(function* () {
    const time = yield* JobList.window(intent)
    const reading = yield* readJobs(connected, jobs, intent, model, time)
    return yield* JobList.judge(reading, intent, time, {
      operation,
      keepsLabels,
      ask: keepsLabels && label ? (id) => labelOf(connected, operation(id), label) : undefined
    })
  })
}

const readJobs = (
  { api, line, site }: Connected,
  jobs: NonNullable<JobApi["jobs"]>,
  intent: Intent,
  model: string,
  time: JobList.Window
): Effect.Effect<JobList.Reading, PollError> => {
  const { at, next } = jobs
  const there = at === undefined ? site : { ...siteOf(api), base: baseOf(at) }
  const ask = (question: Http.Question) =>
    Effect.flatMap(Http.poll(line, there, below(there, question)), (answer) =>
      Effect.map(
        Effect.mapError(jobs.read(answer, model), () =>
          pollError({ ...answer, fault: "its answer is no list of jobs" })
        ),
        (listed) => ({ answer, listed })
      )
    )
  const first = jobs.question(intent, model)
  if (next === undefined) return Effect.map(ask(first), ({ listed }) => JobList.single(listed, time))
  let pages = 0
  return JobList.read(
    first,
    (question) =>
      Effect.map(ask(question), ({ answer, listed }) => ({
        listed,
        next: next(answer, { intent, model, pages: ++pages })
      })),
    time
  )
}

/** A job that cannot be asked just now shows no label; whoever looks again later asks it again. */
const labelOf = (
  { line, api, site }: Connected,
  operation: Operation,
  label: (answer: Answer) => string | undefined
): Effect.Effect<string | undefined> =>
  Http.poll(line, site, below(site, api.poll(operation))).pipe(
    Effect.map(label),
    Effect.orElseSucceed(() => undefined)
  )
