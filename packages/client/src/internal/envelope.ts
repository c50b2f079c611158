/**
 * An answer of 2xx to a submit that holds an error in place of a job.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Answered } from "./classification.ts"
import { spoken } from "./rpcStatus.ts"
import { strip } from "./secrets.ts"

/** What says for certain that nothing was accepted. All others (408, 409, 499, 5xx, and words) leave it open. */
const refusals: ReadonlyArray<number> = [400, 401, 402, 403, 404, 413, 422, 429]

/** Google's words for these, and those that leave it open: 500 stands for all of them. https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const names: { readonly [name: string]: number } = {
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  OUT_OF_RANGE: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  CANCELLED: 500,
  UNKNOWN: 500,
  DEADLINE_EXCEEDED: 500,
  ALREADY_EXISTS: 500,
  ABORTED: 500,
  UNIMPLEMENTED: 500,
  INTERNAL: 500,
  UNAVAILABLE: 500,
  DATA_LOSS: 500
}

/** The same as numbers, which only Google's own APIs mean by small ones. */
const numbers: { readonly [number: number]: number } = {
  3: 400,
  5: 404,
  7: 403,
  8: 429,
  9: 400,
  11: 400,
  16: 401
}

const Code = Schema.optionalWith(Schema.Unknown, { nullable: true })

const Inner = Schema.Struct({ code: Code, status: Code, http_code: Code, status_code: Code })

const Envelope = Schema.Struct({
  error: Schema.optionalWith(Schema.Union(Inner, Schema.String), { nullable: true }),
  code: Code,
  status: Code,
  status_code: Code,
  id: Code,
  task_id: Code,
  taskId: Code,
  job_id: Code,
  name: Code,
  data: Code,
  output: Code,
  result: Code
})

const decode = Schema.decodeOption(
  Schema.parseJson(Schema.Union(Envelope, Schema.NonEmptyArray(Envelope).pipe(Schema.itemsCount(1))))
)

/**
 * The refusal that such an answer is, with the status that its error has; none where the error leaves open whether
 * something was accepted, and where anything in the answer may be a job. `grpc` says that small numbers are Google's.
 */
const refusalIn = (
  answer: Answered,
  { grpc = false }: { readonly grpc?: boolean } = {}
): Option.Option<Answered> =>
  Option.flatMap(decode(answer.body), (value) => {
    const envelope = "length" in value ? value[0] : value
    if (mayBeJob(envelope)) return Option.none()
    const stated = statesOf(envelope).flatMap((code) => Option.toArray(statusOf(code, grpc)))
    const [status] = stated
    return status !== undefined && stated.every((one) => refusals.includes(one))
      ? Option.some({ ...answer, status })
      : Option.none()
  })

/** An answer that names no job: a refusal where that is certain, else one that nobody can read. */
export const withoutJob = (
  answer: Answered,
  what: string,
  options: { readonly grpc?: boolean } = {}
): Answered =>
  Option.getOrElse(refusalIn(answer, options), () => {
    const sentence = Option.match(spoken(answer.body), {
      onNone: () => "",
      onSome: ({ message }) => message ?? ""
    })
    const why = sentence === "" ? "" : `: ${strip(sentence, answer.secrets)}`
    return { ...answer, fault: `its answer does not name ${what}${why}` }
  })

type Envelope = typeof Envelope.Type

const mayBeJob = ({ data, id, job_id, name, output, result, taskId, task_id }: Envelope): boolean =>
  [data, id, job_id, name, output, result, taskId, task_id].some(
    (value) => value !== undefined && value !== ""
  )

/** What is beside an error counts only where there is none within it. */
const statesOf = ({ code, error, status, status_code }: Envelope): ReadonlyArray<unknown> => {
  const within =
    error === undefined || typeof error === "string"
      ? []
      : given([error.code, error.http_code, error.status_code, error.status])
  return within.length > 0 ? within : given([code, status_code, status])
}

const given = (codes: ReadonlyArray<unknown>): ReadonlyArray<unknown> =>
  codes.filter((code) => code !== undefined && code !== "")

/** The HTTP status of a code; none where it is a word of the vendor's own. */
const statusOf = (code: unknown, grpc: boolean): Option.Option<number> => {
  const number = typeof code === "string" && /^\d{1,3}$/.test(code) ? Number(code) : code
  if (typeof number === "number") return Option.some(grpc && number < 100 ? (numbers[number] ?? 500) : number)
  return typeof number === "string" ? Option.fromNullable(names[number.toUpperCase()]) : Option.none()
}
