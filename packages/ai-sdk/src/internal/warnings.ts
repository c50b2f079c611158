/**
 * What a model of the AI SDK warns of, in sentences.
 */
import type { SharedV4Warning as Warning } from "@ai-sdk/provider"
import * as Schema from "effect/Schema"

/** A sentence for each warning of a model. A package may return none at all, whatever its types say. */
export const sentencesOf = (model: string, warnings: ReadonlyArray<Warning> | undefined) =>
  (warnings ?? []).map((warning) => `${model}: ${sentenceOf(warning)}`)

const sentenceOf = (warning: Warning): string => {
  switch (warning.type) {
    case "unsupported":
      return `${warning.feature} is not supported${said(warning.details)}`
    case "compatibility":
      return `${warning.feature} works in a compatibility mode${said(warning.details)}`
    case "deprecated":
      return `${warning.setting} is deprecated${said(warning.message)}`
    case "other":
      return warning.message
  }
}

const said = (details: string | undefined): string => (details === undefined ? "" : `: ${details}`)

/** The sentences that an operation carries from its submit to its end. */
export const carriedBy = (metadata: Readonly<Record<string, unknown>> | undefined): ReadonlyArray<string> => {
  const warnings = metadata?.["warnings"]
  return isSentences(warnings) ? warnings : []
}

const isSentences = Schema.is(Schema.Array(Schema.String))
