/**
 * How far a job is, as its logs tell it: many models draw a progress bar there.
 */

/** The bar of Python's tqdm: ` 40%|████      | 20/50 [00:10<00:15]`. */
const bar = /(?:^|[\r\n])\s*(\d{1,3})%\|[^|\r\n]*\|\s*\d+\/\d+/g

/** More than this of the end of a log is not looked at, in characters. */
const longestLook = 10_000

/** The percentage of the last bar in a log; undefined where there is none. */
export const percentIn = (log: string): number | undefined => {
  const last = [...log.slice(-longestLook).matchAll(bar)].at(-1)?.[1]
  return last === undefined ? undefined : Math.min(100, Number.parseInt(last, 10))
}
