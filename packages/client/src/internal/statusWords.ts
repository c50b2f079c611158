/**
 * The words by which video APIs say how a job is doing, in one table for all adapters. Gateways pass on each other's words, so
 * that a vendor's own list is never the whole of it.
 */
import type { OperationStatus } from "@mutoscope/core/Operation"

/** What a word says of a job. `Expired` is a failure by time: it was not done, or not fetched, early enough. */
export type JobState = "Pending" | "Running" | "Succeeded" | "Failed" | "Expired" | "Cancelled"

const words: { readonly [State in JobState]: ReadonlyArray<string> } = {
  Pending: [
    ...[
      "queued",
      "queueing",
      "queuing",
      "in queue",
      "enqueued",
      "pending",
      "waiting",
      "scheduled",
      "created"
    ],
    ...["submitted", "accepted", "received", "not started", "preparing", "starting", "throttled"]
  ],
  Running: [
    ...["running", "in progress", "progressing", "processing", "rendering", "generating", "dreaming"],
    ...["started", "active", "working", "executing", "post processing", "uploading", "saving"]
  ],
  Succeeded: [
    ...["succeeded", "succeed", "success", "successful", "completed", "complete", "done", "finished", "ready"]
  ],
  Failed: ["failed", "fail", "failure", "error", "errored", "rejected", "aborted", "crashed"],
  Expired: ["expired", "timed out", "timeout", "time out"],
  Cancelled: ["cancelled", "canceled"]
}

/** Letter case, hyphens, underscores and spaces make no difference. */
const normalize = (word: string) => word.toLowerCase().replace(/[-_\s]/g, "")

const states: ReadonlyMap<string, JobState> = new Map(
  (["Pending", "Running", "Succeeded", "Failed", "Expired", "Cancelled"] as const).flatMap((state) =>
    words[state].map((word) => [normalize(word), state] as const)
  )
)

/** What a word says of a job; undefined where it is not known, or missing. */
export const stateOf = (word: string | undefined): JobState | undefined =>
  word === undefined ? undefined : states.get(normalize(word))

/** A job that goes on. A word that is not known goes along, so that a time-out can name it. */
export const underway = (
  word: string | undefined,
  more: { readonly progress?: number; readonly log?: string } = {}
): Extract<OperationStatus, { readonly _tag: "Running" }> => ({
  _tag: "Running",
  ...more,
  ...(word === undefined || word.trim() === "" || stateOf(word) !== undefined
    ? {}
    : { word: word.trim().slice(0, longestWord) })
})

/** In characters: what is longer is cut. */
const longestWord = 80
