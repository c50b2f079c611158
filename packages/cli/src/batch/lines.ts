/**
 * The lines of a batch file, whatever its format: each a set of fields and the number it stands at, or a fault.
 */
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { csv } from "./csv.ts"
import type { Format } from "./formats.ts"
import { type BadLine, bad, fieldNames, type Line, maximumLineLength, stranger, tooLong } from "./line.ts"

/** The most lines of one file. */
export const maximumLines = 100_000

/** Every line of a file that is not empty, in order; of a JSON array every element, numbered from 1. */
export const linesOf = (content: string, format: Format): ReadonlyArray<Either.Either<Line, BadLine>> => {
  // A file that went through another system is the same file, and its keys are the same.
  const text = content.replace(/^\uFEFF/, "").replace(/\r\n?/g, "\n")
  switch (format) {
    case "csv":
      return csv(text)
    case "json":
      return jsonArray(text)
    case "jsonl":
      return physical(text, jsonLine)
    case "text":
      return physical(text, promptLine)
  }
}

type Read = (text: string, number: number) => Either.Either<Line, BadLine> | undefined

const physical = (content: string, read: Read): ReadonlyArray<Either.Either<Line, BadLine>> =>
  content.split("\n").flatMap((text, index) => {
    const number = index + 1
    if (text.trim() === "") return []
    const line = text.length > maximumLineLength ? bad(number, tooLong) : read(text, number)
    return line === undefined ? [] : [line]
  })

// --- text: a prompt a line ---------------------------------------------------------------------------------------

const promptLine: Read = (text, number) =>
  text.trimStart().startsWith("#") ? undefined : Either.right({ number, fields: { prompt: text.trim() } })

// --- JSON Lines --------------------------------------------------------------------------------------------------

const JsonLine = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

const jsonLine: Read = (text, number) =>
  Either.match(Schema.decodeEither(JsonLine)(text), {
    onLeft: () => bad(number, "It is not a JSON object"),
    onRight: (fields) => ofFields(fields, number)
  })

const ofFields = (fields: Line["fields"], number: number): Either.Either<Line, BadLine> => {
  const unknown = Object.keys(fields).find((name) => !fieldNames.includes(name))
  return unknown === undefined ? Either.right({ number, fields }) : bad(number, stranger("field", unknown))
}

// --- JSON: an array of prompts or objects ------------------------------------------------------------------------

const JsonArray = Schema.parseJson(Schema.Array(Schema.Unknown))
const Element = Schema.Union(Schema.String, Schema.Record({ key: Schema.String, value: Schema.Unknown }))

const jsonArray = (content: string): ReadonlyArray<Either.Either<Line, BadLine>> =>
  Either.match(Schema.decodeEither(JsonArray)(content), {
    onLeft: () => (content.trim() === "" ? [] : [bad(1, "Expected a JSON array of prompts or objects")]),
    onRight: (elements) => elements.map((element, index) => jsonElement(element, index + 1))
  })

const jsonElement = (element: unknown, number: number): Either.Either<Line, BadLine> =>
  Either.match(Schema.decodeUnknownEither(Element)(element), {
    onLeft: () => bad(number, "Expected a prompt or an object; it is neither"),
    onRight: (one) => (typeof one === "string" ? ofFields({ prompt: one }, number) : ofFields(one, number))
  })
