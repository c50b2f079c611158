/**
 * The body of a request: JSON or a form, no longer than a limit, and as a schema wants it.
 *
 * @internal
 */
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import * as Effect from "effect/Effect"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import type { Wire } from "../Dialect.ts"
import type { IgnoredInput } from "../OperationRecord.ts"
import * as Form from "./form.ts"
import type { FieldViolation, Reason, Refusal } from "./refusal.ts"
import * as Socket from "./socket.ts"

/** A body with images may be this long, in bytes: 32 MiB. */
const maximumBody = 32 * 1024 * 1024

/** The JSON of a body, as the schema has it. `null` is taken for what is not there. */
export const json = <A, I>(
  wire: Wire,
  schema: Schema.Schema<A, I>,
  limit = maximumBody
): Effect.Effect<A, Refusal, HttpServerRequest.HttpServerRequest> =>
  inDialect(
    wire,
    Effect.flatMap(HttpServerRequest.HttpServerRequest, (request) =>
      isJson(request)
        ? Effect.flatMap(jsonIn(request, limit), decode(schema))
        : unreadable("The Content-Type must be application/json.")
    )
  )

/** What a form or JSON holds: its fields, and the files that came with a form, and their names by their fields. */
export interface Fields<A> {
  readonly fields: A
  readonly files: ReadonlyArray<IgnoredInput>
  readonly names: Readonly<Record<string, string>>
}

/** As `json`, of a body that may be `multipart/form-data` too, whose fields are all text. */
export const jsonOrForm = <A, I>(
  wire: Wire,
  schema: Schema.Schema<A, I>
): Effect.Effect<Fields<A>, Refusal, HttpServerRequest.HttpServerRequest> =>
  inDialect(
    wire,
    Effect.gen(function* () {
      const request = yield* HttpServerRequest.HttpServerRequest
      if (isJson(request)) {
        const fields = yield* Effect.flatMap(jsonIn(request, maximumBody), decode(schema))
        return { fields, files: [], names: {} }
      }
      const { fields, files, names } = yield* formIn(request)
      return { fields: yield* decode(schema)(fields), files, names }
    })
  )

const inDialect = <A, R>(wire: Wire, effect: Effect.Effect<A, Reason, R>): Effect.Effect<A, Refusal, R> =>
  Effect.mapError(effect, wire.dialect.refuse)

/** Pages of other sites can send forms and plain text unasked, but not this. */
const isJson = (request: HttpServerRequest.HttpServerRequest) =>
  /^application\/json\s*(;|$)/i.test(request.headers["content-type"] ?? "application/json")

const jsonIn = (request: HttpServerRequest.HttpServerRequest, limit: number) =>
  Socket.bodyBytes(request, limit).pipe(
    Effect.flatMap((bytes) =>
      Effect.try({
        try: () => new TextDecoder("utf-8", { fatal: true }).decode(bytes),
        catch: (): Reason => ({ why: "malformed", detail: "It is not UTF-8." })
      })
    ),
    Effect.flatMap((text) => Effect.mapError(Schema.decode(Schema.parseJson())(text), toReason))
  )

const formIn = (request: HttpServerRequest.HttpServerRequest) => {
  const type = request.headers["content-type"] ?? ""
  return Form.isForm(type)
    ? Effect.flatMap(Socket.bodyBytes(request, maximumBody), (bytes) => Form.parse(bytes, type))
    : unreadable("The Content-Type must be application/json or multipart/form-data.")
}

const unreadable = (detail: string): Effect.Effect<never, Reason> => Effect.fail({ why: "malformed", detail })

const decode =
  <A, I>(schema: Schema.Schema<A, I>) =>
  (value: unknown): Effect.Effect<A, Reason> =>
    Effect.mapError(Schema.decodeUnknown(schema, { errors: "all" })(withoutNulls(value)), toReason)

/** Nothing that is asked for lies deeper. */
const deepest = 8

/** Clients send `null` for what they do not send. */
const withoutNulls = (value: unknown, depth = 0): unknown =>
  depth > deepest || typeof value !== "object" || value === null
    ? value
    : Array.isArray(value)
      ? value.map((item) => withoutNulls(item, depth + 1))
      : Object.fromEntries(
          Object.entries(value).flatMap(([key, item]) =>
            item === null ? [] : [[key, withoutNulls(item, depth + 1)]]
          )
        )

const toReason = (error: ParseResult.ParseError): Reason => {
  const issues = ParseResult.ArrayFormatter.formatErrorSync(error)
  const root = issues.find(({ path }) => path.length === 0)
  return root === undefined
    ? { why: "invalid", violations: issues.map(toViolation) }
    : { why: "malformed", detail: root.message }
}

const toViolation = ({ path, message }: ParseResult.ArrayFormatterIssue): FieldViolation => ({
  field: path.reduce<string>(
    (name, key) =>
      typeof key === "number" ? `${name}[${key}]` : name === "" ? String(key) : `${name}.${String(key)}`,
    ""
  ),
  description: message
})
