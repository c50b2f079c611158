/**
 * `mutoscope models`: what can be asked for.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import type { MicroUsd } from "@mutoscope/core/Money"
import { nameOf, nearest } from "@mutoscope/core/Nearest"
import { named, VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { amountOf } from "../dollars.ts"
import * as ModelSheet from "../ModelSheet.ts"
import { UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { table } from "../table.ts"
import { tellUnheard, upToDate } from "../upToDate.ts"

/** What a model may be asked to start from, as people say it. */
export const inputs = {
  image: ({ startImage }: Capabilities) => startImage,
  "last-frame": ({ lastFrame }: Capabilities) => lastFrame,
  reference: ({ referenceImages }: Capabilities) => referenceImages > 0,
  video: ({ extend }: Capabilities) => extend === true
} as const

/** The name of such an input. */
export type Input = keyof typeof inputs

export interface Flags {
  readonly provider: Option.Option<string>
  readonly input: ReadonlyArray<Input>
  readonly maxPrice: Option.Option<string>
  readonly audio: boolean
  readonly search: Option.Option<string>
  readonly json: boolean
}

export const list = (flags: Flags) =>
  Effect.gen(function* () {
    const { data, columns: width, note } = yield* Output
    const provider = yield* VideoProvider
    yield* known(flags.provider, provider.models)
    const unheard = yield* upToDate(Option.getOrUndefined(Option.map(flags.provider, (name) => [`${name}/`])))
    const { models } = provider
    const most = yield* amountOf("--max-price", flags.maxPrice)
    const found = models.filter((one) => isWanted(one, flags, most))
    const today = yield* Clock.currentTimeMillis
    const lines = flags.json
      ? found.map((one) => JSON.stringify(one))
      : table(
          columns,
          found.map((one) => row(one, today)),
          Option.getOrUndefined(width)
        )
    yield* tellUnheard(unheard)
    if (found.length === 0) return yield* note("There is no such model. All of them: mutoscope models")
    yield* Effect.forEach(lines, data, { discard: true })
  })

const known = (provider: Option.Option<string>, models: ReadonlyArray<Capabilities>) => {
  const all = models.map((one) => one.provider)
  if (Option.isNone(provider) || all.includes(provider.value)) return Effect.void
  return new UsageError({
    reason: `There is no provider ${provider.value}; did you mean ${nearest(provider.value, all)}?`,
    hint: "What is configured, and where: mutoscope doctor"
  })
}

const isWanted = (
  one: Capabilities,
  { audio, input, provider, search }: Flags,
  most: Option.Option<MicroUsd>
): boolean =>
  (Option.isNone(provider) || one.provider === provider.value) &&
  input.every((name) => inputs[name](one)) &&
  (!audio || one.audio !== "never") &&
  (Option.isNone(most) || isWithin(one, most.value)) &&
  (Option.isNone(search) || mentions(one, search.value.toLowerCase()))

/** At its cheapest. What nobody knows the price of is not known to be cheap. */
const isWithin = ({ price }: Capabilities, most: MicroUsd) =>
  price?.rates.some(({ perSecond }) => perSecond !== undefined && perSecond <= most) ?? false

const mentions = ({ aliases, model, provider, title }: Capabilities, text: string) =>
  [title, ...[model, ...aliases].map((name) => `${provider}/${name}`)].some((name) =>
    name.toLowerCase().includes(text)
  )

const columns = [
  { heading: "MODEL" },
  { heading: "SECONDS" },
  { heading: "RESOLUTIONS" },
  { heading: "ASPECT RATIOS" },
  { heading: "SOUND" },
  { heading: "A SECOND" },
  { heading: "TITLE", flexible: true }
]

const row = (one: Capabilities, today: number) => [
  nameOf(one),
  ModelSheet.lengths(one),
  one.resolutions.join(" "),
  one.aspectRatios.join(" "),
  one.audio,
  ModelSheet.perSecond(one),
  ModelSheet.isRetired(one, today) ? `${one.title} (retired)` : one.title
]

export interface ShowFlags {
  readonly model: string
  readonly json: boolean
}

export const show = ({ json, model }: ShowFlags) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    const provider = yield* VideoProvider
    const unheard = yield* upToDate([model])
    const one = yield* named(provider, model, unheard)
    yield* tellUnheard(unheard)
    const today = yield* Clock.currentTimeMillis
    if (json) return yield* data(JSON.stringify({ ...one, retired: ModelSheet.isRetired(one, today) }))
    yield* Effect.forEach(ModelSheet.lines(one, today), data, { discard: true })
    const others = provider.models.filter((other) => other !== one && isNamesake(other, model))
    if (others.length > 0) yield* note(`Also: ${others.map(nameOf).join(", ")}`)
  })

const isNamesake = ({ aliases, model }: Capabilities, name: string) => [model, ...aliases].includes(name)
