/**
 * The lines of a batch file, whatever its format: each a set of fields and the number it stands at, or a fault.
 */

import { nearest } from "@mutoscope/core/Nearest"
import { CsvError, parse as parseCsv } from "csv-parse/sync"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import type { Format } from "./formats.ts"

/** The fields of one clip as they stand in the file. */
export interface Line {
  readonly number: number
  readonly fields: Readonly<Record<string, unknown>>
}

/** A line that cannot be used. */
export interface BadLine {
  readonly number: number
  readonly reason: string
}

/** What a line may say: a request's fields, and three that are about the job. */
export const fieldNames: ReadonlyArray<string> = [
  "prompt",
  "model",
  "aspectRatio",
  "duration",
  "resolution",
  "negativePrompt",
  "seed",
  "audio",
  "startImage",
  "lastFrame",
  "referenceImages",
  "extend",
  "providerOptions",
  "key",
  "output",
  "priority"
]

/** The most lines of one file. */
export const maximumLines = 100_000

/** The longest line, in characters: more than any request needs. */
export const maximumLineLength = 1_000_000

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

const tooLong = `The line is longer than ${maximumLineLength} characters`

const bad = (number: number, reason: string): Either.Either<never, BadLine> => Either.left({ number, reason })

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

const stranger = (kind: string, name: string) =>
  `There is no ${kind} ${JSON.stringify(name)}; did you mean ${nearest(name, fieldNames)}?`

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

// --- CSV: the first row names the fields -------------------------------------------------------------------------

const Records = Schema.Array(
  Schema.Struct({ record: Schema.Array(Schema.String), info: Schema.Struct({ lines: Schema.Number }) })
)

const csv = (content: string): ReadonlyArray<Either.Either<Line, BadLine>> =>
  Either.match(records(content), {
    onLeft: (fault) => [Either.left(fault)],
    onRight: ([header, ...rows]) => {
      if (header === undefined) return []
      const names = header.cells.map((name) => name.trim())
      const unknown = names.find((name) => !fieldNames.includes(name))
      const twice = names.find((name, index) => names.indexOf(name) !== index)
      if (unknown !== undefined) return [bad(header.number, stranger("column", unknown))]
      if (twice !== undefined) return [bad(header.number, `There are two columns ${JSON.stringify(twice)}`)]
      return rows.map((row) => csvLine(names, row))
    }
  })

interface Row {
  readonly number: number
  readonly cells: ReadonlyArray<string>
}

/** The rows, each with the number of the line that it begins at: a cell may hold line breaks. */
const records = (content: string): Either.Either<ReadonlyArray<Row>, BadLine> =>
  Either.try({
    try: () =>
      parseCsv(content, {
        info: true,
        relax_column_count: true,
        skip_empty_lines: true,
        max_record_size: maximumLineLength
      }),
    catch: (error) => ({
      number: error instanceof CsvError && typeof error["lines"] === "number" ? error["lines"] : 1,
      reason: error instanceof Error ? error.message : String(error)
    })
  }).pipe(
    Either.flatMap((parsed) =>
      Either.mapLeft(Schema.decodeUnknownEither(Records)(parsed), () => ({
        number: 1,
        reason: "It cannot be read as CSV"
      }))
    ),
    Either.map((parsed) =>
      parsed.map(({ info, record }) => ({ number: info.lines - breaksIn(record), cells: record }))
    )
  )

const breaksIn = (cells: ReadonlyArray<string>) =>
  cells.reduce((sum, cell) => sum + (cell.split("\n").length - 1), 0)

const csvLine = (names: ReadonlyArray<string>, { cells, number }: Row): Either.Either<Line, BadLine> => {
  if (cells.length !== names.length)
    return bad(number, `It has ${cells.length} cells, and the header ${names.length} columns`)
  const entries = names.flatMap((name, index) => {
    const cell = cells[index] ?? ""
    return cell.trim() === "" ? [] : [[name, valueOf(name, cell)] as const]
  })
  return Either.right({ number, fields: Object.fromEntries(entries) })
}

/** A cell as the value that it stands for; what it cannot stand for is left to the request to refuse. */
const valueOf = (name: string, cell: string): unknown => {
  const text = cell.trim()
  switch (name) {
    case "duration":
    case "seed":
    case "priority":
      return Number.isNaN(Number(text)) ? text : Number(text)
    case "audio":
      return /^true$/i.test(text) ? true : /^false$/i.test(text) ? false : text
    case "referenceImages":
      return text.split(";").map((place) => place.trim())
    case "providerOptions":
      return Either.getOrElse(Schema.decodeEither(Schema.parseJson())(text), () => text)
    case "prompt":
    case "negativePrompt":
      return cell
    default:
      return text
  }
}
