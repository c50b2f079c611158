/**
 * How ComfyUI says no: one sentence where it is about a job, and a list of what is wrong with which node where it is about
 * a graph.
 *
 * @internal
 */
import { plainly, type Reason, type Refusal, refusalOf } from "./refusal.ts"

/** What is wrong with one input of a node. */
export interface NodeFault {
  readonly type: string
  readonly message: string
  readonly details: string
  readonly extra_info: { readonly input_name: string }
}

/** Nodes by their ids, and what is wrong with them. */
export type NodeErrors = {
  readonly [id: string]: {
    readonly class_type: string
    readonly dependent_outputs: ReadonlyArray<string>
    readonly errors: ReadonlyArray<NodeFault>
  }
}

export const refuse = (reason: Reason): Refusal => {
  const said = plainly(reason)
  return refusalOf(
    said,
    reason.why === "unknown-job"
      ? { error: "Job not found" }
      : complaint(types[reason.why] ?? "error", said.message)
  )
}

const types: { readonly [Why in Reason["why"]]?: string } = {
  invalid: "invalid_prompt",
  malformed: "invalid_prompt"
}

/** A graph that is not taken. */
export const refuseGraph = (type: string, message: string, details = "", errors: NodeErrors = {}): Refusal =>
  refusalOf({ status: 400 }, complaint(type, message, details, errors))

const complaint = (type: string, message: string, details = "", node_errors: NodeErrors = {}) => ({
  error: { type, message, details, extra_info: {} },
  node_errors
})
