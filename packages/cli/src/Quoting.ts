/**
 * What a request would cost with a model, and the question that is asked before something dear is sent.
 */
import * as Prompt from "@effect/cli/Prompt"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as Generation from "@mutoscope/core/Generation"
import type { UnsupportedOption } from "@mutoscope/core/GenerationError"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Money from "@mutoscope/core/Money"
import { nameOf } from "@mutoscope/core/Nearest"
import * as Quote from "@mutoscope/core/Quote"
import { named, narrowedTo, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NotConfirmed, Quit } from "./Outcome.ts"
import { Output } from "./Output.ts"
import { howToPrice } from "./ownPrice.ts"

/** A request as a model would be given it, and what that would cost. */
export interface Quoted extends Capabilities.Fitted {
  readonly capabilities: Capabilities.Capabilities
  readonly quote: Quote.Quote
}

/**
 * The quote of the model that a request names, by what is known of it by now and by what was charged for it before; `unheard` as
 * in `named`.
 */
export const quoted = (
  request: VideoRequest,
  latitude: Capabilities.Latitude,
  unheard: ReadonlyArray<string> = []
): Effect.Effect<Quoted, UnsupportedOption, VideoProvider | GenerationStore> =>
  Effect.gen(function* () {
    const videoProvider = yield* VideoProvider
    const known = yield* named(videoProvider, request.model, unheard)
    const capabilities = yield* narrowedTo(videoProvider, known, request)
    const fitted = yield* Capabilities.fit(capabilities, request, latitude)
    const { model, price, provider } = capabilities
    const receipt = yield* Effect.flatMap(GenerationStore, (records) =>
      records.overcharge({ provider, model, ownPrice: price?.own })
    ).pipe(
      Effect.catchAll(({ message }) =>
        Effect.as(
          Effect.logWarning(`The quote is not held against earlier receipts: ${message}`),
          Option.none()
        )
      )
    )
    const quote = Quote.widen(Quote.quote(capabilities, fitted.request), receipt)
    return { ...fitted, capabilities, quote }
  })

/** The quotes of the model that a record is for, and of those that may be tried after it, where they can do what is asked. */
export const quotesOf = (
  plan: Generation.Generation
): Effect.Effect<ReadonlyArray<Quoted>, never, VideoProvider | GenerationStore> => {
  const { models, ...latitude } = plan.fallback ?? { models: [], snap: false }
  const own = Effect.option(quoted(plan.request, { snap: false }))
  const asked = Generation.asked(plan)
  const others = models.map((model) =>
    Effect.option(quoted(new VideoRequest({ ...asked, model }, { disableValidation: true }), latitude))
  )
  return Effect.map(Effect.all([own, ...others]), Arr.getSomes)
}

/** `$1.60`, `$0.80 to $1.60`, or `unknown`. */
export const words = (quote: Quote.Quote): string => {
  switch (quote._tag) {
    case "Exact":
      return Money.format(quote.amount)
    case "Range":
      return `${Money.format(quote.least)} to ${Money.format(quote.most)}`
    case "Unknown":
      return "unknown"
  }
}

/** What a command was told about questions of money. */
export interface Wish {
  readonly above: Option.Option<Money.MicroUsd>
  readonly yes: boolean
  readonly noInput: boolean
}

/** Asks where one of the quotes is above the limit of the user's, or unknown. Without a terminal that is a refusal. */
export const confirmed = (
  quotes: ReadonlyArray<Quoted>,
  { above, noInput, yes }: Wish
): Effect.Effect<void, NotConfirmed | Quit, Output | Prompt.Prompt.Environment> =>
  Effect.gen(function* () {
    if (Option.isNone(above) || yes) return
    const dear = quotes.filter(({ quote }) => !isWithin(quote, above.value))
    if (dear.length === 0) return
    const { interactive, note } = yield* Output
    const reason = dear.map(sentence).join("; ")
    const details = explained(dear)
    if (!interactive || noInput) return yield* new NotConfirmed({ reason, above: above.value, details })
    yield* Effect.forEach([`${reason}.`, ...details], note, { discard: true })
    const sure = yield* Effect.catchTag(question, "QuitException", () => new Quit())
    if (sure) return
    yield* note("Nothing was sent.")
    return yield* new Quit()
  })

const isWithin = (quote: Quote.Quote, above: Money.MicroUsd) =>
  Option.exists(Quote.most(quote), (most) => most <= above)

const sentence = ({ capabilities, quote }: Quoted): string =>
  quote._tag === "Unknown"
    ? `What ${nameOf(capabilities)} would charge is unknown`
    : `${nameOf(capabilities)} would charge ${words(quote)} (prices of ${quote.asOf})`

/**
 * What quotes consist of where that is more than one thing, and where a price comes from if it is the user's own; of unknown ones
 * why they are that, and at last how to set a price.
 */
export const explained = (quotes: ReadonlyArray<Quoted>): ReadonlyArray<string> => [
  ...quotes.flatMap(partsOf),
  ...quotes
    .filter(({ quote }) => quote._tag === "Unknown")
    .slice(0, 1)
    .map(({ capabilities }) => howToPrice(nameOf(capabilities)))
]

const partsOf = ({ capabilities, quote }: Quoted): ReadonlyArray<string> => {
  const name = nameOf(capabilities)
  if (quote._tag === "Unknown") return [`${name}: ${quote.reasons.join("; ")}`]
  const parts = quote.parts.map(({ amount, what }) => `${what}: ${Money.format(amount)}`)
  return [
    ...(parts.length > 1 ? [`${name}: ${parts.join("; ")}`] : []),
    ...(quote.own === true && quote.source !== undefined ? [`${name}: by ${quote.source}`] : [])
  ]
}

const question = Prompt.run(Prompt.confirm({ message: "Send it?", initial: false }))
