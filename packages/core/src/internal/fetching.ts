/**
 * Fetching a finished video: where it will be is on record before it is there, so that a crash in between loses no file
 * and leaves none behind.
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Ref from "effect/Ref"
import type { StateOf } from "../Generation.ts"
import { NotAVideo } from "../GenerationError.ts"
import { type Claim, GenerationStore } from "../GenerationStore.ts"
import * as Progress from "../Progress.ts"
import { type VideoDownload, VideoProvider } from "../VideoProvider.ts"
import { VideoStore } from "../VideoStore.ts"
import type { Course } from "./course.ts"
import * as Record from "./record.ts"
import * as Waiting from "./waiting.ts"

/** The server names the version that was fetched before and refused: its bytes would be the same. */
const isRefused = ({ refused }: StateOf<"Downloading">, { validator }: VideoDownload) =>
  refused?.file?.validator !== undefined && Option.contains(validator, refused.file.validator)

/** Stores the video of a held record, or goes on with what an earlier call had of it. The record moves on meanwhile. */
export const fetch = (course: Course, held: Ref.Ref<Claim>, state: StateOf<"Downloading">) =>
  Effect.gen(function* () {
    const provider = yield* VideoProvider
    const store = yield* VideoStore
    const records = yield* GenerationStore
    const claim = yield* held
    const saved = store.save({
      generation: claim.generation,
      open: (from) =>
        Effect.filterOrFail(
          provider.download(state.operation, state.videos[0], from, claim.generation.request),
          (download) => !isRefused(state, download),
          () => state.refused ?? new NotAVideo({ found: "the file that was refused before" })
        ),
      onProgress: (bytes, total) => course.report(Progress.downloading(bytes, total)),
      verified: Option.fromNullable(state.verified),
      onVerified: (video) =>
        Effect.flatMap(held, (now) =>
          Effect.flatMap(Record.verified(records, now, state, video), (next) => Ref.set(held, next))
        )
    })
    return yield* Waiting.withinDeadline(course, claim, state, saved)
  })
