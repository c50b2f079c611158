/**
 * How vendors say that their filter blocked a prompt, an input or a video: codes and sentences, each vendor's with the place
 * where it is documented or was seen. Gateways pass on the words of the vendors behind them, so every provider is read with
 * the whole table.
 */

/** One vendor's filter. */
export interface Filter {
  /** The vendor, or the software, whose filter it is. */
  readonly vendor: string
  /** Where the codes and sentences are documented, or were reported. */
  readonly sources: ReadonlyArray<string>
  /**
   * Codes that mean nothing else. They are recognised in a field of their own and inside a sentence, in upper or lower case.
   * A `*` at the end stands for the rest of the code.
   */
  readonly codes?: ReadonlyArray<string>
  /** Codes that are ordinary words: they are recognised only where they are a whole field. */
  readonly words?: ReadonlyArray<string>
  /** Fields that are there only where a filter blocked something, whatever they hold. */
  readonly fields?: ReadonlyArray<string>
  /** Parts of sentences, in lower case. A `*` stands for a few words of the same sentence. */
  readonly phrases?: ReadonlyArray<string>
}

/** Every filter that is known. */
export const filters: ReadonlyArray<Filter> = [
  {
    vendor: "Google Veo",
    sources: [
      "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/responsible-ai-and-usage-guidelines",
      "https://github.com/googleapis/python-genai (raiMediaFilteredReasons, and errors of operations)"
    ],
    fields: ["raiMediaFilteredReasons", "raiFilteredReason"],
    phrases: [
      "violate * responsible ai",
      "violates * responsible ai",
      "blocked by responsible ai",
      "filtered out because * responsible ai",
      "violates * usage guidelines",
      "violate * usage guidelines",
      "violates google's policies",
      "it might violate our policies",
      "contains sensitive words",
      "contains words that violate",
      "prompt could not be submitted",
      "prompt couldn't be submitted"
    ]
  },
  {
    vendor: "Google Gemini",
    sources: [
      "https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/capabilities/process-blocked-responses",
      "https://ai.google.dev/api/generate-content#FinishReason"
    ],
    codes: ["prohibited_content", "image_safety", "image_prohibited_content", "image_recitation"],
    words: ["safety", "blocklist", "spii", "recitation", "jailbreak", "model_armor"],
    fields: ["blockReason", "block_reason", "blockReasonMessage"],
    phrases: [
      "blocked * prohibited content",
      "blocked due to safety",
      "blocked for safety reasons",
      "blocked by * safety filter",
      "blocked by * safety settings",
      "violates * generative ai prohibited use policy"
    ]
  },
  {
    vendor: "OpenAI",
    sources: [
      "https://github.com/openai/openai-openapi (errors of images and videos)",
      "https://platform.openai.com/docs/guides/error-codes"
    ],
    codes: ["moderation_blocked", "content_policy_violation", "content_moderation", "safety_violations"],
    words: ["content_filter", "content_policy", "refusal"],
    fields: ["moderation_details"],
    phrases: [
      "blocked by our moderation system",
      "blocked by * moderation",
      "moderation system when checking",
      "rejected by the safety system",
      "rejected by our safety system",
      "rejected as a result of our safety system",
      "flagged by the safety system",
      "flagged by our safety system",
      "may contain content that is not allowed by our safety system",
      "blocked due to safety violations",
      "violate our content policy",
      "violates our content policy",
      "violating our content policy",
      "content policy violation",
      "guardrails concerning similarity to third-party content"
    ]
  },
  {
    vendor: "Azure OpenAI",
    sources: ["https://learn.microsoft.com/azure/ai-services/openai/concepts/content-filter"],
    codes: ["responsibleaipolicyviolation"],
    phrases: ["content management policy", "triggering * content filter"]
  },
  {
    vendor: "LiteLLM",
    sources: [
      "https://docs.litellm.ai/docs/exception_mapping",
      "https://github.com/BerriAI/litellm/pull/16231"
    ],
    codes: ["contentpolicyviolationerror"]
  },
  {
    vendor: "OpenRouter",
    sources: ["https://openrouter.ai/docs/api/reference/errors-and-debugging"],
    fields: ["flagged_input"],
    phrases: [
      "requires moderation on",
      "your input was flagged",
      "input was flagged for",
      "prompt injection patterns detected"
    ]
  },
  {
    vendor: "fal",
    sources: ["https://docs.fal.ai/errors#content_policy_violation"],
    codes: ["content_policy_violation", "model_moderated"],
    phrases: [
      "flagged by a content checker",
      "flagged by * content checker",
      "content could not be processed because it * flagged"
    ]
  },
  {
    vendor: "Replicate",
    sources: [
      "https://replicate.com/docs/reference/error-codes",
      "https://github.com/replicate/cog-stable-diffusion/pull/24"
    ],
    phrases: [
      "flagged as sensitive",
      "(e005)",
      "nsfw content detected",
      "nsfw content was detected",
      "all generated images contained nsfw content",
      "detected potential sensitive content"
    ]
  },
  {
    vendor: "Runway",
    sources: ["https://docs.dev.runwayml.com/errors/task-failures/"],
    // INTERNAL.BAD_OUTPUT.* is about quality, and worth another try.
    codes: ["safety.*", "input_preprocessing.safety.*"],
    phrases: [
      "did not pass content moderation",
      "failed content moderation",
      "rejected by content moderation"
    ]
  },
  {
    vendor: "xAI",
    sources: [
      "https://github.com/vercel/ai/issues/13390",
      "https://docs.x.ai/docs/models (fee for violations of the usage guidelines)"
    ],
    codes: ["imagine:content-moderated", "content-moderated", "safety_check_type*"],
    phrases: [
      "rejected by content moderation",
      "violates usage guidelines",
      "did not respect moderation rules"
    ]
  },
  {
    vendor: "BytePlus ModelArk (Seedance)",
    sources: [
      "https://docs.byteplus.com/en/docs/ModelArk/1299023",
      "https://www.volcengine.com/docs/82379/1299023"
    ],
    codes: [
      "inputtextsensitivecontentdetected*",
      "inputimagesensitivecontentdetected*",
      "inputvideosensitivecontentdetected*",
      "inputaudiosensitivecontentdetected*",
      "outputtextsensitivecontentdetected*",
      "outputimagesensitivecontentdetected*",
      "outputvideosensitivecontentdetected*",
      "outputaudiosensitivecontentdetected*",
      "sensitivecontentdetected*",
      "inputtextriskdetection",
      "inputimageriskdetection",
      "inputvideoriskdetection",
      "outputtextriskdetection",
      "outputimageriskdetection",
      "outputvideoriskdetection",
      "contentsecuritydetectionerror"
    ],
    phrases: [
      "may contain sensitive information",
      "may contain sensitive content",
      "may contain real person",
      "may be related to copyright restrictions",
      "contentsecuritydetection"
    ]
  },
  {
    vendor: "Alibaba Model Studio (Wan)",
    sources: ["https://help.aliyun.com/en/model-studio/error-code"],
    codes: ["datainspectionfailed", "data_inspection_failed", "ipinfringementsuspect", "faqruleblocked"],
    phrases: [
      "may contain inappropriate content",
      "data may contain inappropriate",
      "suspected of being involved in ip infringement",
      "blocked by green net"
    ]
  },
  {
    vendor: "MiniMax (Hailuo)",
    sources: [
      "https://platform.minimax.io/docs/api-reference/errorcode",
      "https://cloud.baidu.com/doc/qianfan-api/s/4mwbl4bz4"
    ],
    phrases: [
      "new_sensitive",
      "contains sensitive content",
      "involves sensitive content",
      "sensitive content (1026)",
      "sensitive content (1027)"
    ]
  },
  {
    vendor: "Kling",
    sources: [
      "https://app.klingai.com/global/dev/document-api (error code 1301)",
      "https://cloud.tencent.com/document/product/1823/138038"
    ],
    phrases: [
      "failure to pass the risk control system",
      "triggers the platform's content security policy",
      "trigger * content security policy",
      "triggered the content security policy"
    ]
  },
  {
    vendor: "Vidu",
    sources: ["https://platform.vidu.com/docs/error-code"],
    codes: ["taskpromptpolicyviolation", "auditsubmitillegal", "creationpolicyviolation"]
  },
  {
    vendor: "Luma",
    sources: ["https://docs.lumalabs.ai/docs/errors"],
    codes: ["content_moderation"],
    phrases: ["failed * moderation check", "advanced moderation failed", "prompt moderation failed"]
  },
  {
    vendor: "Black Forest Labs",
    sources: ["https://docs.bfl.ai/api_integration/errors"],
    phrases: ["request moderated", "content moderated"]
  },
  {
    vendor: "Amazon Nova Reel",
    sources: ["https://docs.aws.amazon.com/nova/latest/userguide/video-troubleshooting.html"],
    phrases: ["blocked by our content filters"]
  },
  {
    vendor: "Baidu Qianfan",
    sources: ["https://cloud.baidu.com/doc/qianfan-api/s/4mwbl4bz4"],
    codes: ["unsafe_request", "video_genration_prompt_unsafe"],
    phrases: ["prompt field is unsafe"]
  }
]

/**
 * What Google's support codes stand for.
 * https://docs.cloud.google.com/gemini-enterprise-agent-platform/models/video/responsible-ai-and-usage-guidelines
 */
export const supportCodes: { readonly [code: string]: string } = {
  "58061214": "child",
  "17301594": "child",
  "29310472": "celebrity",
  "15236754": "celebrity",
  "64151117": "video safety violation",
  "42237218": "video safety violation",
  "62263041": "dangerous content",
  "57734940": "hate",
  "22137204": "hate",
  "74803281": "other",
  "29578790": "other",
  "42876398": "other",
  "89371032": "prohibited content",
  "49114662": "prohibited content",
  "63429089": "prohibited content",
  "72817394": "prohibited content",
  "60599140": "prohibited content",
  "35561574": "third-party content",
  "35561575": "third-party content",
  "90789179": "sexual",
  "43188360": "sexual",
  "78610348": "toxic",
  "61493863": "violence",
  "56562880": "violence",
  "32635315": "vulgar"
}
