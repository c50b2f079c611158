/**
 * Models that have the start apart from the status, and those that have not, whose jobs live and die with this process.
 */
import { randomUUID } from "node:crypto"
import type {
  Experimental_VideoModelV4CallOptions as CallOptions,
  Experimental_VideoModelV4OperationStatusResult as Status,
  Experimental_VideoModelV4 as VideoModel,
  SharedV4Warning as Warning
} from "@ai-sdk/provider"

/** What is used of a model. The vendors' packages bring copies of the specification that differ in all the rest. */
export type SdkModel = Pick<VideoModel, "modelId" | "doStart" | "doStatus" | "doGenerate"> &
  Partial<Pick<VideoModel, "provider">>

type Handle = Parameters<NonNullable<VideoModel["doStatus"]>>[0]["operation"]

/** A model that can be asked about what it started. */
export interface Startable {
  readonly start: (options: CallOptions) => PromiseLike<{
    readonly operation: Handle
    readonly warnings?: ReadonlyArray<Warning>
  }>
  readonly status: (options: {
    readonly operation: Handle
    readonly abortSignal: AbortSignal
  }) => PromiseLike<Status>
}

/** The model as one that can be asked; undefined where its jobs would be lost with this process and nobody accepts that. */
export const toStartable = (model: SdkModel, acceptLoss: boolean): Startable | undefined => {
  if (model.doStart !== undefined && model.doStatus !== undefined)
    return {
      start: model.doStart.bind(model),
      status: model.doStatus.bind(model)
    }
  return acceptLoss && model.doGenerate !== undefined
    ? inThisProcess(model.doGenerate.bind(model), model)
    : undefined
}

/** The job is begun and not waited for; it is not aborted with the call that began it. */
const inThisProcess = (generate: NonNullable<VideoModel["doGenerate"]>, { modelId }: SdkModel): Startable => {
  const jobs = new Map<string, { end: Status | undefined }>()
  const response = () => ({ timestamp: new Date(), modelId, headers: undefined })
  return {
    start: async ({ abortSignal: _, ...options }) => {
      const id = randomUUID()
      const job: { end: Status | undefined } = { end: undefined }
      jobs.set(id, job)
      Promise.resolve(generate(options)).then(
        (result) => {
          job.end = { status: "completed", ...result }
        },
        (thrown: unknown) => {
          job.end = {
            status: "error",
            error: thrown instanceof Error ? thrown.message : String(thrown),
            response: response()
          }
        }
      )
      return { operation: id }
    },
    status: async ({ operation }) => {
      const job = typeof operation === "string" ? jobs.get(operation) : undefined
      if (job === undefined)
        return {
          status: "error",
          error: "it was lost with the process that began it; it may have been charged",
          response: response()
        }
      return job.end ?? { status: "pending", response: response() }
    }
  }
}
