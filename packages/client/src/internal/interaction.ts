/**
 * What the Interactions API answers, decoded: how an interaction is doing, what it made and what that cost. The signatures
 * of thoughts, which can be a megabyte, are passed over.
 */
import {
  ContentBlocked,
  EmptyResult,
  GenerationFailed,
  type OperationFailure,
  QuotaExceeded
} from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import type { OperationStatus, VideoOutput } from "@mutoscope/core/Operation"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { TokenPrice } from "../catalogue/geminiOmni.ts"
import type { Answered } from "./classification.ts"
import { explained, isModerated } from "./moderation.ts"
import { RpcStatus } from "./rpcStatus.ts"
import { strip } from "./secrets.ts"
import { stateOf, underway } from "./statusWords.ts"
import { ifSensible, maybe } from "./wireFields.ts"

/** The interaction that a submit was answered with. Also one that is refused in the next answer has an id. */
export const decodeAccepted = Schema.decodeOption(
  Schema.parseJson(Schema.Struct({ id: Schema.NonEmptyString }))
)

const word = ifSensible(Schema.String)

/** One that cannot be read is passed over, so that the others are. `data` is long, and its beginning is all that is here. */
const Content = Schema.Struct({ type: word, text: word, uri: word, data: word, mime_type: word }).annotations(
  { decodingFallback: () => Either.right({}) }
)
type Content = typeof Content.Type

/** An error as the API tells it, or in a sentence. */
const told = ifSensible(
  Schema.Union(
    RpcStatus,
    Schema.transform(Schema.String, RpcStatus, {
      strict: true,
      decode: (message) => ({ message }),
      encode: ({ message }) => message ?? ""
    })
  )
)

const Step = Schema.Struct({
  type: maybe(Schema.String),
  content: ifSensible(Schema.Array(Content)),
  error: told
})
type Step = typeof Step.Type

const Tokens = Schema.NonNegativeInt

const Usage = Schema.Struct({
  total_input_tokens: maybe(Tokens),
  total_output_tokens: maybe(Tokens),
  total_thought_tokens: maybe(Tokens),
  output_tokens_by_modality: maybe(
    Schema.Array(Schema.Struct({ modality: maybe(Schema.String), tokens: maybe(Tokens) }))
  )
})
type Usage = typeof Usage.Type

const Interaction = Schema.Struct({
  status: maybe(Schema.String),
  steps: ifSensible(Schema.Array(Step)),
  usage: ifSensible(Usage),
  error: told,
  errors: ifSensible(Schema.Array(RpcStatus))
})
type Interaction = typeof Interaction.Type

const decode = Schema.decodeOption(Schema.parseJson(Interaction))

/**
 * How an interaction is doing; none where its answer makes no sense. One that says that it made a video and does not show
 * it is such an answer: the video is paid for, and whoever can read it may still fetch it.
 */
export const status = (
  { body, secrets }: Answered,
  provider: string,
  price: TokenPrice | undefined
): Option.Option<OperationStatus> =>
  Option.flatMapNullable(decode(body), (interaction) => {
    const ending = end(interaction, { provider, secrets, hasSteps: Option.isSome(decodeSteps(body)) })
    return ending === undefined || ending._tag === "Pending" || ending._tag === "Running"
      ? ending
      : { ...ending, ...costOf(interaction.usage, price) }
  })

/** Whether there are steps, be they readable or not. */
const decodeSteps = Schema.decodeOption(Schema.parseJson(Schema.Struct({ steps: Schema.Object })))

interface Of {
  readonly provider: string
  readonly secrets: Answered["secrets"]
  readonly hasSteps: boolean
}

const end = (interaction: Interaction, { hasSteps, provider, secrets }: Of): OperationStatus | undefined => {
  const error = errorOf(interaction)
  const failed = (error: RpcStatus): OperationStatus => ({
    _tag: "Failed",
    error: failure(error, provider, secrets)
  })
  const { status } = interaction
  const ended = () =>
    result(interaction, provider, secrets) ?? (error === undefined ? undefined : failed(error))
  if (status === undefined)
    // Where there is no room for it an interaction is accepted, and an error is all that it ever says.
    return error !== undefined && isCrowded(error) ? failed(error) : undefined
  switch (status.toLowerCase()) {
    case "incomplete":
      return (
        ended() ??
        (hasSteps || videoTokens(interaction.usage) > 0
          ? undefined
          : failed({ code: status, message: "it ended before it made anything" }))
      )
    case "budget_exceeded":
      return failed({ message: "the budget is exceeded", ...error, code: "resource_exhausted" })
  }
  switch (stateOf(status)) {
    case "Pending":
      return { _tag: "Pending" }
    case "Succeeded":
      return ended()
    case "Failed":
    case "Expired":
      return failed(error ?? { code: status, message: "it does not say why" })
    case "Cancelled":
      return { _tag: "Cancelled" }
    default:
      return underway(status)
  }
}

/**
 * The video, or why there is none: what is refused is done too, and has some words where the video would be. Where what was
 * done cannot be read, nothing is known of that.
 */
const result = (
  interaction: Interaction,
  provider: string,
  secrets: Answered["secrets"]
): OperationStatus | undefined => {
  const [video] = videosIn(interaction)
  if (video !== undefined) return { _tag: "Succeeded", videos: [video] }
  if (interaction.steps === undefined) return undefined
  if (errorOf(interaction) !== undefined || videoTokens(interaction.usage) > 0) return undefined
  const reasons = textsIn(interaction).map((text) => strip(text, secrets))
  return {
    _tag: "Failed",
    error: reasons.length > 0 ? new ContentBlocked({ provider, reasons }) : new EmptyResult({ provider })
  }
}

/** Three places where an error was seen, or is said to be. */
const errorOf = ({ error, errors, steps }: Interaction): RpcStatus | undefined =>
  error ?? errors?.[0] ?? steps?.findLast((step) => step.error !== undefined)?.error

const isCrowded = ({ code, status }: RpcStatus): boolean =>
  /too_?many_?requests|resource_?exhausted|quota/i.test(String(code ?? status ?? ""))

const failure = (error: RpcStatus, provider: string, secrets: Answered["secrets"]): OperationFailure => {
  const code = error.code ?? error.status
  const reason = strip(error.message ?? `error ${code ?? ""}`.trim(), secrets)
  if (isCrowded(error) || code === resourceExhausted || code === 429)
    return new QuotaExceeded({ provider, reason })
  if (isModerated(reason, String(code ?? ""), error.status ?? "", error.type ?? ""))
    return new ContentBlocked({ provider, reasons: [explained(reason)] })
  return new GenerationFailed({ provider, reason, ...(code === undefined ? {} : { code: String(code) }) })
}

// Of google.rpc.Code.
const resourceExhausted = 8

// --- what it made ----------------------------------------------------------------------------------------------------

/** What the model said last, back to what was said to it. */
const outputs = (steps: ReadonlyArray<Step>): ReadonlyArray<Step> =>
  steps
    .slice(steps.findLastIndex(({ type }) => type === "user_input") + 1)
    .filter(({ type }) => type === "model_output")

const contents = ({ steps = [] }: Interaction) => outputs(steps).flatMap(({ content }) => content ?? [])

/** The last one comes first. */
const videosIn = (interaction: Interaction): ReadonlyArray<VideoOutput> => {
  const inside = dataIn(interaction)
  return contents(interaction)
    .toReversed()
    .flatMap((content): ReadonlyArray<VideoOutput> => {
      const { data, mime_type: mimeType, type, uri = "" } = content
      const kind = mimeType === undefined ? {} : { mimeType }
      if (type !== "video") return []
      if (uri !== "") return [{ _tag: "Remote", uri, ...kind }]
      return data ? [{ _tag: "Inline", index: inside.indexOf(content), ...kind }] : []
    })
}

/** Everything whose bytes are in the answer, in the order in which they come: what was said to the model too. */
const dataIn = ({ steps = [] }: Interaction): ReadonlyArray<Content> =>
  steps.flatMap(({ content = [] }) => content.filter(({ data }) => data !== undefined))

const textsIn = (interaction: Interaction): ReadonlyArray<string> =>
  contents(interaction).flatMap(({ text = "", type }) =>
    type === "text" && text.trim() !== "" ? [text] : []
  )

// --- what it cost ----------------------------------------------------------------------------------------------------

const videoTokens = (usage: Usage | undefined): number =>
  (usage?.output_tokens_by_modality ?? [])
    .filter(({ modality }) => modality?.toLowerCase() === "video")
    .reduce((sum, { tokens = 0 }) => sum + tokens, 0)

/** No amount is told, only tokens. Dollars for a million tokens are millionths of a dollar for one. Thoughts are counted beside the output. */
const costOf = (usage: Usage | undefined, price: TokenPrice | undefined) => {
  const video = videoTokens(usage)
  if (usage?.total_output_tokens === undefined) return {}
  const text = Math.max(0, usage.total_output_tokens - video) + (usage.total_thought_tokens ?? 0)
  const tokens = {
    ...(usage.total_input_tokens === undefined ? {} : { input: usage.total_input_tokens }),
    output: Math.max(usage.total_output_tokens, video) + (usage.total_thought_tokens ?? 0)
  }
  if (price === undefined) return { tokens }
  const micros = (usage.total_input_tokens ?? 0) * price.input + text * price.text + video * price.video
  return Option.match(Money.told(Math.ceil(micros)), {
    onNone: () => ({ tokens }),
    onSome: (estimate) => ({ tokens, estimate })
  })
}
