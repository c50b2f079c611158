/**
 * A job as an interaction.
 *
 * @internal
 */
import * as Option from "effect/Option"
import type { OperationRecord, Outcome } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"
import { inlineMark } from "./delivery.ts"
import { ignoredInputsNotice, notice } from "./description.ts"

/** What a submit is answered with: no steps yet. */
export const begun = (record: OperationRecord) => head({ record, progress: Option.some(0) })

/** An interaction as it stands; its video is at `uri`, or where that is none in the answer itself. */
export const toInteraction = (operation: Operation, uri: string | undefined) => {
  const { record } = operation
  const told = head(operation)
  switch (record.outcome._tag) {
    case "Pending":
    case "Cancelled":
      return told
    case "Failed":
      return { ...told, errors: [{ code: "internal", message: record.outcome.message }], steps: said(record) }
    case "Withheld":
      return {
        ...told,
        usage: usage(record, 0),
        steps: [...said(record), output(record.outcome.reasons.map((text) => ({ type: "text", text })))]
      }
    case "Rendered": {
      const place = uri === undefined ? { data: inlineMark } : { uri }
      return {
        ...told,
        usage: usage(record, Math.round(tokensPerSecond * record.video.duration)),
        steps: [...said(record), output([{ type: "video", mime_type: "video/mp4", ...place }])]
      }
    }
  }
}

/** The word for a job's state. */
export const statusOf = ({ record: { outcome }, progress }: Operation): string => {
  switch (outcome._tag) {
    case "Pending":
      return Option.isSome(progress) ? "in_progress" : "queued"
    case "Rendered":
    case "Withheld":
      return "completed"
    case "Failed":
      return "failed"
    case "Cancelled":
      return "cancelled"
  }
}

const head = (operation: Operation) => {
  const { createdAt, echo, ignoredInputs, model, name, outcome, video } = operation.record
  return {
    id: name,
    status: statusOf(operation),
    object: "interaction",
    model,
    created: new Date(createdAt).toISOString(),
    updated: new Date(endOf(outcome) ?? createdAt).toISOString(),
    service_tier: "standard",
    ...echo,
    metadata: {
      notice,
      seed: video.seed,
      ...(ignoredInputs.length === 0
        ? {}
        : { ignored_inputs: ignoredInputs, ignored_inputs_notice: ignoredInputsNotice })
    }
  }
}

const endOf = (outcome: Outcome): number | undefined => (outcome._tag === "Pending" ? undefined : outcome.at)

/** What was said, and what the model thought of it, which is signed at length. */
const said = ({ id, video: { prompt } }: OperationRecord) => [
  { type: "user_input", content: [{ type: "text", text: prompt }] },
  { type: "thought", signature: Buffer.alloc(3_000, id).toString("base64") }
]

const output = (content: ReadonlyArray<object>) => ({ type: "model_output", content })

/** As it was measured at 720p. */
const tokensPerSecond = 5_792

/** Tokens are counted as if there were a model. */
const usage = ({ video: { prompt } }: OperationRecord, video: number) => {
  const input = Math.ceil(prompt.length / 4)
  return {
    total_input_tokens: input,
    total_output_tokens: video,
    total_thought_tokens: 0,
    total_tokens: input + video,
    output_tokens_by_modality: video === 0 ? [] : [{ modality: "video", tokens: video }]
  }
}
