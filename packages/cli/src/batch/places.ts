/**
 * Whether the video of a line could be stored where it is to go, found out before it is queued.
 */
import { type Generation, isIn } from "@mutoscope/core/Generation"
import { isOfOnePlace, type StorageError } from "@mutoscope/core/GenerationError"
import { VideoStore } from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import type { BadLine } from "./line.ts"
import type { PlannedLine } from "./planning.ts"

type Checked = Either.Either<PlannedLine, BadLine>

/** The line, unless its place cannot be used; where no place could be, the error. What was sent is not looked at again. */
export const unlessUnstorable =
  (known: ReadonlyMap<string, Generation>) =>
  (line: Checked): Effect.Effect<Checked, StorageError, VideoStore> => {
    if (Either.isLeft(line)) return Effect.succeed(line)
    const { number, plan } = line.right
    const earlier = known.get(plan.key ?? "")
    if (earlier !== undefined && !isIn("Queued")(earlier)) return Effect.succeed(line)
    return Effect.flatMap(VideoStore, (videos) => videos.prepare(plan)).pipe(
      Effect.as(line),
      Effect.catchIf(isOfOnePlace, ({ message }) => Effect.succeed(Either.left({ number, reason: message })))
    )
  }
