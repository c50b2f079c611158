/**
 * What the emulated ComfyUI knows as long as it runs: which images were uploaded to it, and which jobs a client sent, who
 * is told of them.
 *
 * @internal
 */
import type { OperationId } from "../OperationRecord.ts"

export interface Memory {
  readonly images: Set<string>
  readonly jobs: Map<string, Set<OperationId>>
}

export const make = (): Memory => ({ images: new Set(), jobs: new Map() })

/** Takes note of who sent a job. */
export const sent = ({ jobs }: Memory, client: string, job: OperationId): void => {
  jobs.set(client, new Set([...(jobs.get(client) ?? []), job]))
}
