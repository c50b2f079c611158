/**
 * What a record is quoted at, and what it is expected to cost after what was charged for its model before.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Capabilities from "../Capabilities.ts"
import { Generation } from "../Generation.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import * as Receipt from "../Receipt.ts"
import { narrowedTo, VideoProvider } from "../VideoProvider.ts"
import type { VideoRequest } from "../VideoRequest.ts"

/** Where earlier receipts are found. */
export type Receipts = Pick<GenerationStore["Type"], "overcharge">

/** The part of a record that is about its price. */
export type Priced = Pick<Generation, "estimate" | "quoted">

/** The price of a request that is legal for the model. Receipts that cannot be looked for hinder nothing, and are said. */
export const quoted = Effect.fnUntraced(function* (
  records: Receipts,
  capabilities: Capabilities.Capabilities,
  request: VideoRequest
): Effect.fn.Return<Priced> {
  const amount = Capabilities.estimate(capabilities, request)
  if (Option.isNone(amount)) return { estimate: undefined, quoted: undefined }
  const { model, price, provider } = capabilities
  const ownPrice = price?.own
  // What runs on the user's own machine is never charged: nothing is to be looked for.
  if (amount.value === 0 && price?.freeOptions?.includes("*") === true)
    return { estimate: amount.value, quoted: { amount: amount.value } }
  const receipt = yield* records
    .overcharge({ provider, model, ownPrice })
    .pipe(
      Effect.catchAll((error) =>
        Effect.as(
          Effect.logWarning(`The quote is not held against earlier receipts: ${error.message}`),
          Option.none()
        )
      )
    )
  return {
    estimate: Option.getOrUndefined(Receipt.widened(amount.value, receipt)),
    quoted: { amount: amount.value, ...(ownPrice === undefined ? {} : { ownPrice }) }
  }
})

/**
 * A record that is about to be sent, quoted anew where it had no price and there is one now, or where the user has set another
 * since: whoever sets a price need not queue anything again.
 */
export const requoted = (claim: Claim): Effect.Effect<Claim, never, VideoProvider | GenerationStore> =>
  Effect.gen(function* () {
    const { estimate, model, provider, quoted: before, request } = claim.generation
    const api = yield* VideoProvider
    const known = Option.filter(
      api.capabilities(`${provider}/${model}`),
      ({ price }) =>
        price !== undefined &&
        (estimate === undefined || (price.own !== undefined && price.own !== before?.ownPrice))
    )
    if (Option.isNone(known)) return claim
    const capabilities = yield* narrowedTo(api, known.value, request)
    const priced = yield* quoted(yield* GenerationStore, capabilities, request)
    const generation = new Generation({ ...claim.generation, ...priced }, { disableValidation: true })
    return { ...claim, generation }
  })
