/**
 * What a provider's answer about a job comes to for its record.
 */
import type { StateOf } from "../Generation.ts"
import type { Claim } from "../GenerationStore.ts"
import type { OperationStatus } from "../Operation.ts"
import * as Record from "./record.ts"

/** The job has not come to its end. */
export type Underway = Extract<OperationStatus, { readonly _tag: "Pending" | "Running" }>

/** Whether the job has not come to its end. */
export const isUnderway = (status: OperationStatus): status is Underway =>
  status._tag === "Pending" || status._tag === "Running"

/** The provider's word on how the job ended. */
export const settled = (
  claim: Claim,
  state: StateOf<"Rendering" | "Unreachable">,
  status: Exclude<OperationStatus, Underway>
): Record.Moved => {
  switch (status._tag) {
    case "Succeeded":
      return Record.rendered(claim, state, status)
    case "Failed":
      return Record.failed(claim, status.error, Record.charged(status))
    case "Cancelled":
      return Record.cancelled(claim, Record.charged(status))
  }
}
