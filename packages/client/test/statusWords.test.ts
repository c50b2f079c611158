/**
 * The words for the state of a job, as every adapter reads them.
 */
import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import * as Money from "@mutoscope/core/Money"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as ComfyUi from "../src/ComfyUi.ts"
import * as Fal from "../src/Fal.ts"
import * as GeminiOmni from "../src/GeminiOmni.ts"
import { pollError, submitError } from "../src/internal/classification.ts"
import { stateOf } from "../src/internal/statusWords.ts"
import type { Answer, JobApi, Told } from "../src/JobApi.ts"
import * as OpenAiVideos from "../src/OpenAiVideos.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Replicate from "../src/Replicate.ts"
import * as Runway from "../src/Runway.ts"
import * as Seedance from "../src/Seedance.ts"
import * as Xai from "../src/Xai.ts"

const apiKey = Redacted.make("key")
const baseUrl = "https://api.example/v1"
const url = "https://cdn.example/video.mp4"
const workflow = { "1": { class_type: "Text", inputs: { text: "{{prompt}}" } } }

/** Each adapter's API, and the body of a job with a word that has a video. */
const apis: ReadonlyArray<readonly [string, JobApi, object]> = [
  ["openai", OpenAiVideos.api("openai", { apiKey, baseUrl }), {}],
  ["openrouter", OpenRouter.api("openrouter", { apiKey }), { unsigned_urls: [url] }],
  ["fal", Fal.api("fal", { apiKey }), {}],
  ["replicate", Replicate.api("replicate", { apiKey }), { output: url }],
  ["runway", Runway.api("runway", { apiKey }), { output: [url] }],
  ["xai", Xai.api("xai", { apiKey }), { video: { url } }],
  ["seedance", Seedance.api("seedance", { apiKey }), { content: { video_url: url } }],
  [
    "gemini",
    GeminiOmni.api("gemini", { apiKey }),
    { steps: [{ type: "model_output", content: [{ type: "video", uri: url }] }] }
  ],
  [
    "comfyui",
    Either.getOrThrow(ComfyUi.api("comfyui", { workflow })),
    { outputs: { "6": { images: [{ filename: "a.mp4", type: "output" }] } } }
  ]
]

const answered = (status: number, body: object): Answer => ({
  _tag: "Answered",
  provider: "any",
  model: "any",
  secrets: [],
  status,
  headers: Headers.empty,
  body: JSON.stringify(body),
  now: 0
})

const operation: Operation = { provider: "any", id: "job", model: "any" }

const told = (api: JobApi, body: object): Told | undefined =>
  Option.getOrUndefined(api.status(answered(200, body), operation))

const tags = {
  Succeeded: ["Succeeded", "finished", "SUCCESS", "done", "Complete", "completed", "ready", "succeed"],
  Failed: [
    "failed",
    "Failure",
    "ERROR",
    "errored",
    "rejected",
    "timed out",
    "TIMED_OUT",
    "timed-out",
    "expired"
  ],
  Cancelled: ["cancelled", "CANCELED"],
  Pending: ["queued", "IN_QUEUE", "Not Started", "pending", "submitted"],
  Running: ["running", "in_progress", "IN-PROGRESS", "Processing"]
} as const

const cases = apis.flatMap(([name, api, fields]) =>
  Object.entries(tags).flatMap(([tag, words]) => words.map((word) => ({ name, api, fields, tag, word })))
)

describe("the words for the state of a job", () => {
  it.each(cases)("$name: $word is $tag", ({ api, fields, name, tag, word }) => {
    // What fal says of a request that was worked off is in its result; what waits at xAI is not told apart.
    const expected =
      name === "fal" && tag === "Succeeded"
        ? "Further"
        : name === "xai" && tag === "Pending"
          ? "Running"
          : tag
    const status = told(api, { ...fields, status: word })
    assert.strictEqual(status?._tag, expected)
    assert.notProperty(status, "word")
  })

  it.each(apis)("%s: a word that is not known is a job that goes on, and is kept", (_, api, fields) => {
    assert.deepInclude(told(api, { ...fields, status: "Marinating" }), {
      _tag: "Running",
      word: "Marinating"
    } satisfies OperationStatus)
  })

  it("an aborted prediction of Replicate's costs nothing", () => {
    const [, api] = apis[3] ?? assert.fail()
    assert.deepInclude(told(api, { status: "aborted" }), { _tag: "Failed", cost: Money.zero })
  })

  it("are none where there is none", () => {
    assert.isUndefined(stateOf(undefined))
    assert.isUndefined(stateOf(""))
    assert.isUndefined(stateOf("constructor"))
  })
})

describe("answers that are the end of a job", () => {
  const gemini = GeminiOmni.api("gemini", { apiKey })

  it("an interaction that is incomplete and has no steps has failed", () => {
    const status = told(gemini, { id: "v1_a", status: "incomplete" })
    assert.strictEqual(status?._tag, "Failed")
    assert.match(JSON.stringify(status), /it ended before it made anything/)
  })

  it("one that counts a video, or whose steps cannot be read, may still have it", () => {
    const usage = { output_tokens_by_modality: [{ modality: "video", tokens: 17_376 }] }
    assert.isUndefined(told(gemini, { status: "incomplete", usage }))
    assert.isUndefined(told(gemini, { status: "incomplete", steps: { odd: true } }))
  })
})

describe("answers that know no job", () => {
  const answers: ReadonlyArray<readonly [string, number, object]> = [
    ["xAI", 400, { code: "invalid-argument", error: "Malformed request ID" }],
    ["Gemini", 400, { error: { code: "invalid_request", message: "Invalid interaction name: v1_a" } }],
    [
      "Vertex AI",
      403,
      {
        error: {
          code: 403,
          status: "PERMISSION_DENIED",
          message: "You do not have permission to access the operation or it may not exist."
        }
      }
    ]
  ]

  it.each(answers)("%s: a poll is told so, a submit as ever", (_, status, body) => {
    assert.strictEqual(pollError(answered(status, body))._tag, "OperationNotFound")
    assert.strictEqual(
      submitError(answered(status, body))._tag,
      status === 400 ? "InvalidRequest" : "AuthenticationFailed"
    )
  })

  it("a key that is refused is not a job that is not known", () => {
    const body = { error: { code: 403, status: "PERMISSION_DENIED", message: "The API key may not exist" } }
    assert.strictEqual(pollError(answered(403, body))._tag, "AuthenticationFailed")
  })
})
