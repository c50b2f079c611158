/**
 * How far a job is, as its logs tell it: many models draw a progress bar there, others say it in words.
 */
import type * as Redacted from "effect/Redacted"
import { strip } from "./secrets.ts"

/** The bar of Python's tqdm: ` 40%|████      | 20/50 [00:10<00:15]`. */
const bar = /(?:^|[\r\n])\s*(\d{1,3})%\|[^|\r\n]*\|\s*\d+\/\d+/g

/** More than this of the end of a log is not looked at, in characters. */
const longestLook = 10_000

/** The percentage of the last bar in a log; undefined where there is none. */
export const percentIn = (log: string): number | undefined => {
  const last = [...log.slice(-longestLook).matchAll(bar)].at(-1)?.[1]
  return last === undefined ? undefined : Math.min(100, Number.parseInt(last, 10))
}

/** A line of a log that is shown has so many characters at most. */
const longestLine = 120

/** The last line of a log that is no bar, as it may be shown; undefined where there is none. */
export const lastLine = (log: string, secrets: ReadonlyArray<Redacted.Redacted>): string | undefined => {
  const line = log
    .slice(-longestLook)
    .split(/[\r\n]+/)
    .map((line) => line.replace(/(?:[\p{Cc}\s]|(?![\u200C\u200D])\p{Cf})+/gu, " ").trim())
    .findLast((line) => line !== "" && !/^\d{1,3}%\|/.test(line))
  if (line === undefined) return undefined
  const shown = strip(line, secrets)
  return shown.length > longestLine ? `${shown.slice(0, longestLine - 1)}\u2026` : shown
}

/** A job that runs, as its log tells it. */
export const progressIn = (log: string, secrets: ReadonlyArray<Redacted.Redacted>) => {
  const [progress, line] = [percentIn(log), lastLine(log, secrets)]
  return {
    ...(progress === undefined ? {} : { progress }),
    ...(line === undefined ? {} : { log: line })
  }
}
