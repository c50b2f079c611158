/**
 * What vendors say when a filter blocked something, in every place where they say it; and what sounds like it and is not.
 */
import * as Headers from "@effect/platform/Headers"
import { assert, describe, it } from "@effect/vitest"
import { MicroUsd } from "@mutoscope/core/Money"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import { filters, supportCodes } from "../src/catalogue/moderation.ts"
import { type Answered, pollError, submitError } from "../src/internal/classification.ts"
import { explained, verdict, verdictOf } from "../src/internal/moderation.ts"
import { blockedIn } from "../src/internal/refusedPoll.ts"

const answered = (status: number, body: unknown): Answered => ({
  provider: "p",
  model: "m",
  secrets: [Redacted.make("SECRET-KEY")],
  _tag: "Answered",
  status,
  headers: Headers.empty,
  body: typeof body === "string" ? body : JSON.stringify(body),
  now: 0
})

/** A body as the vendor, or a gateway before it, answers with it, and the statuses that it was seen with. */
type Said = readonly [what: string, statuses: ReadonlyArray<number>, body: unknown]

const sentence = (message: string, more: object = {}) => ({ error: { message, ...more } })

const blocked: ReadonlyArray<Said> = [
  [
    "Veo: words in the prompt",
    [400],
    sentence(
      "The prompt could not be submitted. This prompt contains sensitive words that violate Google's Responsible AI practices. Try rephrasing the prompt.",
      { code: 400, status: "INVALID_ARGUMENT" }
    )
  ],
  [
    "Veo: an input image, with a support code",
    [400],
    sentence(
      "Veo could not generate videos because the input image violates Vertex AI\u2019s usage guidelines. If you think this was an error, send feedback. Support codes: 15236754",
      { code: 3 }
    )
  ],
  [
    "Veo: the platform's new name",
    [400],
    sentence(
      "Veo could not generate videos because the input image violates Agent Platform's usage guidelines.",
      {
        code: 3
      }
    )
  ],
  [
    "Veo: a support code alone",
    [400, 403],
    sentence("Try another prompt. Support codes: 58061214, 99999999")
  ],
  ["Gemini: a code", [400], sentence("The request cannot be served.", { code: "prohibited_content" })],
  ["Gemini: a block reason", [400], { promptFeedback: { blockReason: "OTHER" } }],
  [
    "OpenAI: a code",
    [400],
    sentence("Your request was blocked by our moderation system.", {
      code: "moderation_blocked",
      type: "invalid_request_error"
    })
  ],
  ["OpenAI: the sentence alone", [400, 403], sentence("Your request was blocked by our moderation system.")],
  [
    "OpenAI: another sentence",
    [400, 403],
    sentence("Request blocked due to safety violations (harmful content).", { type: "invalid_request_error" })
  ],
  [
    "OpenAI: the safety system",
    [400],
    sentence("Your request was rejected by the safety system. safety_violations=[sexual].")
  ],
  [
    "OpenAI: details",
    [400],
    sentence("It was not possible.", { moderation_details: { categories: ["other"] } })
  ],
  ["OpenAI: a policy", [400], sentence("This content may violate our content policy.", { code: "invalid" })],
  [
    "Azure",
    [400],
    sentence(
      "The response was filtered due to the prompt triggering Azure OpenAI's content management policy.",
      {
        code: "content_filter",
        innererror: { code: "ResponsibleAIPolicyViolation" }
      }
    )
  ],
  [
    "LiteLLM: around Azure",
    [400],
    sentence(
      "litellm.BadRequestError: litellm.ContentPolicyViolationError: AzureException - no. Received Model Group=x\nAvailable Model Group Fallbacks=None",
      { type: null, param: null, code: "400" }
    )
  ],
  [
    "OpenRouter: flagged",
    [403],
    sentence('m requires moderation on OpenAI. Your input was flagged for "sexual".', {
      code: 403,
      metadata: { reasons: ["sexual"], flagged_input: "a b", provider_name: "OpenAI" }
    })
  ],
  [
    "OpenRouter: metadata alone",
    [403],
    sentence("Forbidden", { code: 403, metadata: { flagged_input: "a b" } })
  ],
  [
    "OpenRouter: the vendor behind it",
    [400, 403],
    sentence("Provider returned error", {
      code: 400,
      metadata: { provider_name: "Seed", raw: '{"error":{"code":"InputTextSensitiveContentDetected"}}' }
    })
  ],
  [
    "fal",
    [422],
    {
      detail: [
        {
          loc: ["body", "prompt"],
          msg: "The content could not be processed because it contained material flagged by a content checker.",
          type: "content_policy_violation",
          input: "x"
        }
      ]
    }
  ],
  [
    "Replicate",
    [400],
    { detail: "The input or output was flagged as sensitive. Please try again with different inputs. (E005)" }
  ],
  [
    "Replicate: NSFW",
    [422],
    { detail: "NSFW content detected. Try running it again, or try a different prompt." }
  ],
  ["Runway", [400], { error: "Input did not pass content moderation.", failureCode: "SAFETY.INPUT.TEXT" }],
  ["Runway: preprocessing", [400], { error: "no", code: "INPUT_PREPROCESSING.SAFETY.TEXT" }],
  [
    "xAI: the request, beside the name of the key",
    [403],
    {
      code: "The caller does not have permission to execute the specified operation",
      error:
        "Content violates usage guidelines. Team: 1234, API key ID: abcd, Model: grok-imagine, Failed check: SAFETY_CHECK_TYPE_DATA_LEAKAGE"
    }
  ],
  [
    "xAI: the video, earlier code",
    [400],
    { code: "Client specified an invalid argument", error: "Generated video rejected by content moderation." }
  ],
  ["xAI: the video, later code", [400], { code: "imagine:content-moderated", error: "no" }],
  [
    "Seedance: the prompt",
    [400],
    sentence("The request failed because the input text may contain sensitive information.", {
      code: "InputTextSensitiveContentDetected",
      type: "BadRequest"
    })
  ],
  [
    "Seedance: a face",
    [400],
    sentence("The request failed because the input image 'content[1]' may contain real person.", {
      code: "InputImageSensitiveContentDetected.PrivacyInformation"
    })
  ],
  ["Seedance: risk", [400], sentence("no", { code: "OutputVideoRiskDetection" })],
  [
    "Seedance: the code in a gateway's sentence",
    [400],
    sentence("upstream: OutputVideoSensitiveContentDetected.PolicyViolation", { code: "400" })
  ],
  [
    "Wan",
    [400],
    {
      code: "DataInspectionFailed",
      message: "Input data may contain inappropriate content.",
      request_id: "r"
    }
  ],
  ["Wan: an imitation", [400], { code: "IPInfringementSuspect", message: "Input data is suspected." }],
  [
    "MiniMax",
    [422],
    {
      type: "error",
      error: {
        type: "unprocessable_entity_error",
        message: "video description contains sensitive content (1026)",
        http_code: "422"
      },
      request_id: "r"
    }
  ],
  [
    "MiniMax: the first version",
    [400],
    { base_resp: { status_code: 1026, status_msg: "input new_sensitive" } }
  ],
  ["Kling", [400], { code: 1301, message: "Failure to pass the risk control system", request_id: "r" }],
  ["Vidu", [400, 403], { code: 400, reason: "TaskPromptPolicyViolation", message: "no" }],
  ["Luma", [400], { detail: "Prompt moderation failed" }],
  ["Black Forest Labs", [422], { status: "Request Moderated" }],
  [
    "Nova Reel",
    [400],
    { message: "This request has been blocked by our content filters. Please adjust your text prompt." }
  ],
  [
    "Qianfan",
    [403],
    sentence("the content of prompt field is unsafe", { code: "video_genration_prompt_unsafe" })
  ]
]

/** What no vendor is known to say. It is believed of a refusal, and ends no job that was asked about. */
const worded: ReadonlyArray<Said> = [
  ["a filter", [400, 403], sentence("The prompt was flagged: harmful material is not made here.")],
  ["guidelines", [422], { detail: "Your image goes against our community guidelines" }],
  ["a few words", [400], sentence("safety filter")]
]

/** What sounds like it. */
const other: ReadonlyArray<readonly [what: string, status: number, body: unknown, tag: string]> = [
  [
    "an organization's policy",
    403,
    sentence("Permission denied by organization policy constraints/gcp.restrictServiceUsage", {
      code: 403,
      status: "PERMISSION_DENIED"
    }),
    "AuthenticationFailed"
  ],
  [
    "a perimeter",
    403,
    sentence("Request is prohibited by organization's policy.", {
      status: "PERMISSION_DENIED",
      details: [{ reason: "SECURITY_POLICY_VIOLATED" }]
    }),
    "AuthenticationFailed"
  ],
  [
    "IAM",
    403,
    sentence("Permission 'aiplatform.endpoints.predict' denied on resource"),
    "AuthenticationFailed"
  ],
  ["a data policy", 404, sentence("No endpoints found matching your data policy"), "UnsupportedOption"],
  [
    "an account",
    403,
    sentence("Your account was suspended for violating the usage policies."),
    "AuthenticationFailed"
  ],
  ["no balance", 403, { detail: "User is locked. Reason: Exhausted balance." }, "QuotaExceeded"],
  ["a rate limit", 429, sentence("Rate limit reached for content generation"), "RateLimited"],
  ["a quota", 429, sentence("You exceeded your current quota, please check your plan"), "QuotaExceeded"],
  [
    "an image",
    400,
    sentence("Invalid image: it could not be decoded", { code: "invalid_image" }),
    "InvalidRequest"
  ],
  [
    "a setting of the filter",
    400,
    sentence("Invalid value for safety_filter_level: block_none is not allowed for this project"),
    "InvalidRequest"
  ],
  [
    "a tolerance",
    422,
    { detail: [{ loc: ["body", "safety_tolerance"], msg: "Input should be less than 6" }] },
    "InvalidRequest"
  ],
  [
    "a parameter of the filter",
    400,
    {
      error: "Validation of body failed",
      issues: [{ path: ["contentModeration", "publicFigureThreshold"], message: "Invalid enum value" }]
    },
    "InvalidRequest"
  ],
  [
    "a parameter called sensitive",
    400,
    sentence("Unknown parameter: sensitive_content_filter"),
    "InvalidRequest"
  ],
  [
    "a parameter called moderation",
    400,
    sentence("Unsupported value: 'moderation' must be one of auto, low"),
    "InvalidRequest"
  ],
  ["case", 400, sentence("Model names are case-sensitive"), "InvalidRequest"],
  [
    "an echo",
    422,
    {
      detail: [
        {
          loc: ["body"],
          msg: "Field required",
          type: "missing",
          input: { prompt: "blocked by our moderation system" }
        }
      ]
    },
    "InvalidRequest"
  ],
  [
    "a quoted prompt",
    400,
    sentence('The prompt "a guard flagged as unsafe by the safety officer" is longer than 40 characters'),
    "InvalidRequest"
  ],
  ["a broken check", 400, sentence("The safety checker could not be loaded"), "InvalidRequest"],
  [
    "a referrer",
    403,
    sentence("Requests from referer <empty> are blocked.", {
      details: [{ reason: "API_KEY_HTTP_REFERRER_BLOCKED" }]
    }),
    "AuthenticationFailed"
  ]
]

const each = (said: ReadonlyArray<Said>) =>
  said.flatMap(([what, statuses, body]) =>
    statuses.map((status) => [`${what} (${status})`, status, body] as const)
  )

describe("what a vendor's filter says", () => {
  it.each(each(blocked))("blocks a submit: %s", (_, status, body) => {
    const error = submitError(answered(status, body))
    assert.strictEqual(error._tag, "ContentBlocked", error.message)
  })

  it.each(each(blocked))("ends a job that is asked about: %s", (_, status, body) => {
    assert.strictEqual(Option.getOrUndefined(blockedIn(answered(status, body), "p"))?._tag, "ContentBlocked")
  })

  it.each(each(blocked))("says nothing of a job with the statuses of trouble: %s", (_, __, body) => {
    for (const status of [401, 404, 408, 409, 425, 429, 500, 502, 503, 504])
      assert.isTrue(Option.isNone(blockedIn(answered(status, body), "p")), String(status))
    for (const status of [408, 409, 500, 502, 503, 504])
      assert.strictEqual(submitError(answered(status, body))._tag, "SubmitUnknown")
  })

  it.each(filters.map((filter) => [filter.vendor, filter] as const))(
    "%s: every code and sentence of the table is recognised, and has a source",
    (_, { codes = [], fields = [], phrases = [], sources, words = [] }) => {
      assert.isNotEmpty(sources)
      for (const code of [...codes, ...words]) {
        const whole = code.replace("*", "X.1")
        assert.strictEqual(verdict(whole), "Named", code)
        assert.strictEqual(verdict(whole.toUpperCase()), "Named", code)
      }
      for (const code of codes)
        assert.strictEqual(verdict(`upstream: ${code.replace("*", "X")}: no`), "Named", code)
      for (const word of words.filter((word) => !codes.includes(word)))
        assert.strictEqual(verdict(`unknown parameter ${word}`), "None", word)
      for (const phrase of phrases) {
        assert.strictEqual(phrase, phrase.toLowerCase())
        assert.strictEqual(verdict(`It ${phrase.replace("*", "some of the")} here.`), "Named", phrase)
      }
      for (const field of fields) {
        assert.strictEqual(verdictOf(JSON.stringify({ error: { [field]: ["x"] } })), "Named", field)
        assert.strictEqual(verdictOf(JSON.stringify({ error: { [field]: [] } })), "None", field)
      }
    }
  )

  it("is read in a plain line, and not in a page", () => {
    assert.strictEqual(verdictOf("Your request was blocked by our moderation system."), "Named")
    assert.strictEqual(verdictOf("<html>Your request was blocked by our moderation system.</html>"), "None")
  })

  it("names the category of Google's support codes, once", () => {
    assert.strictEqual(
      explained("It violates them. Support codes: 15236754, 29310472, 78610348, 1"),
      "It violates them. Support codes: 15236754, 29310472, 78610348, 1 (celebrity, toxic)"
    )
    assert.strictEqual(explained("no"), "no")
    for (const code of Object.keys(supportCodes)) assert.match(code, /^\d{8}$/)
  })

  it("a charge for a refused submit is kept", () => {
    const body = {
      code: "imagine:content-moderated",
      error: "no",
      usage: { cost_in_usd_ticks: 500_000_000 }
    }
    assert.deepInclude(submitError(answered(403, body)), {
      _tag: "ContentBlocked",
      cost: MicroUsd.make(50_000)
    })
  })
})

describe("what words say that are in no table", () => {
  it.each(each(worded))("blocks a submit: %s", (_, status, body) => {
    assert.strictEqual(submitError(answered(status, body))._tag, "ContentBlocked")
  })
  it.each(each(worded))("ends no job that is asked about: %s", (_, status, body) => {
    assert.isTrue(Option.isNone(blockedIn(answered(status, body), "p")))
    assert.strictEqual(pollError(answered(status, body))._tag, "UnexpectedAnswer")
  })
})

describe("what sounds like a filter and is none", () => {
  it.each(other)("%s stays what it is", (_, status, body, tag) => {
    const error = submitError(answered(status, body))
    assert.strictEqual(error._tag, tag, error.message)
    assert.strictEqual(verdictOf(answered(status, body).body), "None")
    assert.isTrue(Option.isNone(blockedIn(answered(status, body), "p")))
  })
})

describe("a 403", () => {
  const unclear = (body: unknown) => {
    const error = submitError(answered(403, body))
    return error._tag === "AuthenticationFailed" ? (error.unclear ?? false) : error._tag
  }

  it.each([
    ["nothing", ""],
    ["a word", { error: { message: "Forbidden" } }],
    ["a sentence about the request", sentence("Your request was blocked.")],
    ["a sentence about the prompt and the account", sentence("Your account cannot generate this content.")],
    [
      "a code about rights, and words that are new",
      { code: "The caller does not have permission", error: "Not this one" }
    ],
    [
      "an edge's page",
      "<html><title>Attention Required! | Cloudflare</title>Sorry, you have been blocked</html>"
    ]
  ] as const)("leaves the reason open with %s", (_, body) => {
    assert.strictEqual(unclear(body), true)
  })

  it.each([
    ["the caller's rights", sentence("The caller does not have permission")],
    ["a plan", sentence("This model is not available on your plan")],
    ["a region", sentence("Not available in your country or region")],
    ["the key", sentence("API key not valid")],
    ["an organization's policy", sentence("Permission denied by organization policy")],
    ["a model that is not enabled", sentence("The model is not activated for your account")]
  ] as const)("is about the account where it says so: %s", (_, body) => {
    assert.strictEqual(unclear(body), false)
  })
})
