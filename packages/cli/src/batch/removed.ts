/**
 * What an earlier run of a batch has made records of and the file has no good line for any more: what was not sent is set
 * aside, so that nobody sends it, and the rest is told.
 */
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import { Output } from "../Output.ts"

/** Sets aside what waits of these, and answers with how many go on. Adding one again gives it its turn again. */
export const setAside = (removed: ReadonlyArray<Generation.Generation>) =>
  Effect.gen(function* () {
    if (removed.length === 0) return 0
    const { note } = yield* Output
    const { queue } = yield* GenerationStore
    // Asked of all of them: whatever has been sent meanwhile is left as it is.
    const aside = new Set((yield* queue.setAside(removed.map(({ id }) => id))).map(({ id }) => id))
    const isAside = (one: Generation.Generation) =>
      aside.has(one.id) || (Generation.isIn("Queued")(one) && one.queue?.aside === true)
    const rest = removed.filter((one) => !isAside(one))
    const sent = rest.filter(
      Generation.isIn("Queued", "Submitting", "Rendering", "Unreachable", "Downloading")
    ).length
    yield* note(`${removed.length} of an earlier run are not among its good lines any more:`)
    const counted = [
      [removed.length - rest.length, "not sent, so set aside until their lines are back"],
      [sent, "sent already, so they go on: they may be charged anyway"],
      [rest.length - sent, "left as they are"]
    ] as const
    yield* Effect.forEach(
      counted.filter(([count]) => count > 0),
      ([count, words]) => note(`  ${words}: ${count}`)
    )
    return sent
  })
