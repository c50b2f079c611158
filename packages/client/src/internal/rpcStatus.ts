/**
 * The errors that APIs answer with. Google's are `{"error": {code, message, status, details}}`, sometimes in an array,
 * sometimes with a word for a code; the others' are brought into that form.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

const Violation = Schema.Struct({
  field: Schema.optional(Schema.String),
  description: Schema.optional(Schema.String),
  quotaMetric: Schema.optional(Schema.String),
  quotaId: Schema.optional(Schema.String)
})

const Detail = Schema.Struct({
  "@type": Schema.optional(Schema.String),
  reason: Schema.optional(Schema.String),
  retryDelay: Schema.optional(Schema.String),
  fieldViolations: Schema.optional(Schema.Array(Violation)),
  violations: Schema.optional(Schema.Array(Violation))
})

/** One error as an API tells it: a gRPC or HTTP number or a word, a sentence, and what it knows besides. */
export const RpcStatus = Schema.Struct({
  code: Schema.optionalWith(Schema.Union(Schema.Number, Schema.String), { nullable: true }),
  type: Schema.optionalWith(Schema.String, { nullable: true }),
  message: Schema.optional(Schema.NullOr(Schema.String)),
  status: Schema.optional(Schema.String),
  details: Schema.optional(Schema.Array(Schema.Unknown))
})
export type RpcStatus = typeof RpcStatus.Type

const Wrapped = Schema.Struct({ error: RpcStatus })
const Body = Schema.parseJson(Schema.Union(Wrapped, Schema.NonEmptyArray(Wrapped)))

/** The error in a body of Google's form, if it holds one: also in an answer that looks well. */
export const parse = (body: string): Option.Option<RpcStatus> =>
  Option.map(decodeBody(body), (value) => ("error" in value ? value.error : value[0].error))

const text = Schema.optionalWith(Schema.String, { nullable: true })

/**
 * What others say: `{code, error: "text"}` (xAI, OpenRouter), `{error: "text", issues: [{message, path}]}` (Runway),
 * `{detail: "text" | [{msg, type}], title, error_type}` (fal, Replicate and whatever is built on FastAPI), `{code, message}`
 * (DashScope and many gateways).
 */
const Spoken = Schema.parseJson(
  Schema.Struct({
    code: Schema.optionalWith(Schema.Union(Schema.Number, Schema.String), { nullable: true }),
    error: text,
    message: text,
    title: text,
    error_type: text,
    issues: Schema.optionalWith(
      Schema.Array(Schema.Struct({ message: text, path: Schema.optional(Schema.Array(Schema.Unknown)) })),
      { nullable: true }
    ),
    detail: Schema.optionalWith(
      Schema.Union(Schema.String, Schema.Array(Schema.Struct({ msg: text, type: text }))),
      { nullable: true }
    )
  })
)

const decodeSpoken = Schema.decodeOption(Spoken)

/** What ComfyUI says of a graph: `{error: {type, message, details: "text"}, node_errors: {id: {class_type, errors}}}`. */
const OfGraph = Schema.parseJson(
  Schema.Struct({
    error: Schema.Struct({ type: text, message: text, details: text }),
    node_errors: Schema.optionalWith(
      Schema.Record({
        key: Schema.String,
        value: Schema.Struct({
          class_type: text,
          errors: Schema.Array(Schema.Struct({ message: text, details: text }))
        })
      }),
      { nullable: true }
    )
  })
)

const decodeOfGraph = Schema.decodeOption(OfGraph)

const ofGraph = (body: string): Option.Option<RpcStatus> =>
  Option.map(decodeOfGraph(body), ({ error, node_errors = {} }): RpcStatus => {
    const fieldViolations = Object.entries(node_errors).flatMap(([id, { class_type, errors }]) => {
      const description = errors.map(saying).join("; ")
      const field = `node ${id}${class_type === undefined ? "" : ` (${class_type})`}`
      return description === "" ? [] : [{ field, description: `${field}: ${description}` }]
    })
    return { type: error.type, message: saying(error), details: [{ fieldViolations }] }
  })

interface Said {
  readonly message?: string | undefined
  readonly details?: string | undefined
}

const saying = ({ details = "", message = "" }: Said): string =>
  details.trim() === "" || details === message ? message : `${message}: ${details}`

/** The error that a refusal tells of, in whichever form. */
export const spoken = (body: string): Option.Option<RpcStatus> =>
  Option.orElse(
    Option.orElse(parse(body), () => ofGraph(body)),
    () =>
      Option.map(
        decodeSpoken(body),
        ({ code, detail, error, error_type, issues, message, title }): RpcStatus => {
          const [faults, sentence] = typeof detail === "string" ? [[], detail] : [detail ?? [], undefined]
          const told = faults.flatMap(({ msg }) => msg ?? []).join("; ")
          const kind = error_type ?? faults[0]?.type
          return {
            ...(code === undefined ? {} : { code }),
            ...(kind === undefined ? {} : { type: kind }),
            message: (error ?? sentence ?? (told === "" ? (message ?? title) : told) ?? "") + listed(issues)
          }
        }
      )
  )

/** What is wrong, and where: the sentence before it says only that something is. */
const listed = (issues: (typeof Spoken.Type)["issues"]): string =>
  issues === undefined || issues.length === 0
    ? ""
    : ` (${issues.map(({ message = "", path = [] }) => `${path.join(".")}: ${message}`).join("; ")})`

const decodeBody = Schema.decodeOption(Body)
const decodeDetail = Schema.decodeUnknownOption(Detail)

/** The details that can be read; the others are passed over. */
export const details = (status: RpcStatus): ReadonlyArray<typeof Detail.Type> =>
  (status.details ?? []).flatMap((detail) => Option.toArray(decodeDetail(detail)))

/** The detail of one type, `RetryInfo` for instance. */
export const detail = (status: RpcStatus, type: string): Option.Option<typeof Detail.Type> =>
  Option.fromNullable(details(status).find((detail) => detail["@type"]?.endsWith(`google.rpc.${type}`)))

/** The HTTP status that an error inside a 200 stands for, if its code is one that is known. */
export const httpStatus = ({ code, status }: RpcStatus): Option.Option<number> => {
  if (typeof code === "number" && code >= 400 && code < 600) return Option.some(code)
  if (typeof code === "number") return Option.fromNullable(grpc[code])
  const word = (code ?? status ?? "").toUpperCase()
  return Option.fromNullable(words[word])
}

const grpc: { readonly [code: number]: number } = {
  1: 499,
  2: 500,
  3: 400,
  4: 504,
  5: 404,
  6: 409,
  7: 403,
  8: 429,
  9: 400,
  10: 409,
  11: 400,
  12: 501,
  13: 500,
  14: 503,
  15: 500,
  16: 401
}

const words: { readonly [word: string]: number } = {
  INVALID_REQUEST: 400,
  INVALID_ARGUMENT: 400,
  FAILED_PRECONDITION: 400,
  UNAUTHENTICATED: 401,
  PERMISSION_DENIED: 403,
  NOT_FOUND: 404,
  RESOURCE_EXHAUSTED: 429,
  TOO_MANY_REQUESTS: 429,
  INTERNAL: 500,
  UNAVAILABLE: 503,
  DEADLINE_EXCEEDED: 504
}
