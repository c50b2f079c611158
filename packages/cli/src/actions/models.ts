/**
 * `videogen models`: what can be asked for.
 */
import type { Capabilities } from "@videogen/core/Capabilities"
import { VideoProvider } from "@videogen/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Output } from "../Output.ts"
import { table } from "../table.ts"

export interface Flags {
  readonly json: boolean
}

export const models = ({ json }: Flags) =>
  Effect.gen(function* () {
    const { data, columns: width } = yield* Output
    const known = (yield* VideoProvider).models
    const lines = json
      ? known.map((one) => JSON.stringify(one))
      : table(columns, known.map(row), Option.getOrUndefined(width))
    yield* Effect.forEach(lines, data, { discard: true })
  })

const columns = [
  { heading: "MODEL" },
  { heading: "SECONDS" },
  { heading: "RESOLUTIONS" },
  { heading: "ASPECT RATIOS" },
  { heading: "SOUND" },
  { heading: "TITLE", flexible: true }
]

const row = ({
  provider,
  model,
  aliases,
  durations,
  resolutions,
  aspectRatios,
  audio,
  title
}: Capabilities) => [
  `${provider}/${aliases[0] ?? model}`,
  durations._tag === "OneOf" ? durations.seconds.join(", ") : `${durations.minimum}-${durations.maximum}`,
  resolutions.join(" "),
  aspectRatios.join(" "),
  audio,
  title
]
