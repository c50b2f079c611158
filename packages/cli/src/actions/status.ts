/**
 * `mutoscope status`: what is on record, and what the provider says of it now.
 */
import * as Generation from "@mutoscope/core/Generation"
import type { OperationStatus } from "@mutoscope/core/Operation"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as ErrorEvent from "../ErrorEvent.ts"
import { Output } from "../Output.ts"
import { oneLine, place } from "../wording.ts"

export interface Flags {
  readonly reference: string
  readonly json: boolean
}

export const status = ({ reference, json }: Flags) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    const { generation, operation } = yield* Effect.flatMap(VideoGenerator, (one) => one.status(reference))
    const summary = Generation.summary(generation)
    if (json) {
      const provider = Option.getOrNull(operation)
      return yield* data(JSON.stringify({ ...summary, provider: provider === null ? null : flat(provider) }))
    }
    const said = Option.match(operation, {
      onNone: () => "",
      onSome: (one) => `; the provider says: ${words(one)}`
    })
    yield* data(`${generation.id}  ${summary.status}${said}`)
    const log = Option.flatMapNullable(operation, logOf)
    if (Option.isSome(log)) yield* data(`its log: ${oneLine(log.value, 100)}`)
    if (summary.path !== undefined) yield* data(summary.path)
    if (summary.error !== undefined) yield* data(summary.error)
    if (!Generation.isFinal(generation) && generation.state._tag !== "SubmitUnknown")
      yield* note(`Go on with it: mutoscope resume ${generation.id}`)
  }).pipe(ErrorEvent.telling({ json }))

const flat = (operation: OperationStatus) => ({
  status: words(operation),
  ...(operation._tag === "Running" && operation.progress !== undefined
    ? { progress: operation.progress }
    : {}),
  ...(operation._tag === "Running" && operation.log !== undefined ? { log: operation.log } : {}),
  ...(operation._tag === "Pending" && operation.position !== undefined
    ? { position: operation.position }
    : {})
})

const logOf = (operation: OperationStatus) => (operation._tag === "Running" ? operation.log : undefined)

const words = (operation: OperationStatus): string => {
  switch (operation._tag) {
    case "Pending":
      return operation.position === undefined
        ? "waiting its turn"
        : `waiting its turn, ${place(operation.position)}`
    case "Running":
      return operation.progress === undefined ? "rendering" : `rendering, ${Math.round(operation.progress)} %`
    case "Succeeded":
      return "rendered"
    case "Failed":
      return `failed: ${operation.error.message}`
    case "Cancelled":
      return "cancelled"
  }
}
