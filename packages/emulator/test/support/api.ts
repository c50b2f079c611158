/** The emulator as a plain HTTP client sees it. */
import { Emulator } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"

const Answer = Schema.Struct({
  name: Schema.optional(Schema.String),
  done: Schema.optional(Schema.Boolean),
  metadata: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  response: Schema.optional(Schema.Record({ key: Schema.String, value: Schema.Unknown })),
  error: Schema.optional(
    Schema.Struct({
      code: Schema.Number,
      message: Schema.String,
      status: Schema.optional(Schema.String),
      details: Schema.optional(Schema.Array(Schema.Record({ key: Schema.String, value: Schema.Unknown })))
    })
  )
})
export type Answer = typeof Answer.Type

export const path = "/v1beta/models/veo-3.1-generate-preview"

/** The raw answer; a connection that breaks is a failure. */
export const call = (to: string, init?: RequestInit) =>
  Effect.flatMap(Emulator, ({ url }) =>
    Effect.tryPromise({
      try: () => fetch(to.startsWith("http") ? to : `${url}${to}`, init),
      catch: (cause) => (cause instanceof Error ? cause : new Error(String(cause)))
    })
  )

export const json = (response: Response) =>
  Effect.flatMap(
    Effect.promise(() => response.text()),
    Schema.decode(Schema.parseJson(Schema.Unknown))
  )

export const answerOf = (response: Response) =>
  Effect.flatMap(json(response), (body) => Schema.decodeUnknown(Answer)(body))

export const post = (to: string, body: unknown, headers: Record<string, string> = {}) =>
  call(to, {
    method: "POST",
    headers: { "content-type": "application/json", ...headers },
    body: typeof body === "string" ? body : JSON.stringify(body)
  })

export const submission = (prompt: unknown, parameters: Record<string, unknown> = {}) => ({
  instances: [{ prompt }],
  parameters
})

/** The name of a new operation. */
export const submit = (prompt: string, parameters: Record<string, unknown> = {}) =>
  post(`${path}:predictLongRunning`, submission(prompt, parameters)).pipe(
    Effect.flatMap(answerOf),
    Effect.map(({ name = "" }) => name)
  )

export const poll = (name: string) => Effect.flatMap(call(`/v1beta/${name}`), answerOf)

/** Asks until the operation has ended, in real time. */
export const ended = (name: string): Effect.Effect<Answer, unknown, Emulator> =>
  Effect.flatMap(poll(name), (answer) =>
    answer.done === true ? Effect.succeed(answer) : Effect.delay(ended(name), "5 millis")
  )

const WithVideo = Schema.Struct({
  generateVideoResponse: Schema.Struct({
    generatedSamples: Schema.Tuple(Schema.Struct({ video: Schema.Struct({ uri: Schema.String }) }))
  })
})

export const uriOf = (answer: Answer) =>
  Effect.map(
    Schema.decodeUnknown(WithVideo)(answer.response),
    ({ generateVideoResponse: { generatedSamples } }) => generatedSamples[0].video.uri
  )

/** The address of the video of a new job. */
export const rendered = (prompt: string, parameters: Record<string, unknown> = {}) =>
  submit(prompt, parameters).pipe(Effect.flatMap(ended), Effect.flatMap(uriOf))

export const bytesOf = (response: Response) =>
  Effect.map(
    Effect.tryPromise(() => response.arrayBuffer()),
    (buffer) => Buffer.from(buffer)
  )
