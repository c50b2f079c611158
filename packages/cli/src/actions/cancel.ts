/**
 * `videogen cancel`: asks for a job to be stopped, and tells what really came of it.
 */

import { GenerationStore } from "@videogen/core/GenerationStore"
import type { CancelOutcome } from "@videogen/core/Operation"
import { VideoGenerator } from "@videogen/core/VideoGenerator"
import * as Effect from "effect/Effect"
import { Output } from "../Output.ts"

export interface Flags {
  readonly reference: string
  readonly json: boolean
}

export const cancel = ({ reference, json }: Flags) =>
  Effect.gen(function* () {
    const output = yield* Output
    const { id } = yield* Effect.flatMap(GenerationStore, (records) => records.find(reference))
    const outcome = yield* Effect.flatMap(VideoGenerator, (generator) => generator.cancel(id))
    yield* output.data(json ? JSON.stringify({ recordId: id, outcome }) : `${id}  ${words[outcome]}`)
  })

const words: { readonly [Outcome in CancelOutcome]: string } = {
  Cancelled: "cancelled: it has stopped",
  Requested: "asked to stop; whether it has will be known later (videogen status)",
  AlreadyFinished: "was finished already; nothing to stop",
  NotSupported: "cannot be stopped: this provider has no way to. It goes on, and may be charged"
}
