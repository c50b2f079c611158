/**
 * What a provider says that it charged, as far as that makes sense: an absurd amount is none, and keeps no video from anyone.
 */
import * as Money from "@mutoscope/core/Money"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { ifSensible, maybe } from "./wireFields.ts"

/** The field of a status, from millionths of a US dollar. */
export const charged = (micros: number | undefined): { readonly cost?: Money.MicroUsd } =>
  Option.match(micros === undefined ? Option.none() : Money.told(micros), {
    onNone: () => ({}),
    onSome: (cost) => ({ cost })
  })

/** An amount as xAI has it, wherever it is passed on. */
export const Usage = Schema.Struct({ cost_in_usd_ticks: maybe(Schema.JsonNumber) })

/** Ten thousand million ticks are a dollar, and so ten thousand a millionth of one: a whole number is divided once. */
export const ofTicks = (usage: typeof Usage.Type | undefined): { readonly cost?: Money.MicroUsd } => {
  const ticks = usage?.cost_in_usd_ticks
  return charged(ticks === undefined ? undefined : ticks / 10_000)
}

const decode = Schema.decodeOption(Schema.parseJson(Schema.Struct({ usage: ifSensible(Usage) })))

/** The field of a status, from an answer that may say in ticks what was charged. */
export const inTicks = (body: string): { readonly cost?: Money.MicroUsd } =>
  Option.match(decode(body), { onNone: () => ({}), onSome: ({ usage }) => ofTicks(usage) })
