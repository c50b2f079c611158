/**
 * The format of a batch file, by its name and its content. A file of another kind is refused: each of its lines would be a
 * paid prompt.
 */
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Format } from "./formats.ts"
import { fieldNames } from "./line.ts"

/** Refuses a file whose extension is that of another known format, with the reason on the left. It need not be read. */
export const formatOfName = (name: string): Either.Either<Format | undefined, string> => {
  const extension = /\.([^./\\]+)$/.exec(name)?.[1]?.toLowerCase() ?? ""
  if (extension === "jsonl" || extension === "ndjson") return Either.right("jsonl")
  if (extension === "csv" || extension === "json") return Either.right(extension)
  const kind = others.find(({ extensions }) => extensions.includes(extension))
  return kind === undefined
    ? Either.right(undefined)
    : Either.left(`Expected a list of prompts, got ${kind.what} (.${extension}): ${kind.todo}`)
}

/**
 * The format of a file: the one that was given or that its name says, else by its text. On the left is why it is not a list
 * of prompts.
 */
export const formatOfText = (
  text: string,
  known: Format | undefined = undefined
): Either.Either<Format, string> => {
  if (known !== undefined && known !== "json") return Either.right(known)
  const content = text.replace(/^\uFEFF/, "").trim()
  return known === "json" ? jsonIn(content) : detect(content)
}

const jsonIn = (content: string): Either.Either<Format, string> =>
  content === "" || Option.exists(parseJson(content), Array.isArray)
    ? Either.right("json")
    : Either.left(
        "Expected a JSON array of prompts or objects: correct it, or use --format jsonl for one object a line"
      )

const detect = (content: string): Either.Either<Format, string> => {
  const [first = ""] = content.split(/\r?\n|\r/, 1)
  const json = parseJson(content)
  if (Option.isSome(json))
    return Array.isArray(json.value)
      ? Either.right("json")
      : Either.left(
          `Expected a prompt a line, got JSON that is not an array: use --format jsonl for one object a line, ${orText}`
        )
  if (/^[[{]$/.test(first.trim()))
    return Either.left(
      `Expected a prompt a line, got a first line of only ${first.trim()}, as in JSON: correct the JSON, ${orText}`
    )
  if (isObjectWithPrompt(first))
    return Either.left(`Expected a prompt a line, got JSON objects: use --format jsonl, ${orText}`)
  if (isHeader(first)) return Either.left(`Expected a prompt a line, got CSV: use --format csv, ${orText}`)
  return Either.right("text")
}

const orText = "or --format text if each line is a prompt"

const parseJson = Schema.decodeOption(Schema.parseJson())

const isObjectWithPrompt = (line: string): boolean =>
  Option.exists(
    parseJson(line),
    (value) => typeof value === "object" && value !== null && Object.hasOwn(value, "prompt")
  )

/** Two or more names of fields, one of them the prompt's, with what separates cells between them. */
const isHeader = (line: string): boolean => {
  const names = line.split(/[,;\t]/).map((name) => name.trim().replace(/^"(.*)"$/, "$1"))
  return names.length > 1 && names.includes("prompt") && names.every((name) => fieldNames.includes(name))
}

interface Kind {
  readonly what: string
  readonly extensions: ReadonlyArray<string>
  readonly todo: string
}

const ifText = "use --format text if it is a text with a prompt a line"

const others: ReadonlyArray<Kind> = [
  {
    what: "a table that is not CSV",
    extensions: [
      "xlsx",
      "xls",
      "xlsm",
      "xlsb",
      "ods",
      "numbers",
      "tsv",
      "parquet",
      "feather",
      "arrow",
      "avro"
    ],
    todo: `save it as CSV, or ${ifText}`
  },
  {
    what: "structured data",
    extensions: ["yaml", "yml", "toml", "xml", "plist", "json5", "jsonc", "db", "sqlite", "sqlite3", "sql"],
    todo: `save it as JSON Lines or CSV, or ${ifText}`
  },
  {
    what: "a document",
    extensions: ["pdf", "doc", "docx", "odt", "rtf", "pages", "ppt", "pptx", "html", "htm", "epub"],
    todo: `save it as plain text, or ${ifText}`
  },
  {
    what: "an archive",
    extensions: ["zip", "gz", "tgz", "tar", "bz2", "xz", "zst", "7z", "rar"],
    todo: `unpack it, or ${ifText}`
  },
  {
    what: "media",
    extensions: [
      ...["mp4", "mov", "webm", "mkv", "avi", "m4v", "mp3", "wav", "m4a"],
      ...["png", "jpg", "jpeg", "webp", "gif", "heic", "heif", "avif", "tif", "tiff", "svg", "bmp"]
    ],
    todo: `give a file of prompts, or ${ifText}`
  }
]
