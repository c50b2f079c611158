/**
 * Whether a server of ComfyUI has all that a workflow needs: its nodes, and the files of its models. Each node tells the
 * choices that it offers, and of files those are the ones that lie there.
 */
import type { Capabilities } from "@mutoscope/core/Capabilities"
import * as Arr from "effect/Array"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Answer, Question, Sheets } from "../JobApi.ts"
import { ifSensible } from "./wireFields.ts"
import type { Graph, Workflow } from "./workflow.ts"

/** Asks about the nodes of a model's workflow, one question for each kind of them. */
export const sheets = (workflows: ReadonlyMap<string, Workflow>): Sheets => {
  const graphOf = ({ model }: Pick<Capabilities, "model">): Graph => workflows.get(model)?.graph ?? {}
  return {
    _tag: "Sheets",
    questions: (model) => {
      const [first = "", ...others] = kindsIn(graphOf(model))
      return [about(model.model, first), ...others.map((kind) => about(model.model, kind))]
    },
    read: (answers, model) => {
      const told = Option.all(answers.map(({ body }: Answer) => decode(body)))
      return Option.map(told, (all) => {
        const missing = missingIn(graphOf(model), new Map(all.flatMap(Object.entries)))
        return missing.length === 0
          ? Either.right(model)
          : Either.left(`the server has no ${missing.join(", and no ")}`)
      })
    }
  }
}

const about = (model: string, kind: string): Question => ({
  model,
  method: "GET",
  path: `/object_info/${encodeURIComponent(kind)}`
})

const kindOf = (node: Graph[string]): string => String(node["class_type"])

const kindsIn = (graph: Graph): ReadonlyArray<string> => Arr.dedupe(Object.values(graph).map(kindOf))

const Inputs = ifSensible(Schema.Record({ key: Schema.String, value: Schema.Unknown }))
const Kind = Schema.Struct({ input: ifSensible(Schema.Struct({ required: Inputs, optional: Inputs })) })
type Kind = typeof Kind.Type

/** The kinds that are there, by their names: of one that is not, there is nothing. */
const decode = Schema.decodeOption(Schema.parseJson(Schema.Record({ key: Schema.String, value: Kind })))

const missingIn = (graph: Graph, kinds: ReadonlyMap<string, Kind>): ReadonlyArray<string> =>
  Arr.dedupe(
    Object.values(graph).flatMap((node) => {
      const kind = kinds.get(kindOf(node))
      return kind === undefined ? [`node ${kindOf(node)}`] : missingFiles(node, kind)
    })
  )

const missingFiles = (node: Graph[string], { input }: Kind): ReadonlyArray<string> =>
  Object.entries(node["inputs"] ?? {}).flatMap(([name, value]) => {
    if (typeof value !== "string" || !isModelFile.test(value)) return []
    const files = choicesOf(input?.required?.[name] ?? input?.optional?.[name])
    return files === undefined || files.includes(value) ? [] : [`file ${value} for its ${kindOf(node)}`]
  })

/** Other choices are the server's to refuse: some nodes take more than they list. */
const isModelFile = /^[^{}]+\.(safetensors|sft|ckpt|pt|pth|bin|gguf|onnx)$/i

const Listed = Schema.Tuple([Schema.Array(Schema.Unknown)], Schema.Unknown)
const Combo = Schema.Tuple(
  [Schema.Literal("COMBO"), Schema.Struct({ options: Schema.Array(Schema.Unknown) })],
  Schema.Unknown
)
const isListed = Schema.is(Listed)
const isCombo = Schema.is(Combo)

/** `[["a", "b"], {}]`, or of newer nodes `["COMBO", {"options": ["a", "b"]}]`. */
const choicesOf = (input: unknown): ReadonlyArray<unknown> | undefined =>
  isListed(input) ? input[0] : isCombo(input) ? input[1].options : undefined
