/**
 * The catalogue of faults: every case has a test that carries its id in its title, or a reason why it has none.
 */

const numbered = (letter: string, most: number): ReadonlyArray<string> =>
  Array.from({ length: most }, (_, index) => `${letter}${String(index + 1).padStart(2, "0")}`)

/** N network, P protocol, S storage and crashes, L load, C cancel, I input, X local server, H webhooks. */
export const cases: ReadonlyArray<string> = [
  ...numbered("N", 16),
  ...numbered("P", 32),
  ...numbered("S", 23),
  ...numbered("L", 7),
  ...numbered("C", 13),
  ...numbered("I", 10),
  ...numbered("X", 16),
  ...numbered("H", 8)
]

/** What can't be done here, or makes no sense for this product, and why. */
export const reasons: Readonly<Record<string, string>> = {
  S21: "The statements are written for Postgres too, but were never run on one: only SQLite is promised.",
  L06: "There is no server for browsers yet.",
  L07: "A day's run was not made; the random kills are the longest.",
  X05: "The local server has neither WebSockets nor event streams.",
  X13: "The emulator is for the machine it runs on, and tells its errors to whoever has its key.",
  X14: "No address that a user gives is fetched: images are bytes, files, or names in Google's storage.",
  H07: "Nothing here sends webhooks, and nothing waits for one: a job is asked about all the same."
}
