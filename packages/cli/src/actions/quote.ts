/**
 * `mutoscope quote`: what a request would cost, with one model or several.
 */
import type { InvalidRequest, UnsupportedOption } from "@mutoscope/core/GenerationError"
import { nameOf } from "@mutoscope/core/Nearest"
import type { Quote } from "@mutoscope/core/Quote"
import * as Arr from "effect/Array"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { Output } from "../Output.ts"
import { type PromptFlags, promptOf } from "../prompt.ts"
import { explained, type Quoted, quoted, words } from "../Quoting.ts"
import { latitude, type RequestFlags, requestOf } from "../request.ts"
import { table } from "../table.ts"
import { tellUnheard, upToDate, upToDateFor } from "../upToDate.ts"
import { form } from "../wording.ts"

export interface Flags extends PromptFlags {
  readonly request: Omit<RequestFlags, "fallback" | "fallbackUnclear" | "model">
  readonly model: ReadonlyArray<string>
  readonly json: boolean
}

export const quote = (flags: Flags) =>
  Effect.gen(function* () {
    const prompt = yield* promptOf(flags)
    const request = { ...flags.request, fallback: [], fallbackUnclear: false }
    const allowed = yield* latitude(request)
    const models = flags.model.length === 0 ? [Option.none()] : flags.model.map(Option.some)
    const unheard = yield* flags.model.length === 0
      ? upToDateFor({ ...request, model: Option.none() })
      : upToDate(flags.model)
    const answers = yield* Effect.forEach(models, (model) =>
      Effect.either(
        Effect.flatMap(requestOf(prompt, { ...request, model }), (request) =>
          quoted(request, allowed, unheard)
        )
      ).pipe(Effect.map((answer) => ({ name: Option.getOrElse(model, () => ""), answer })))
    )
    const refusals = Arr.getLefts(answers.map(({ answer }) => answer))
    // A comparison goes on without those that cannot; what is wrong with the request is so for all.
    const [first] = refusals.length === answers.length ? refusals : refusals.filter(isInvalid)
    if (first !== undefined) return yield* first
    yield* tellUnheard(unheard)
    yield* flags.json ? tellJson(answers) : tellPerson(answers)
  })

interface Answer {
  readonly name: string
  readonly answer: Either.Either<Quoted, InvalidRequest | UnsupportedOption>
}

const isInvalid = ({ _tag }: InvalidRequest | UnsupportedOption) => _tag === "InvalidRequest"

// --- for programs ------------------------------------------------------------------------------------------------

const tellJson = (answers: ReadonlyArray<Answer>) =>
  Effect.gen(function* () {
    const { data } = yield* Output
    yield* Effect.forEach(answers, (one) => data(JSON.stringify(flat(one))), { discard: true })
  })

const flat = ({ answer, name }: Answer) =>
  Either.match(answer, {
    onLeft: ({ message }) => ({ event: "quote", model: name, error: message }),
    onRight: ({ capabilities: { model, provider }, ignored, quote, request, warnings }) => {
      const { aspectRatio, audio, duration, resolution } = request
      const told = Object.entries({ duration, resolution, aspectRatio, audio }).filter(
        ([name, value]) => value !== undefined && !ignored.some((option) => option === name)
      )
      return {
        event: "quote",
        provider,
        model,
        ...Object.fromEntries(told),
        ...amounts(quote),
        warnings
      }
    }
  })

/** In millionths of a US dollar; an unknown price has none, and says why. */
const amounts = (quote: Quote) => {
  if (quote._tag === "Unknown") return { price: "unknown", reasons: quote.reasons }
  const [price, least, most] =
    quote._tag === "Exact" ? ["exact", quote.amount, quote.amount] : ["range", quote.least, quote.most]
  const { asOf, own, parts, source, widened } = quote
  return {
    price,
    least,
    most,
    asOf,
    ...(source === undefined ? {} : { source }),
    ...(own === undefined ? {} : { own }),
    parts,
    ...(widened === undefined ? {} : { widened })
  }
}

// --- for people --------------------------------------------------------------------------------------------------

const columns = [
  { heading: "MODEL" },
  { heading: "COST" },
  { heading: "VIDEO", flexible: true },
  { heading: "PRICES OF" }
]

const tellPerson = (answers: ReadonlyArray<Answer>) =>
  Effect.gen(function* () {
    const { columns: width, data, note, paint } = yield* Output
    const lines = table(columns, answers.map(row), Option.getOrUndefined(width))
    yield* Effect.forEach(lines, data, { discard: true })
    yield* Effect.forEach(answers, ({ answer, name }) =>
      Either.isLeft(answer) ? note(`${name}: ${answer.left.message}`) : Effect.void
    )
    const known = Arr.getRights(answers.map(({ answer }) => answer))
    const warnings = known.flatMap(({ warnings }) => warnings)
    yield* Effect.forEach(warnings, (one) => note(`${paint("bold", "Warning:")} ${one}`), { discard: true })
    if (known.some(({ quote, request }) => quote._tag === "Range" && request.audio === undefined))
      yield* note("It depends on the sound: say --audio or --no-audio.")
    yield* Effect.forEach(explained(known), note, { discard: true })
  })

const row = ({ answer, name }: Answer) =>
  Either.match(answer, {
    onLeft: () => [name, "-", "", ""],
    onRight: ({ capabilities, ignored, quote, request }) => [
      nameOf(capabilities),
      words(quote),
      form(request, ignored),
      quote._tag === "Unknown" ? "" : quote.asOf
    ]
  })
