/** Lantern, an imaginary video API, as a provider. This is the example of docs/writing-a-provider.md. */
import * as Adapter from "@mutoscope/client/Adapter"
import * as JobApi from "@mutoscope/client/JobApi"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { ContentBlocked, GenerationFailed } from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus } from "@mutoscope/core/Operation"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

// 1. What its models can do: data, from the vendor's documentation.
const models = (provider: string): ReadonlyArray<Capabilities> => [
  {
    provider,
    model: "lantern-2",
    aliases: ["lantern"],
    title: "Lantern 2",
    aspectRatios: ["16:9", "9:16"],
    resolutions: ["720p", "1080p"],
    durations: { _tag: "OneOf", seconds: [4, 8] },
    audio: "optional",
    negativePrompt: false,
    seed: true,
    startImage: true,
    lastFrame: false,
    referenceImages: 0,
    cancel: true,
    progress: true,
    minimumPollInterval: 3,
    price: {
      asOf: "2026-11-01",
      source: "lantern.example/prices",
      rates: [{ perSecond: Money.dollars(0.05) }],
      extras: [
        { name: "an input image", count: "inputs", inputs: ["startImage"], price: Money.dollars(0.01) }
      ]
    }
  }
]

// 2. What a user has to say, in a file or the environment.
const Settings = Schema.Struct({ apiKey: Adapter.secret, baseUrl: Schema.optional(Adapter.text) })

// 3. How it speaks. What every API has in common (one request, keys, retries, cancelling) is not here.
export const api = (provider: string, settings: typeof Settings.Type): JobApi.JobApi => ({
  provider,
  baseUrl: settings.baseUrl ?? "https://api.lantern.example/v2",
  credential: JobApi.bearer(settings.apiKey),
  models: models(provider),
  submit: ({ capabilities: { model }, request, toUrl }) =>
    Effect.map(
      request.startImage === undefined
        ? Effect.succeed(undefined)
        : toUrl(request.startImage, { field: "start image", kind: "image", most: 10_000_000 }),
      (image_url) => ({
        model,
        method: "POST",
        path: "/renders",
        body: {
          model,
          image_url,
          prompt: request.prompt,
          seconds: request.duration,
          size: request.resolution,
          shape: request.aspectRatio,
          sound: request.audio,
          seed: request.seed,
          ...request.providerOptions
        }
      })
    ),
  accepted: ({ body }) => Option.map(decodeAccepted(body), ({ id }) => ({ id })),
  poll: ({ id, model }) => ({ model, method: "GET", path: `/renders/${encodeURIComponent(id)}` }),
  status: ({ body }) => Option.map(decode(body), (render) => status(provider, render)),
  cancel: {
    question: ({ id, model }) => ({ model, method: "POST", path: `/renders/${encodeURIComponent(id)}/stop` }),
    forgets: false
  }
})

// 4. One for a registry: `providers.lantern` in a file, `MUTOSCOPE_LANTERN_API_KEY` in the environment.
export const adapter = Adapter.make({
  name: "lantern",
  title: "Lantern",
  settings: Settings,
  secrets: ["apiKey"],
  about: { apiKey: "The key of the account", baseUrl: "Another server that speaks for Lantern" },
  api
})

// 5. Its answers, decoded. Unknown fields are passed over, unknown words mean that it still works, and what makes no sense
// beside the state hides no state.
const decodeAccepted = Schema.decodeOption(Schema.parseJson(Schema.Struct({ id: Schema.NonEmptyString })))
const Render = Schema.Struct({
  state: Schema.optional(Schema.String),
  percent: JobApi.ifSensible(Schema.Number.pipe(Schema.between(0, 100))),
  video: Schema.optional(Schema.Struct({ url: Schema.NonEmptyString })),
  reason: JobApi.ifSensible(Schema.String)
})
const decode = Schema.decodeOption(Schema.parseJson(Render))

const status = (
  provider: string,
  { percent, reason = "", state, video }: typeof Render.Type
): OperationStatus => {
  if (state === "stopped") return { _tag: "Cancelled" }
  if (state === "blocked")
    return { _tag: "Failed", error: new ContentBlocked({ provider, reasons: [reason] }) }
  if (state === "broken") return { _tag: "Failed", error: new GenerationFailed({ provider, reason }) }
  if (state === "ready" && video !== undefined)
    return { _tag: "Succeeded", videos: [{ _tag: "Remote", uri: video.url }] }
  return state === "waiting"
    ? { _tag: "Pending" }
    : { _tag: "Running", ...(percent === undefined ? {} : { progress: percent }) }
}
