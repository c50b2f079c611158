/**
 * What a provider's answer about a job comes to for its record.
 */
import type { StateOf } from "../Generation.ts"
import { OutputExpired } from "../GenerationError.ts"
import type { Claim } from "../GenerationStore.ts"
import type { OperationStatus } from "../Operation.ts"
import * as Record from "./record.ts"

/** The job has not come to its end. */
export type Underway = Extract<OperationStatus, { readonly _tag: "Pending" | "Running" }>

/** Whether the job has not come to its end. */
export const isUnderway = (status: OperationStatus): status is Underway =>
  status._tag === "Pending" || status._tag === "Running"

type Failure = Extract<OperationStatus, { readonly _tag: "Failed" }>

/** The provider says that the job succeeded, and names no video. */
export const isEmpty = (status: OperationStatus): status is Failure =>
  status._tag === "Failed" && status.error._tag === "EmptyResult"

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
      return failed(claim, status)
    case "Cancelled":
      return Record.cancelled(claim, Record.charged(status))
  }
}

/** The provider's own word that a job failed, which is kept as such: no later look is needed. */
export const failed = (claim: Claim, status: Failure): Record.Moved => {
  const { error } = status
  const stated = error._tag === "OutputExpired" ? new OutputExpired({ ...error, stated: true }) : error
  return Record.failed(claim, stated, Record.charged(status))
}
