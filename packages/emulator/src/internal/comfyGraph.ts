/**
 * What a graph of ComfyUI asks for, and whether it could be run at all.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type { VideoDescription } from "../OperationRecord.ts"
import { type NodeType, nodeTypes } from "./comfyNodes.ts"
import { type NodeErrors, type NodeFault, refuseGraph } from "./comfyRefusal.ts"
import { describe } from "./description.ts"
import { largestSeed } from "./fields.ts"
import type { Refusal } from "./refusal.ts"

const Node = Schema.Struct({
  class_type: Schema.String,
  inputs: Schema.Record({ key: Schema.String, value: Schema.Unknown })
})
type Node = typeof Node.Type

/** A workflow in the API format: nodes by their ids. Links are `[id, output]`. */
export const Graph = Schema.Record({ key: Schema.String, value: Node })
export type Graph = typeof Graph.Type

/** Refuses what could not be run, as the original does: unknown nodes, nothing saved, inputs that are missing or wrong. */
export const check = (graph: Graph, images: ReadonlySet<string>): Effect.Effect<void, Refusal> => {
  const nodes = Object.entries(graph)
  const [strangerId, stranger] = nodes.find(([, { class_type }]) => nodeTypes[class_type] === undefined) ?? []
  if (stranger !== undefined)
    return Effect.fail(
      refuseGraph(
        "invalid_prompt",
        `Cannot execute because node ${stranger.class_type} does not exist.`,
        `Node ID '#${strangerId}'`
      )
    )
  const outputs = nodes.filter(([, node]) => typeOf(node).saves).map(([id]) => id)
  if (outputs.length === 0) return Effect.fail(refuseGraph("prompt_no_outputs", "Prompt has no outputs"))
  const errors: NodeErrors = Object.fromEntries(
    nodes.flatMap(([id, node]) => {
      const errors = faults(graph, node, images)
      return errors.length === 0
        ? []
        : [[id, { class_type: node.class_type, dependent_outputs: outputs, errors }]]
    })
  )
  return Object.keys(errors).length === 0
    ? Effect.void
    : Effect.fail(
        refuseGraph("prompt_outputs_failed_validation", "Prompt outputs failed validation", "", errors)
      )
}

const typeOf = ({ class_type }: Node): NodeType =>
  nodeTypes[class_type] ?? { category: "", required: {}, output: [] }

const faults = (graph: Graph, node: Node, images: ReadonlySet<string>): ReadonlyArray<NodeFault> =>
  Object.entries(typeOf(node).required).flatMap(([input, type]): ReadonlyArray<NodeFault> => {
    const value = node.inputs[input]
    const fault = (kind: string, message: string, details = input) => [
      { type: kind, message, details, extra_info: { input_name: input } }
    ]
    if (value === undefined) return fault("required_input_missing", "Required input is missing")
    if (isLink(value))
      return graph[value[0]] === undefined ? fault("bad_linked_input", "Bad linked input") : []
    if ((type === "INT" || type === "FLOAT") && typeof value !== "number")
      return fault(
        "invalid_input_type",
        `Failed to convert an input value to a ${type} value`,
        `${input}, ${value}`
      )
    return node.class_type === "LoadImage" && !images.has(String(value))
      ? fault(
          "custom_validation_failed",
          "Custom validation failed for node",
          `${input} - Invalid image file: ${value}`
        )
      : []
  })

const isLink = (value: unknown): value is readonly [string, number] =>
  Array.isArray(value) && typeof value[0] === "string" && typeof value[1] === "number"

/** The video that a graph makes, by the inputs that workflows of this kind have. */
export const describeGraph = (graph: Graph): Effect.Effect<VideoDescription> => {
  const all = Object.values(graph).map(({ inputs }) => inputs)
  const number = (...names: ReadonlyArray<string>) =>
    all.flatMap((inputs) => names.map((name) => inputs[name])).find((value) => typeof value === "number")
  const side = (pixels: number) => Math.min(4096, Math.max(16, 2 * Math.round(pixels / 2)))
  const fps = number("fps", "frame_rate") ?? 16
  const frames = number("length", "num_frames") ?? 81
  const negative = textOf(graph, "negative")
  return describe({
    prompt: textOf(graph, "positive") ?? "",
    ...(negative === undefined || negative === "" ? {} : { negativePrompt: negative }),
    seed: Math.min(largestSeed, Math.max(0, Math.round(number("seed", "noise_seed") ?? 0))),
    frame: { width: side(number("width") ?? 832), height: side(number("height") ?? 480) },
    duration: Math.min(60, Math.max(1, Math.round((frames - 1) / fps))),
    audio: all.some((inputs) => "audio" in inputs)
  })
}

/** The text that whoever takes it as `positive` or `negative` has it from, through however many nodes. */
const textOf = (graph: Graph, role: "positive" | "negative"): string | undefined => {
  const seek = (id: string, left: number): string | undefined => {
    const inputs: Node["inputs"] = graph[id]?.inputs ?? {}
    if (typeof inputs["text"] === "string") return inputs["text"]
    const next = inputs[role]
    return isLink(next) && left > 0 ? seek(next[0], left - 1) : undefined
  }
  return Object.keys(graph)
    .filter((id) => isLink(graph[id]?.inputs[role]))
    .map((id) => seek(id, 16))
    .find((text) => text !== undefined)
}
