/**
 * What an API says beside the state of a job may be of any kind. It hides no state, and breaks nothing.
 */
import * as Json from "@mutoscope/core/Json"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Reply } from "../liar.ts"
import { must, play, tagOf } from "./stage.ts"
import type { Case, Subject } from "./subject.ts"

const videoUrl = "https://videos.example.com/video.mp4"

export const cases = (subject: Subject): ReadonlyArray<Case> => {
  const { id, wire } = subject
  return [
    withstands(subject, "P05 a failure of another kind hides no failed job", {
      reply: () => wire.failed(id, "the model broke"),
      isDistorted: (name) => /error|fail|reason|message|detail|code/i.test(name),
      into: ["boom", 7, true, null, [], {}, { code: 7, message: { text: "boom" } }],
      states: ["Failed"]
    }),
    withstands(subject, "P05 an absurd number hides no video", {
      reply: (base) => wire.succeeded(id, videoUrl, base),
      isDistorted: isNumber,
      into: absurd,
      states: ["Succeeded"]
    }),
    withstands(subject, "P05 an absurd number hides no job that runs", {
      reply: () => wire.running(id),
      isDistorted: isNumber,
      into: absurd,
      states: ["Pending", "Running"]
    })
  ]
}

const isNumber = (_: string, value: Json.Json) => typeof value === "number"

const absurd: ReadonlyArray<Json.Json> = [1e300, 1e21, -1, 0.1, "many", null, [], {}]

interface Distortion {
  readonly reply: (base: string) => Reply
  readonly isDistorted: (name: string, value: Json.Json) => boolean
  readonly into: ReadonlyArray<Json.Json>
  readonly states: ReadonlyArray<string>
}

/** Where states have no words, a field that is distorted may have been the state. */
const withstands = (
  subject: Subject,
  name: string,
  { into, isDistorted, reply, states }: Distortion
): Case => {
  const current = { reply: Option.none<Reply>() }
  return play(subject, name, { poll: () => Option.getOrUndefined(current.reply) }, (stage) =>
    Effect.gen(function* () {
      const operation = yield* stage.operation
      for (const [what, distorted] of distortions(reply(stage.base), isDistorted, into)) {
        current.reply = Option.some(distorted)
        const tag = tagOf(yield* Effect.exit(stage.provider.poll(operation)))
        yield* must(`${what} is no defect`, tag !== "defect", tag)
        const isSeen = states.includes(tag) || subject.wire.strange === undefined
        yield* must(`with ${what} it is ${states.join(" or ")}`, isSeen, tag)
      }
    })
  )
}

const Body = Schema.parseJson(Json.JsonObject)

/** The answer with each of its fields that is distorted in each of the ways, one at a time. */
const distortions = (
  reply: Reply,
  isDistorted: Distortion["isDistorted"],
  into: Distortion["into"]
): ReadonlyArray<readonly [what: string, Reply]> => {
  if (typeof reply === "string" || typeof reply.body !== "string") return []
  return Option.match(Schema.decodeOption(Body)(reply.body), {
    onNone: () => [],
    onSome: (body) =>
      variants(body, isDistorted, into).map(([what, body]) => [
        what,
        { ...reply, body: Schema.encodeSync(Schema.parseJson(Schema.Unknown))(body) }
      ])
  })
}

const isList = (value: Json.Json): value is ReadonlyArray<Json.Json> => Array.isArray(value)

const variants = (
  value: Json.Json,
  isDistorted: Distortion["isDistorted"],
  into: Distortion["into"]
): ReadonlyArray<readonly [what: string, Json.Json]> => {
  if (typeof value !== "object" || value === null) return []
  return Object.entries(value).flatMap(([name, child]) => {
    const replaced = (by: Json.Json): Json.Json =>
      isList(value)
        ? value.map((one, index) => (String(index) === name ? by : one))
        : { ...value, [name]: by }
    const here = isDistorted(name, child) ? into : []
    return [
      ...here.map((by) => [`${name}: ${JSON.stringify(by)}`, replaced(by)] as const),
      ...variants(child, isDistorted, into).map(([what, by]) => [`${name}.${what}`, replaced(by)] as const)
    ]
  })
}
