/**
 * What the tests of this project share.
 */

/** `vitest --mode long`: the numbers that the documentation reports, instead of those that a check can wait for. */
export const isLong = process.env["MODE"] === "long"

/** A line for whoever reads the run. */
export const note = (text: string) => process.stdout.write(`${text}\n`)
