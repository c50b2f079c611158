/**
 * The clip that a request with a seed would make again: used where it is still there, unless somebody wants it anew.
 */
import * as Prompt from "@effect/cli/Prompt"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Quit } from "./Outcome.ts"
import { Output } from "./Output.ts"
import * as StillThere from "./StillThere.ts"

/** Whether there may be questions. */
export interface Wish {
  readonly noInput: boolean
}

/** The clip to use instead of rendering one; none where there is none, or the person wants it anew. */
export const find = (request: VideoRequest, { noInput }: Wish) =>
  Effect.gen(function* () {
    const generator = yield* VideoGenerator
    const rendered = yield* generator.rendered(request)
    // One that was moved, cut or written over is not the very same any more.
    if (Option.isNone(rendered) || (yield* StillThere.look(rendered.value)) !== "there") return Option.none()
    const { interactive, note } = yield* Output
    const { createdAt, id } = rendered.value
    yield* note(`This very clip was rendered on ${DateTime.formatIsoDateUtc(createdAt)} (${id}).`)
    if (interactive && !noInput) return (yield* choice) ? rendered : Option.none()
    yield* note("  It is used again; --fresh renders it anew.")
    return rendered
  })

const choice = Prompt.run(
  Prompt.select({
    message: "What shall be done?",
    choices: [
      { title: "Use it", value: true },
      { title: "Render it anew (it is charged again)", value: false }
    ]
  })
).pipe(Effect.catchTag("QuitException", () => new Quit()))
