/**
 * Google as one name. A request for `google` goes to Gemini Omni, Google's newest, where that can do all that is asked;
 * and to Veo where only that can: a last frame, a seed, a negative prompt, silence.
 *
 * @since 0.1.0
 */
import * as Capabilities from "@mutoscope/core/Capabilities"
import { InvalidRequest, type UnsupportedOption } from "@mutoscope/core/GenerationError"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"

/** The names that mean whichever of Google's models fits. */
export const names: ReadonlyArray<string> = ["google", "google/auto"]

/** Whether a model's name leaves the choice to us. */
export const isNamed = (model: string): boolean => names.includes(model)

/** Google's models among others, in the order in which they are tried. */
export const modelsOf = (
  models: ReadonlyArray<Capabilities.Capabilities>
): ReadonlyArray<Capabilities.Capabilities> => [...models.filter(isOmni), ...models.filter(isVeo)]

/** The model to ask, by a name that is no other's, and why it is that one, in a sentence for people. */
export interface Choice {
  readonly model: string
  readonly capabilities: Capabilities.Capabilities
  readonly why: string
}

/**
 * Which of the models that are configured is asked. Of each family it is the first that fits, in the order of the list;
 * what is none of Google's is passed over. What is `unasked`, a value that nobody chose, rules none out. Fails with `UnsupportedOption` where the one family that there is cannot do
 * it, and with `InvalidRequest` where none can or none is configured.
 */
export const choose = (
  request: VideoRequest,
  models: ReadonlyArray<Capabilities.Capabilities>,
  unasked: Capabilities.Latitude["unasked"] = []
): Effect.Effect<Choice, UnsupportedOption | InvalidRequest> =>
  Effect.gen(function* () {
    const today = DateTime.formatIsoDateUtc(yield* DateTime.now)
    const alive = models.filter(({ retiredOn }) => retiredOn === undefined || retiredOn > today)
    const omni = yield* firstFit(request, alive.filter(isOmni), unasked)
    if (omni._tag === "Fits") return choice(omni.model, why(omni.model, omni.passedOver))
    const veo = yield* firstFit(request, alive.filter(isVeo), unasked)
    if (veo._tag === "Fits") return choice(veo.model, why(veo.model, [...reasons(omni), ...veo.passedOver]))
    return yield* unfit(request, omni, veo)
  })

/** How a family fits; `passedOver` is why the first of it does not, where that was another. */
type Fit =
  | {
      readonly _tag: "Fits"
      readonly model: Capabilities.Capabilities
      readonly passedOver: ReadonlyArray<string>
    }
  | { readonly _tag: "Unfit"; readonly error: UnsupportedOption }
  | { readonly _tag: "Missing" }

// Others that offer the same models call them by other names.
const isOmni = ({ model }: Capabilities.Capabilities): boolean => model.startsWith("gemini-omni-")
const isVeo = ({ model }: Capabilities.Capabilities): boolean => /^veo-\d/.test(model)

const firstFit = (
  request: VideoRequest,
  models: ReadonlyArray<Capabilities.Capabilities>,
  unasked: Capabilities.Latitude["unasked"]
): Effect.Effect<Fit> =>
  Effect.map(
    Effect.forEach(models, (model) =>
      Effect.either(Effect.as(Capabilities.fit(model, request, { snap: false, unasked }), model))
    ),
    (checked) => {
      const [first] = checked
      const fitting = checked.find(Either.isRight)
      const failed = first !== undefined && Either.isLeft(first) ? [first.left] : []
      if (fitting !== undefined)
        return {
          _tag: "Fits",
          model: fitting.right,
          passedOver: failed.map(({ message }) => message)
        }
      const [error] = failed
      return error === undefined ? { _tag: "Missing" } : { _tag: "Unfit", error }
    }
  )

const choice = (capabilities: Capabilities.Capabilities, why: string): Choice => ({
  model: `${capabilities.provider}/${capabilities.model}`,
  capabilities,
  why
})

const why = (model: Capabilities.Capabilities, passedOver: ReadonlyArray<string>): string =>
  [...passedOver, `${model.title} can do all that is asked`].join("; ")

const reasons = (omni: Exclude<Fit, { readonly _tag: "Fits" }>): ReadonlyArray<string> => [
  omni._tag === "Unfit" ? omni.error.message : "Gemini Omni is not configured"
]

const unfit = (
  request: VideoRequest,
  ...families: ReadonlyArray<Exclude<Fit, { readonly _tag: "Fits" }>>
): Effect.Effect<never, UnsupportedOption | InvalidRequest> => {
  const errors = families.flatMap((family) => (family._tag === "Unfit" ? [family.error] : []))
  const [first, ...others] = errors
  if (first !== undefined && others.length === 0) return Effect.fail(first)
  return new InvalidRequest({
    field: "model",
    value: request.model,
    reason:
      first === undefined
        ? "Of Google's models none is configured: Gemini Omni needs an API key, Veo a project of Vertex AI"
        : `None of Google's models can do all that is asked: ${errors.map(({ message }) => message).join("; ")}`
  })
}
