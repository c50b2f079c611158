/**
 * A finished job whose file is not served, or is no video: while the provider says that it succeeded, the file may only be late
 * or have another address by now.
 */
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { isIn, type StateOf } from "../Generation.ts"
import { DownloadFailed, type NotAVideo, type OutputExpired, type OutputRefused } from "../GenerationError.ts"
import type { Claim } from "../GenerationStore.ts"
import { isElsewhere, type OperationStatus } from "../Operation.ts"
import * as Progress from "../Progress.ts"
import { VideoProvider } from "../VideoProvider.ts"
import type { Course } from "./course.ts"
import * as Observed from "./observed.ts"
import * as Record from "./record.ts"
import * as Verdict from "./verdict.ts"
import * as Waiting from "./waiting.ts"

/** The server refused the file: it is asked for again, for as long as the policy says. */
export const notServed = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  error: OutputRefused | OutputExpired
) {
  const due = yield* course.outputs.next(error)
  if (Option.isNone(due)) {
    const reason = `it says that the job succeeded, and does not serve the file: ${error.reason}`
    return yield* new DownloadFailed({ provider: error.provider, reason })
  }
  yield* course.report(Progress.awaitingFile)
  yield* Observed.retry(claim.generation, error)
  return yield* refreshed(claim, due.value)
})

/** The job succeeded, and its video has no address yet: it is asked for again, for as long as a job that is missing is looked for. */
export const notNamed = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  state: StateOf<"Rendering">,
  status: Extract<OperationStatus, { readonly _tag: "Failed" }>
) {
  const due = yield* course.searches.next(status.error)
  if (Option.isNone(due)) return { claim: yield* Verdict.settled(claim, state, status) }
  yield* course.report(Progress.awaitingFile)
  yield* Observed.retry(claim.generation, status.error)
  return { claim, due: due.value }
})

/** The file came whole and is no video. The same bytes are not fetched again, others are. */
export const notAVideo = Effect.fnUntraced(function* (
  course: Course,
  claim: Claim,
  { refused }: StateOf<"Downloading">,
  error: NotAVideo
) {
  const isSame = error.file !== undefined && error.file.sha256 === refused?.file?.sha256
  const kept = isSame || error.file === undefined ? claim : yield* fileRefused(claim, error)
  if (isSame) return { claim: kept, failure: error }
  const again = yield* Effect.either(Waiting.again(course, kept, error))
  return Either.isLeft(again) ? { claim: kept, failure: error } : yield* refreshed(kept, again.right.due)
})

const fileRefused = (claim: Claim, error: NotAVideo) =>
  isIn("Downloading")(claim.generation)
    ? Record.fileRefused(claim, claim.generation.state, error)
    : Effect.succeed(claim)

/** The provider's word on the job, and the address that it names now, before the file is asked for again. */
const refreshed = Effect.fnUntraced(function* (claim: Claim, due: number | undefined) {
  const { generation } = claim
  const later = { claim, ...(due === undefined ? {} : { due }) }
  if (!isIn("Downloading")(generation)) return later
  const { state } = generation
  const status = yield* Effect.option(
    Effect.flatMap(VideoProvider, (provider) => provider.poll(state.operation))
  )
  if (Option.isNone(status)) return later
  switch (status.value._tag) {
    case "Failed":
      return { claim: yield* Verdict.failed(claim, status.value) }
    case "Cancelled":
      return { claim: yield* Record.cancelled(claim, Record.charged(status.value)) }
    case "Succeeded":
      return isElsewhere(status.value.videos[0], state.videos[0]) || Record.isDearer(generation, status.value)
        ? { ...later, claim: yield* Record.renewed(claim, state, status.value) }
        : later
    default:
      return later
  }
})
