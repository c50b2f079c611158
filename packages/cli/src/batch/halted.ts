/**
 * What kept a run over the queue from going on: said once, with what to do about it and how to go on.
 */
import type { GenerationError } from "@videogen/core/GenerationError"
import * as Effect from "effect/Effect"
import { describe } from "../Outcome.ts"
import { Output } from "../Output.ts"

/** Says why a run stopped short. `command` goes on with it. */
export const tellHalted = (error: GenerationError, command: string) =>
  Effect.flatMap(Output, ({ note, paint }) =>
    Effect.forEach(
      [
        `${paint("red", "Stopped:")} ${error.message}`,
        ...describe(error).hints.map((hint) => `  ${hint}`),
        `  Go on with it: ${command}`
      ],
      note,
      { discard: true }
    )
  )
