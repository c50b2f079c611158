/**
 * ComfyUI on a machine of one's own. A model is a workflow, exported in the API format, in which `{{prompt}}` and its like
 * stand where a request is to be filled in; what it has no place for, it cannot do.
 *
 * The id of a job is chosen here, before it is sent: a job whose answer was lost is found again, by proof.
 *
 * @since 0.1.0
 */
import { InvalidRequest, ProviderUnavailable } from "@mutoscope/core/GenerationError"
import { JsonObject } from "@mutoscope/core/Json"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import type { MediaInput } from "@mutoscope/core/VideoRequest"
import * as ConfigError from "effect/ConfigError"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import { capabilitiesOf } from "./catalogue/comfyUi.ts"
import * as Told from "./internal/comfyAnswer.ts"
import { listen } from "./internal/comfyNews.ts"
import { sheets } from "./internal/comfyNodes.ts"
import { frame } from "./internal/frame.ts"
import { contentName, seedOf, uuidOf } from "./internal/ownId.ts"
import * as Workflow from "./internal/workflow.ts"
import {
  type Answer,
  type Ask,
  bearer,
  type Further,
  form,
  type JobApi,
  type Told as JobTold,
  type Question
} from "./JobApi.ts"

/** Where ComfyUI listens unless told otherwise. */
export const defaultUrl = "http://127.0.0.1:8188"

/** A workflow: its JSON, or the path of the file that has it. */
const Template = Schema.Union(JsonObject, Schema.compose(Schema.Trim, Adapter.text))

const Templates = Schema.Record({ key: Adapter.text, value: Template })

const Fps = Schema.Number.pipe(Schema.between(1, 240))

/** Where the server is, and what it can make. At least one workflow is needed. */
export const Options = Schema.Struct({
  baseUrl: Schema.optional(Adapter.text),
  apiKey: Schema.optional(Adapter.secret),
  workflow: Schema.optional(Template),
  workflows: Schema.optional(Schema.Union(Templates, Schema.parseJson(Templates))),
  fps: Schema.optional(Schema.Union(Fps, Schema.NumberFromString.pipe(Schema.compose(Fps))))
})
export type Options = typeof Options.Type

/** A server of one's own. Fails where a workflow cannot be read, and says why. */
export const api = (provider: string, options: Options): Either.Either<JobApi, ConfigError.ConfigError> =>
  Either.map(workflowsOf(provider, options), (workflows) => {
    const { apiKey, baseUrl = defaultUrl, fps } = options
    return {
      provider,
      baseUrl,
      credential: apiKey === undefined ? undefined : bearer(apiKey),
      models: [...workflows].map(([name, workflow]) => capabilitiesOf(provider, name, workflow)),
      inputLimits: { image: mostImage },
      catalogue: sheets(workflows),
      submit: (ask) => {
        const { model } = ask.capabilities
        return Effect.map(prompt(ask, workflows.get(model), fps), (body) => post(model, "/prompt", body))
      },
      accepted: (answer) => Option.map(Told.accepted(answer), (id) => ({ id })),
      poll: ({ id, model }) => get(model, job(id)),
      status: (answer) => Told.ofJob(provider, answer),
      refusal: ({ status }, operation) =>
        status === 404 || status === 405 ? Option.some(inQueue(provider, operation, 2)) : Option.none(),
      own: uuidOf,
      news: listen(
        (id) => ({ url: socketUrl(baseUrl, id), headers: authorization(apiKey) }),
        (model) => Object.keys(workflows.get(model)?.graph ?? {}).length || undefined
      ),
      cancel: {
        question: ({ id, model }) => post(model, `${job(id)}/cancel`, {}),
        forgets: false,
        otherwise: stopping
      }
    }
  })

/** One for a registry. */
export const adapter = Adapter.make({
  name: "comfyui",
  title: "ComfyUI on a machine of your own",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    baseUrl: `Where it listens, unless at ${defaultUrl}`,
    apiKey: "What a proxy before it wants as a bearer token, if anything",
    workflow: "A workflow in the API format with {{prompt}} in it: a file, or its JSON",
    workflows: "More of them, as JSON: a name for each, and its file or its JSON",
    fps: "Frames a second, where the workflow does not say it: 16"
  },
  api
})

// --- workflows ---------------------------------------------------------------------------------------------------

type Workflows = ReadonlyMap<string, Workflow.Workflow>

/** Read where they are configured: what a model can do is asked before anything else. */
const workflowsOf = (
  provider: string,
  { workflow, workflows = {} }: Options
): Either.Either<Workflows, ConfigError.ConfigError> => {
  const all = [
    ...(workflow === undefined ? [] : [[Workflow.nameOf(workflow), workflow] as const]),
    ...Object.entries(workflows)
  ]
  if (all.length === 0)
    return Either.left(ConfigError.MissingData([provider], `${provider}: workflow is missing`))
  return Either.map(
    Either.all(
      all.map(([name, template]) =>
        Either.mapBoth(Workflow.load(template), {
          onLeft: (fault) =>
            ConfigError.InvalidData([provider], `${provider}: the workflow ${name} cannot be used: ${fault}`),
          onRight: (read) => [name, read] as const
        })
      )
    ),
    (entries) => new Map(entries)
  )
}

// --- submit ------------------------------------------------------------------------------------------------------

/** The body of a submit, whose images are on the server by then. */
const prompt = (ask: Ask, workflow: Workflow.Workflow | undefined, fps: number | undefined) =>
  Effect.gen(function* () {
    const { intent, request } = ask
    if (workflow === undefined) return yield* Effect.die(`no workflow of ${ask.capabilities.model}`)
    const id = uuidOf(intent)
    const rate = fps ?? workflow.fps ?? assumedFps
    const images = yield* uploads(ask, workflow)
    const { height, width } = frame(request)
    const graph = Workflow.fill(workflow, {
      prompt: request.prompt,
      negative_prompt: request.negativePrompt ?? "",
      seed: request.seed ?? seedOf(intent),
      width: toBlocks(width),
      height: toBlocks(height),
      seconds: request.duration,
      frames: Math.round(request.duration * rate) + 1,
      fps: rate,
      audio: request.audio ?? true,
      job_id: id,
      ...images
    })
    // The server tells of a job to the client that sent it: by the job's id, whoever goes on with it is that client.
    return {
      prompt: yield* overridden(graph, request.providerOptions),
      prompt_id: id,
      client_id: id
    }
  })

/** What Wan was made for; those that say nothing else mostly run it. */
const assumedFps = 16

/** Models work on blocks of 16 pixels. */
const toBlocks = (pixels: number): number => 16 * Math.round(pixels / 16)

/** Other inputs for some nodes, by their ids, as `providerOptions` have them. */
const overridden = (graph: Workflow.Graph, inputs: JsonObject = {}) =>
  Either.mapLeft(
    Workflow.override(graph, inputs),
    (id) =>
      new InvalidRequest({
        field: "providerOptions",
        value: id,
        reason: `Provider options are inputs by the ids of nodes; ${id} is none of the workflow's`
      })
  )

/** The images that a workflow has places for, uploaded. Without one of them it cannot run. */
const uploads = (ask: Ask, workflow: Workflow.Workflow) => {
  const { lastFrame, referenceImages = [], startImage } = ask.request
  const wanted: ReadonlyArray<readonly [string, string, MediaInput | undefined]> = [
    ["start_image", "start image", startImage],
    ["last_frame", "last frame", lastFrame],
    ...Array.from(
      { length: Workflow.references(workflow) },
      (_, index) =>
        [`reference_image_${index + 1}`, `reference image ${index + 1}`, referenceImages[index]] as const
    )
  ]
  return Effect.map(
    Effect.forEach(
      wanted.filter(([name]) => workflow.uses.has(name)),
      ([name, field, image]) => Effect.map(upload(ask, field, image), (stored) => [name, stored] as const)
    ),
    (names): Readonly<Record<string, string>> => Object.fromEntries(names)
  )
}

/** The most that an image may weigh, in bytes. */
const mostImage = 50_000_000

/** Named by its content, so that the same image lies there once however often it is sent. */
const upload = (
  { capabilities: { model }, load, prepare }: Ask,
  field: string,
  image: MediaInput | undefined
) =>
  Effect.gen(function* () {
    if (image === undefined)
      return yield* new InvalidRequest({ field, value: "", reason: `${model} needs a ${field}` })
    const { bytes, mimeType, name } = yield* load(image, { field, kind: "image", most: mostImage })
    const stored = `${contentName(bytes)}.${name.split(".").at(-1)}`
    const body = yield* form({
      image: { name: stored, mimeType, bytes },
      subfolder: "mutoscope",
      type: "input",
      overwrite: "true"
    })
    const answer = yield* prepare(post(model, "/upload/image", body))
    return yield* Effect.mapError(
      Told.uploaded(answer),
      () => new ProviderUnavailable({ provider: answer.provider, reason: `the ${field} was not stored` })
    )
  })

// --- questions ---------------------------------------------------------------------------------------------------

const get = (model: string, path: string): Question => ({ model, method: "GET", path })

const post = (model: string, path: string, body: unknown): Question => ({
  model,
  method: "POST",
  path,
  body
})

const job = (id: string) => `/api/jobs/${encodeURIComponent(id)}`

/**
 * Older servers have a job in their queue and then in their history, and newer ones that know of none are asked there as
 * well. A job goes from the one to the other in one step: whoever looks in this order cannot miss it. What was in neither
 * is looked for once more.
 */
const inQueue = (provider: string, operation: Operation, times: number): Further =>
  asking(get(operation.model, "/queue"), (answer) =>
    Option.map(
      Told.ofQueue(operation.id, answer),
      Option.getOrElse(() => inHistory(provider, operation, times))
    )
  )

const inHistory = (provider: string, operation: Operation, times: number): Further =>
  asking(get(operation.model, `/history/${encodeURIComponent(operation.id)}`), (answer) =>
    Option.map(
      Told.ofHistory(provider, operation.id, answer),
      Option.getOrElse(() => (times > 1 ? inQueue(provider, operation, times - 1) : lost))
    )
  )

const asking = (question: Question, read: (answer: Answer) => Option.Option<JobTold>): Further => ({
  _tag: "Further",
  question,
  read: (answer) => (answer.status === 200 ? read(answer) : Option.none())
})

const lost = {
  _tag: "Absent",
  reason:
    "the server knows nothing of the job any more: it was restarted, or the job was taken out of its queue"
} as const

/**
 * Of older servers. The oldest stop whatever they are at, so it is only asked where the job was seen to run.
 */
const stopping = ({ id, model }: Operation, { _tag }: OperationStatus): Question =>
  _tag === "Running" ? post(model, "/interrupt", { prompt_id: id }) : post(model, "/queue", { delete: [id] })

const socketUrl = (baseUrl: string, id: string): URL => {
  const url = new URL(`${baseUrl.replace(/\/+$/, "")}/ws`)
  url.protocol = url.protocol === "https:" ? "wss:" : "ws:"
  url.searchParams.set("clientId", id)
  return url
}

const authorization = (key: Redacted.Redacted | undefined): Readonly<Record<string, string>> =>
  key === undefined ? {} : { authorization: `Bearer ${Redacted.value(key)}` }
