/**
 * What a provider says that it charged, as far as that makes sense: an absurd amount is none, and keeps no video from anyone.
 */
import * as Money from "@mutoscope/core/Money"
import * as Option from "effect/Option"

/** The field of a status, from millionths of a US dollar. */
export const charged = (micros: number | undefined): { readonly cost?: Money.MicroUsd } =>
  Option.match(micros === undefined ? Option.none() : Money.told(micros), {
    onNone: () => ({}),
    onSome: (cost) => ({ cost })
  })
