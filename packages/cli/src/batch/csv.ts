/**
 * A batch file in CSV: the first row names the fields. A damaged row is bad and stops no other, unless nothing tells where it ends.
 */
import { CsvError, parse } from "csv-parse/sync"
import * as Either from "effect/Either"
import * as Schema from "effect/Schema"
import { type BadLine, bad, fieldNames, type Line, maximumLineLength, stranger, tooLong } from "./line.ts"

/** Every row below the header, in order; or what is wrong with the header. */
export const csv = (content: string): ReadonlyArray<Either.Either<Line, BadLine>> => {
  const [header, ...rows] = rowsOf(content)
  if (header === undefined) return []
  if (Either.isLeft(header)) return [Either.left(header.left)]
  const { cells, number } = header.right
  const names = cells.map((name) => name.trim())
  const fault = faultOf(names)
  return fault === undefined
    ? rows.map((row) => Either.flatMap(row, (row) => lineOf(names, row)))
    : [bad(number, fault)]
}

const faultOf = (names: ReadonlyArray<string>): string | undefined => {
  const nameless = names.indexOf("")
  if (nameless >= 0) return `Column ${nameless + 1} has no name: give it one, or remove the column`
  const unknown = names.find((name) => !fieldNames.includes(name))
  if (unknown !== undefined) return stranger("column", unknown)
  const twice = names.find((name, index) => names.indexOf(name) !== index)
  return twice === undefined ? undefined : `There are two columns ${JSON.stringify(twice)}`
}

const lineOf = (names: ReadonlyArray<string>, { cells, number }: Row): Either.Either<Line, BadLine> => {
  if (cells.length !== names.length)
    return bad(
      number,
      `The row has ${counted(cells.length, "cell")}, and the header ${counted(names.length, "column")}`
    )
  const entries = names.flatMap((name, index) => {
    const cell = cells[index] ?? ""
    return cell.trim() === "" ? [] : [[name, valueOf(name, cell)] as const]
  })
  return Either.right({ number, fields: Object.fromEntries(entries) })
}

const counted = (count: number, what: string) => `${count} ${what}${count === 1 ? "" : "s"}`

// --- rows --------------------------------------------------------------------------------------------------------

/** A row and the number of the line that it begins at: a cell may hold line breaks. */
interface Row {
  readonly number: number
  readonly cells: ReadonlyArray<string>
}

const Parsed = Schema.Struct({
  record: Schema.Array(Schema.String),
  /** `lines` counts those up to the end of the record. */
  info: Schema.Struct({ lines: Schema.Number })
})
const decode = Schema.decodeUnknownEither(Parsed)

/** All rows. After a damaged one the next line begins a new row. */
const rowsOf = (content: string): ReadonlyArray<Either.Either<Row, BadLine>> => {
  const found: Array<Either.Either<Row, BadLine>> = []
  let read = 0
  let rest = content
  while (rest !== "") {
    const part = parsed(rest)
    found.push(...part.rows.map((row) => moved(row, read)))
    if (part.damage === undefined) return found
    const { from, reason, to } = part.damage
    found.push(bad(read + from, reason))
    if (to === undefined) return found
    rest = rest.split("\n").slice(to).join("\n")
    read += to
  }
  return found
}

const moved = (row: Either.Either<Row, BadLine>, by: number) =>
  Either.mapBoth(row, {
    onLeft: ({ number, reason }): BadLine => ({ number: number + by, reason }),
    onRight: ({ cells, number }): Row => ({ number: number + by, cells })
  })

/** A row that cannot be read: its first line, and its last where that is known. */
interface Damage {
  readonly from: number
  readonly to: number | undefined
  readonly reason: string
}

/** The rows up to the first damaged one. */
const parsed = (
  content: string
): { readonly rows: ReadonlyArray<Either.Either<Row, BadLine>>; readonly damage: Damage | undefined } => {
  const rows: Array<Either.Either<Row, BadLine>> = []
  let end = 0
  const take = (one: unknown) => {
    rows.push(
      Either.match(decode(one), {
        onLeft: () => bad(end + 1, "The row cannot be read"),
        onRight: ({ info, record }) => {
          end = info.lines
          return Either.right({ number: info.lines - breaksIn(record), cells: record })
        }
      })
    )
    return null
  }
  try {
    parse(content, {
      info: true,
      relax_column_count: true,
      skip_empty_lines: true,
      max_record_size: maximumLineLength,
      on_record: take
    })
    return { rows, damage: undefined }
  } catch (error) {
    return { rows, damage: damageOf(error, firstLineAfter(content, end)) }
  }
}

/** Rows begin at lines that are not empty. */
const firstLineAfter = (content: string, end: number): number => {
  const empty = content
    .split("\n")
    .slice(end)
    .findIndex((line) => line !== "")
  return end + Math.max(0, empty) + 1
}

const damageOf = (error: unknown, from: number): Damage => {
  if (!(error instanceof CsvError)) throw error
  const at = typeof error["lines"] === "number" ? error["lines"] : from
  const inLines = at > from ? ` (lines ${from} to ${at})` : ""
  switch (error.code) {
    case "INVALID_OPENING_QUOTE":
      return {
        from,
        to: at,
        reason: `A cell has a quote inside, but does not begin with one${inLines}. ${howToQuote}`
      }
    case "CSV_INVALID_CLOSING_QUOTE":
      return { from, to: at, reason: `Text follows the quote that ends a cell${inLines}. ${howToQuote}` }
    case "CSV_QUOTE_NOT_CLOSED":
      return {
        from,
        to: undefined,
        reason: `A quote that opens in this row is never closed, so that the rest of the file belongs to it. ${howToQuote}`
      }
    case "CSV_MAX_RECORD_SIZE":
      // In a cell of many lines nothing tells where the next row begins.
      return { from, to: at > from ? undefined : at, reason: tooLong }
    default:
      return { from, to: undefined, reason: error.message }
  }
}

const howToQuote = 'Put the whole cell in quotes, and write a quote inside of it twice: "a 5"" disc"'

const breaksIn = (cells: ReadonlyArray<string>) =>
  cells.reduce((sum, cell) => sum + (cell.split("\n").length - 1), 0)

// --- cells -------------------------------------------------------------------------------------------------------

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
