/**
 * What a request would cost with a model, and the question that is asked before something dear is sent.
 */
import * as Prompt from "@effect/cli/Prompt"
import * as Capabilities from "@mutoscope/core/Capabilities"
import * as Generation from "@mutoscope/core/Generation"
import type { UnsupportedOption } from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import { nameOf } from "@mutoscope/core/Nearest"
import * as Quote from "@mutoscope/core/Quote"
import { named, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { NotConfirmed, Quit } from "./Outcome.ts"
import { Output } from "./Output.ts"

/** A request as a model would be given it, and what that would cost. */
export interface Quoted extends Capabilities.Fitted {
  readonly capabilities: Capabilities.Capabilities
  readonly quote: Quote.Quote
}

/** The quote of the model that a request names, by what is known of it by now; `unheard` as in `named`. */
export const quoted = (
  request: VideoRequest,
  latitude: Capabilities.Latitude,
  unheard: ReadonlyArray<string> = []
): Effect.Effect<Quoted, UnsupportedOption, VideoProvider> =>
  Effect.gen(function* () {
    const capabilities = yield* Effect.flatMap(VideoProvider, (provider) =>
      named(provider, request.model, unheard)
    )
    const fitted = yield* Capabilities.fit(capabilities, request, latitude)
    return { ...fitted, capabilities, quote: Quote.quote(capabilities, fitted.request) }
  })

/** The quotes of the model that a record is for, and of those that may be tried after it, where they can do what is asked. */
export const quotesOf = (
  plan: Generation.Generation
): Effect.Effect<ReadonlyArray<Quoted>, never, VideoProvider> => {
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
    if (!interactive || noInput) return yield* new NotConfirmed({ reason, above: above.value })
    yield* note(`${reason}.`)
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

const question = Prompt.run(Prompt.confirm({ message: "Send it?", initial: false }))
