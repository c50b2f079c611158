/**
 * Gemini Omni, through the Interactions API: the way to a video behind an API key of Google's. A request is an interaction
 * that runs in the background; its video is a file that may come a minute and a half after the interaction says that it
 * is done. The same API on Vertex AI puts the video into a bucket.
 *
 * @since 0.1.0
 */
import type { AuthenticationFailed } from "@mutoscope/core/GenerationError"
import type { Intent } from "@mutoscope/core/VideoProvider"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import * as Adapter from "./Adapter.ts"
import * as Catalogue from "./catalogue/geminiOmni.ts"
import { filePath, keyHost, objectUrl, webUrl } from "./internal/googleFiles.ts"
import * as GoogleLabels from "./internal/googleLabels.ts"
import { inSteps } from "./internal/inlineVideo.ts"
import { base64, within } from "./internal/inputs.ts"
import * as Interaction from "./internal/interaction.ts"
import { vertexBase } from "./internal/veoForm.ts"
import { largest, typeOfName } from "./internal/veoInputs.ts"
import {
  type Answer,
  type Ask,
  bearer,
  type Input,
  type InputError,
  type JobApi,
  type Source
} from "./JobApi.ts"

/** Which version of the API is spoken: all that has been seen of Omni was `v1beta`; Google's own client prefers `v1`. */
export const Version = Schema.Literal("v1beta", "v1")
export type Version = typeof Version.Type

/** The key, and where the API is if not at Google's own address. */
export const Options = Schema.Struct({
  apiKey: Adapter.secret,
  baseUrl: Schema.optional(Adapter.text),
  version: Schema.optional(Version)
})
export type Options = typeof Options.Type

/** Omni behind an API key. */
export const api = (
  provider: string,
  { apiKey, baseUrl = `https://${keyHost}`, version = "v1beta" }: Options
): JobApi => {
  const root = baseUrl.replace(/\/+$/, "")
  return {
    // Whether labels are taken behind an API key is not known, and what is not known is refused.
    ...interactions(provider, {}, () => undefined),
    baseUrl: `${root}/${version}`,
    ownUrl: `https://${keyHost}`,
    // In one place only: a key in the query as well is refused.
    credential: { header: "x-goog-api-key", prefix: "", secret: apiKey },
    models: Catalogue.models(provider),
    inputLimits: { image: largest, video: largest },
    source: ({ model }, video) =>
      video._tag === "Remote" ? fileAt(model, video.uri, root, version) : noAddress
  }
}

/** One for a registry. */
export const adapter = Adapter.make({
  name: "gemini",
  title: "Gemini Omni (Gemini API)",
  settings: Options,
  secrets: ["apiKey"],
  about: {
    apiKey: "A key of Google AI Studio",
    baseUrl: `Where the API is, up to and without its version: https://${keyHost} (default)`,
    version: "v1beta (default) or v1"
  },
  api
})

/** Where Vertex AI is, whose, and the bucket that it puts videos in. */
export interface VertexOptions {
  /** An OAuth access token; asked for at every request, since it lasts about an hour and a job may last longer. */
  readonly accessToken: Effect.Effect<Redacted.Redacted, AuthenticationFailed>
  readonly project: string
  /** `us-central1` and the like, or `global`. */
  readonly location: string
  /** Where finished videos are put: `gs://bucket/path`. */
  readonly storageUri: string
  /** Another server that speaks for Vertex AI. */
  readonly baseUrl?: string | undefined
  /** Another server that speaks for Google's storage, and gets the token too. */
  readonly storageUrl?: string | undefined
}

/** Omni on Vertex AI. */
export const vertexApi = (provider: string, options: VertexOptions): JobApi => {
  const { location, project, storageUri, storageUrl } = options
  const root = (options.baseUrl ?? vertexBase(location)).replace(/\/+$/, "")
  return {
    ...interactions(provider, { gcs_uri: storageUri }, GoogleLabels.of),
    baseUrl: `${root}/v1beta1/projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}`,
    ownUrl: vertexBase(location),
    credential: Effect.map(options.accessToken, bearer),
    models: Catalogue.onVertex(provider),
    inputLimits: { image: largest, video: largest },
    source: ({ model }, video) => {
      const object = video._tag === "Remote" ? objectUrl(video.uri, storageUrl) : undefined
      return object === undefined ? noAddress : { model, url: object, credential: true }
    }
  }
}

const noAddress = "it has no address that can be fetched"

type Labels = (intent: Intent) => Readonly<Record<string, string>> | undefined

/** What both have in common. `delivery` is more about where the video goes. */
const interactions = (
  provider: string,
  delivery: object,
  labels: Labels
): Pick<JobApi, "provider" | "other" | "submit" | "accepted" | "poll" | "status" | "cancel" | "inline"> => ({
  provider,
  other: (name) =>
    name.startsWith("gemini-omni-") ? Option.some(Catalogue.model(provider, name)) : Option.none(),
  submit: (ask) =>
    Effect.map(body(ask, delivery, labels(ask.intent)), (body) => ({
      model: ask.capabilities.model,
      method: "POST",
      path: "/interactions",
      body
    })),
  accepted: ({ body }) => Option.map(Interaction.decodeAccepted(body), ({ id }) => ({ id })),
  poll: ({ id, model }) => ({ model, method: "GET", path: `/interactions/${encodeURIComponent(id)}` }),
  status: (answer, { model }) => Interaction.status(answer, provider, Catalogue.tokenPrice(model)),
  // Asked for it is never, but a server may do so, and a provider option may want it.
  inline: inSteps,
  cancel: {
    question: ({ id, model }) => ({
      model,
      method: "POST",
      path: `/interactions/${encodeURIComponent(id)}/cancel`
    }),
    forgets: false
  }
})

// --- the file --------------------------------------------------------------------------------------------------------

/** A file of the API's own is asked for by its id where we are configured to ask; anything else without the key. */
const fileAt = (model: string, uri: string, root: string, version: Version): Source | string => {
  const url = webUrl(uri)
  if (url === undefined) return noAddress
  const base = new URL(root)
  const path = filePath(url, base, version)
  return path === undefined
    ? { model, url, credential: url.origin === base.origin }
    : { model, url: new URL(`${root}/${path}`), credential: true, late: { isLate, patience: filePatience } }
}

/** A file was seen to be 95 seconds late: often at first, then every 15 seconds, for three minutes. */
const filePatience = Schedule.exponential("2 seconds", 1.5).pipe(
  Schedule.union(Schedule.spaced("15 seconds")),
  Schedule.upTo("3 minutes")
)

/** A file that has expired is refused with 403, as if it were somebody else's; for one that is being made there is 404. */
const isLate = ({ body, status }: Answer): boolean =>
  status === 404 || status === 409 || /not (?:in an )?active|still processing/i.test(body)

// --- the request -----------------------------------------------------------------------------------------------------

/** Without `background` the answer would come when the video is there; without `uri` the video would be inside. */
const body = (ask: Ask, delivery: object, labels: ReturnType<Labels>): Effect.Effect<unknown, InputError> => {
  const { capabilities, request } = ask
  return Effect.map(media(ask), (blocks) =>
    merged(
      {
        model: capabilities.model,
        input: [...blocks, { type: "text", text: request.prompt }],
        background: true,
        store: true,
        stream: false,
        response_format: {
          type: "video",
          delivery: "uri",
          aspect_ratio: request.aspectRatio,
          resolution: request.resolution.toLowerCase(),
          // A number is refused.
          duration: `${request.duration}s`,
          ...delivery
        },
        generation_config: { video_config: { task: taskOf(request) } },
        ...(labels === undefined ? {} : { labels })
      },
      request.providerOptions ?? {}
    )
  )
}

const taskOf = (request: VideoRequest): string =>
  request.extend !== undefined
    ? "extend"
    : (request.referenceImages ?? []).length > 0
      ? "reference_to_video"
      : request.startImage !== undefined
        ? "image_to_video"
        : "text_to_video"

/** The provider's own options come last; of what is an object on both sides, field by field. */
const merged = (
  body: Readonly<Record<string, unknown>>,
  options: Readonly<Record<string, unknown>>
): Readonly<Record<string, unknown>> => ({
  ...body,
  ...Object.fromEntries(
    Object.entries(options).map(([name, value]) => {
      const ours = body[name]
      return [name, isFields(ours) && isFields(value) ? merged(ours, value) : value]
    })
  )
})

const isFields = Schema.is(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** Media come before the text. */
const media = (ask: Ask) => {
  const { extend, referenceImages = [], startImage } = ask.request
  const inputs: ReadonlyArray<readonly [input: MediaInput | undefined, about: Input]> = [
    [startImage, { field: "start image", kind: "image", most: largest }],
    ...referenceImages.map((image): readonly [MediaInput, Input] => [
      image,
      { field: "reference image", kind: "image", most: largest }
    ]),
    [extend, { field: "video to extend", kind: "video", most: largest }]
  ]
  return Effect.forEach(
    inputs.flatMap(([input, about]) => (input === undefined ? [] : [[input, about] as const])),
    ([input, about]) => block(ask, input, about)
  ).pipe(
    Effect.tap((blocks) =>
      within(
        largest,
        blocks.map(({ data = "" }) => data),
        ask.capabilities
      )
    )
  )
}

/** A medium in the request: its bytes, or where it is. */
interface Block {
  readonly type: Input["kind"]
  readonly mime_type: string
  readonly data?: string
  readonly uri?: string
}

/** Bytes go along; an address, of a file of the API's or of a bucket, is passed on. */
const block = (ask: Ask, input: MediaInput, about: Input): Effect.Effect<Block, InputError> => {
  if (input._tag !== "Url")
    return Effect.map(ask.load(input, about), (loaded) => ({
      type: about.kind,
      data: base64(loaded),
      mime_type: loaded.mimeType
    }))
  const uri = input.url.startsWith("gs://") ? Effect.succeed(input.url) : ask.toUrl(input, about)
  return Effect.map(uri, (uri) => ({ type: about.kind, uri, mime_type: typeOfName(uri, about) }))
}
