/**
 * How long a provider asks us to wait, in the five ways in which providers say so.
 */
import type { Headers } from "@effect/platform/Headers"
import * as Duration from "effect/Duration"
import * as Option from "effect/Option"

/** A longer pause than this is a mistake. How much of it is really waited for is a matter of the caller's policy. */
const longest = Duration.days(1)

/**
 * `retry-after-ms`, `Retry-After` (seconds or a date), `RetryInfo.retryDelay` ("53s"), or "retry in 53.01s" (or "resets in
 * ~30s") in the message. Rounded up to whole seconds, since early is too early; negative is 0; more than a day is a day. `now` is in
 * milliseconds.
 */
export const retryAfter = (options: {
  readonly headers: Headers
  readonly retryDelay: Option.Option<string>
  readonly message: string
  readonly now: number
}): Option.Option<Duration.Duration> =>
  Option.fromNullable(options.headers["retry-after-ms"]).pipe(
    Option.flatMap((value) => fromMillis(value.trim())),
    Option.orElse(() =>
      Option.flatMap(Option.fromNullable(options.headers["retry-after"]), (value) =>
        fromHeader(value.trim(), options.now)
      )
    ),
    Option.orElse(() => Option.flatMap(options.retryDelay, fromSeconds(/^(-?\d+(?:\.\d+)?)s$/))),
    Option.orElse(() => fromSeconds(/(?:retry|resets) in ~?(\d+(?:\.\d+)?) ?s/i)(options.message)),
    Option.map(bounded)
  )

const fromMillis = (value: string): Option.Option<number> =>
  value === "" || Number.isNaN(Number(value)) ? Option.none() : Option.some(Number(value) / 1000)

const fromHeader = (value: string, now: number): Option.Option<number> => {
  const seconds = Number(value)
  if (value !== "" && !Number.isNaN(seconds)) return Option.some(seconds)
  const date = Date.parse(value)
  return Number.isNaN(date) ? Option.none() : Option.some((date - now) / 1000)
}

const fromSeconds =
  (pattern: RegExp) =>
  (text: string): Option.Option<number> =>
    Option.map(Option.fromNullable(pattern.exec(text)?.[1]), Number)

const bounded = (seconds: number): Duration.Duration =>
  Duration.min(Duration.seconds(Math.max(0, Math.ceil(seconds))), longest)
