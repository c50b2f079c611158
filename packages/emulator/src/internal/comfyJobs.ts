/**
 * Jobs in ComfyUI's words: in the queue, in the history, and, on newer servers, at an address of their own.
 *
 * @internal
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"
import { Graph } from "./comfyGraph.ts"
import { notice } from "./description.ts"

const decodeGraph = Schema.decodeUnknownOption(Graph)

/** The graph that a job was submitted with. */
export const graphOf = ({ echo }: Pick<OperationRecord, "echo">): Graph =>
  Option.getOrElse(decodeGraph(echo?.["prompt"]), () => ({}))

/** The id of a job as ComfyUI writes it. */
export const uuidOf = (id: string): string =>
  id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

export const isWaiting = ({ record }: Operation): boolean => record.outcome._tag === "Pending"

export const isRunning = ({ progress, record }: Operation): boolean =>
  record.outcome._tag === "Pending" && Option.isSome(progress)

/** `GET /queue`. */
export const queue = (jobs: ReadonlyArray<Operation>) => {
  const entries = jobs
    .map((job, number) => ({ job, entry: entry(job.record, number) }))
    .filter(({ job }) => isWaiting(job))
  return {
    queue_running: entries.filter(({ job }) => isRunning(job)).map(({ entry }) => entry),
    // It is a heap, and not in order.
    queue_pending: entries
      .filter(({ job }) => !isRunning(job))
      .map(({ entry }) => entry)
      .reverse()
  }
}

const entry = (record: OperationRecord, number: number) => [
  number,
  record.name,
  graphOf(record),
  { client_id: record.echo?.["client_id"], create_time: record.createdAt },
  savers(record)
]

/** Whatever keeps what it is given. */
const savers = (record: OperationRecord) =>
  Object.entries(graphOf(record))
    .filter(([, { class_type }]) => /^(SaveVideo|VHS_)/.test(class_type))
    .map(([id]) => id)

/** `GET /history/{id}`: nothing until the job has ended. */
export const history = (job: Operation) =>
  isWaiting(job)
    ? {}
    : {
        [job.record.name]: {
          prompt: entry(job.record, 0),
          outputs: outputs(job.record),
          status: status(job.record),
          meta: { notice }
        }
      }

/** `GET /api/jobs/{id}`. */
export const detail = (job: Operation) => {
  const { record } = job
  const trouble = error(record)
  return {
    id: record.name,
    status: word(job),
    priority: 0,
    create_time: record.createdAt,
    ...(isWaiting(job) ? {} : { outputs: outputs(record), execution_status: status(record) }),
    ...(trouble === undefined ? {} : { execution_error: trouble }),
    workflow: { prompt: graphOf(record), extra_data: { notice } }
  }
}

const word = (job: Operation) => {
  switch (job.record.outcome._tag) {
    case "Pending":
      return isRunning(job) ? "in_progress" : "pending"
    case "Failed":
      return "failed"
    case "Cancelled":
      return "cancelled"
    default:
      return "completed"
  }
}

const status = (record: OperationRecord) => {
  const { _tag } = record.outcome
  const prompt_id = record.name
  const trouble = error(record)
  const last =
    trouble !== undefined
      ? ["execution_error", trouble]
      : [_tag === "Cancelled" ? "execution_interrupted" : "execution_success", { prompt_id }]
  const well = last[0] === "execution_success"
  return {
    status_str: well ? "success" : "error",
    completed: well,
    messages: [["execution_start", { prompt_id }], ["execution_cached", { nodes: [], prompt_id }], last]
  }
}

const error = (record: OperationRecord) => {
  const { name, outcome } = record
  if (outcome._tag !== "Failed") return undefined
  const nodes = Object.entries(graphOf(record))
  const [node_id = "1", node] = nodes.find(([, { class_type }]) => class_type === "KSampler") ?? []
  return {
    prompt_id: name,
    node_id,
    node_type: node?.class_type ?? "KSampler",
    executed: [],
    exception_message: `${outcome.message}\n`,
    exception_type: "RuntimeError",
    traceback: [],
    current_inputs: {},
    current_outputs: []
  }
}

/** The file of a job's video, by which it is found again. */
const fileOf = ({ id }: OperationRecord) => `${id}_00001_.mp4`

/** The id of the job whose video a file is. */
export const idIn = (filename: string): string => /^([0-9a-f]{32})_00001_\.mp4$/.exec(filename)?.[1] ?? ""

/** Core nodes call a video an image that moves; the others have names of their own. */
const outputs = (record: OperationRecord) => {
  if (record.outcome._tag !== "Rendered") return {}
  const file = { filename: fileOf(record), subfolder: "video", type: "output" }
  return Object.fromEntries(
    savers(record).map((id) => [
      id,
      graphOf(record)[id]?.class_type === "SaveVideo"
        ? { images: [file], animated: [true] }
        : {
            gifs: [
              {
                ...file,
                format: "video/h264-mp4",
                frame_rate: 16,
                fullpath: `/output/video/${file.filename}`
              }
            ]
          }
    ])
  )
}
