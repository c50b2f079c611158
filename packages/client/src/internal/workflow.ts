/**
 * Workflows of ComfyUI as templates: what stands in double braces in their inputs is what a request fills in, and so it
 * is what the workflow can do.
 */
import { readFileSync } from "node:fs"
import { type Json, JsonObject } from "@mutoscope/core/Json"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** What may stand in braces, as what it becomes. Reference images are numbered: `reference_image_1`. */
const placeholders = {
  prompt: "the prompt",
  negative_prompt: "what shall not be in it, or nothing",
  seed: "a number",
  width: "pixels, a multiple of 16",
  height: "pixels, a multiple of 16",
  seconds: "the length in seconds",
  frames: "the length in frames, and one more",
  fps: "frames a second",
  audio: "true or false",
  start_image: "the name of an uploaded image",
  last_frame: "the name of an uploaded image",
  job_id: "an id of its own for every job"
} as const

/** What takes the places of placeholders, by their names. */
export type Values = Readonly<Record<string, Json>>

const Node = JsonObject.pipe(
  Schema.filter((node) => typeof node["class_type"] === "string" && isObject(node["inputs"]))
)
const Graph = Schema.Record({ key: Schema.String, value: Node })
export type Graph = typeof Graph.Type

/** A workflow: its graph, what is to be filled in, and the frames a second that it says itself. */
export interface Workflow {
  readonly graph: Graph
  readonly uses: ReadonlySet<string>
  readonly fps: number | undefined
}

/** Reads a workflow, or says why it is none that can be used. */
const parse = (given: unknown): Either.Either<Workflow, string> => {
  const source = unwrapped(given)
  if (isObject(source) && Array.isArray(source["nodes"]))
    return Either.left("it is saved for the editor: export it with Export (API)")
  const graph = Schema.decodeUnknownOption(Graph)(source)
  if (Option.isNone(graph) || Object.keys(graph.value).length === 0)
    return Either.left(
      "it is no workflow in ComfyUI's API format: nodes by their ids, each with a class_type"
    )
  const uses = new Set(inputsOf(graph.value).flatMap(namesIn))
  const unknown = [...uses].find((name) => !isPlaceholder(name))
  if (unknown !== undefined)
    return Either.left(
      `{{${unknown}}} is nothing that could be filled in; there are ${Object.keys(placeholders).join(", ")}, reference_image_1`
    )
  if (!uses.has("prompt"))
    return Either.left("it has no {{prompt}}, so every request would make the same video")
  return Either.right({ graph: graph.value, uses, fps: fpsIn(graph.value) })
}

/** A workflow as it is sent stands in `prompt`, beside a client's id and the like; a node of that name has a class. */
const unwrapped = (source: unknown): unknown => {
  if (!isObject(source)) return source
  const { prompt } = source
  return isObject(prompt) && typeof prompt["class_type"] !== "string" ? prompt : source
}

/** Reads a workflow: from its JSON, as text or not, or from the file at a path. */
export const load = (template: string | JsonObject): Either.Either<Workflow, string> => {
  if (typeof template !== "string") return parse(template)
  if (isJson(template)) return parseText(template)
  return Either.flatMap(
    Either.try({ try: () => readFileSync(template, "utf8"), catch: () => `${template} cannot be read` }),
    parseText
  )
}

/** What a workflow is called unless told: as its file, without what ends it. */
export const nameOf = (template: string | JsonObject): string =>
  typeof template === "string" && !isJson(template)
    ? (/([^/\\]+?)(\.json)?$/i.exec(template)?.[1] ?? "workflow")
    : "workflow"

const isJson = (text: string) => withoutMark(text).startsWith("{")

/** A text without the byte-order mark that some editors begin it with. */
const withoutMark = (text: string) => text.replace(/^\uFEFF/, "")

const parseText = (text: string): Either.Either<Workflow, string> =>
  Either.flatMap(
    Either.mapLeft(Schema.decodeEither(Schema.parseJson())(withoutMark(text)), () => "it is no JSON"),
    parse
  )

/** How many reference images a workflow needs. */
export const references = ({ uses }: Workflow): number =>
  Math.max(0, ...[...uses].map((name) => Number(/^reference_image_(\d)$/.exec(name)?.[1] ?? 0)))

/**
 * The graph with values in the places of their names: as they are where a placeholder is all of an input, as text where
 * it stands among others. What is filled in is not looked at again.
 */
export const fill = ({ graph }: Workflow, values: Values): Graph => {
  const given = new Map(Object.entries(values))
  return Object.fromEntries(
    Object.entries(graph).map(([id, node]) => [id, { ...node, inputs: filled(node["inputs"] ?? {}, given) }])
  )
}

/** The graph with other inputs for some of its nodes, or the id of one that it has not got. */
export const override = (graph: Graph, inputs: JsonObject): Either.Either<Graph, string> => {
  const stray = Object.entries(inputs).find(([id, given]) => graph[id] === undefined || !isObject(given))
  return stray === undefined
    ? Either.right(
        Object.fromEntries(
          Object.entries(graph).map(([id, node]) => [
            id,
            { ...node, inputs: merged(node["inputs"], inputs[id]) }
          ])
        )
      )
    : Either.left(stray[0])
}

// --- placeholders ------------------------------------------------------------------------------------------------

const anywhere = /\{\{\s*(\w+)\s*\}\}/g
const whole = /^\{\{\s*(\w+)\s*\}\}$/

const filled = (value: Json, values: ReadonlyMap<string, Json>): Json => {
  if (typeof value === "string") {
    const only = whole.exec(value)?.[1]
    return only === undefined
      ? value.replace(anywhere, (_, name: string) => String(values.get(name) ?? ""))
      : (values.get(only) ?? null)
  }
  if (isList(value)) return value.map((item) => filled(item, values))
  return isObject(value)
    ? Object.fromEntries(Object.entries(value).map(([key, item]) => [key, filled(item, values)]))
    : value
}

const namesIn = (value: Json): ReadonlyArray<string> => {
  if (typeof value === "string") return [...value.matchAll(anywhere)].flatMap(([, name]) => name ?? [])
  if (isList(value)) return value.flatMap(namesIn)
  return isObject(value) ? Object.values(value).flatMap(namesIn) : []
}

const isPlaceholder = (name: string): boolean =>
  Object.hasOwn(placeholders, name) || /^reference_image_[1-9]$/.test(name)

const inputsOf = (graph: Graph): ReadonlyArray<Json> =>
  Object.values(graph).map((node) => node["inputs"] ?? {})

/** Whatever puts frames together says how fast: CreateVideo as `fps`, VHS_VideoCombine as `frame_rate`. */
const fpsIn = (graph: Graph): number | undefined =>
  inputsOf(graph)
    .flatMap((inputs) => (isObject(inputs) ? [inputs["fps"], inputs["frame_rate"]] : []))
    .find((value): value is number => typeof value === "number" && value > 0)

const merged = (inputs: Json | undefined, given: Json | undefined): JsonObject => ({
  ...(isObject(inputs) ? inputs : {}),
  ...(isObject(given) ? given : {})
})

const isList = (value: unknown): value is ReadonlyArray<Json> => Array.isArray(value)

const isObject = (value: unknown): value is JsonObject =>
  typeof value === "object" && value !== null && !Array.isArray(value)
