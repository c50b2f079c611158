/**
 * Amounts of money as people type them.
 */
import * as Money from "@mutoscope/core/Money"
import * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { UsageError } from "./Outcome.ts"

/** The amount that a flag was given, if it was. */
export const amountOf = (
  flag: string,
  text: Option.Option<string>
): Effect.Effect<Option.Option<Money.MicroUsd>, UsageError> =>
  Effect.transposeMapOption(text, (text) =>
    Effect.mapError(
      Schema.decode(Money.FromText)(text),
      () => new UsageError({ reason: `${flag} takes dollars, like 12.50, and not ${text}` })
    )
  )
