/**
 * Open breakers, as `queue` and `doctor` show them.
 */
import * as Breaker from "@mutoscope/core/Breaker"
import * as DateTime from "effect/DateTime"
import * as Option from "effect/Option"

/** Why a provider is sent nothing, and what to do about it. */
export const line = (breaker: Breaker.Breaker): string => {
  const { failures, provider, trouble } = breaker
  const due = Option.match(Breaker.retryAt(breaker), {
    onNone: () => "",
    onSome: (at) => ` from ${DateTime.formatIso(at)} on`
  })
  return (
    `${provider} is stopped: its last ${failures} jobs delivered no video (${trouble.message}). ` +
    `One job at a time is tried${due}; to send everything: mutoscope queue continue --provider ${provider}`
  )
}

/** The fields of a breaker in `--json`; times as ISO 8601. */
export const toJson = (breaker: Breaker.Breaker) => {
  const { failures, openedAt, provider, trouble, tries } = breaker
  return {
    provider,
    failures,
    tries,
    error: trouble._tag,
    reason: trouble.message,
    ...(openedAt === undefined ? {} : { openedAt: DateTime.formatIso(openedAt) }),
    ...Option.match(Breaker.retryAt(breaker), {
      onNone: () => ({}),
      onSome: (at) => ({ retryAt: DateTime.formatIso(at) })
    })
  }
}
