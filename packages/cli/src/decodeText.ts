/**
 * Decodes a file or a pipe of prompts. Bytes that are not text are refused with their offset, so that nobody pays for them.
 */
import { isUtf8 } from "node:buffer"
import * as Either from "effect/Either"

/** What is known of the bytes beside themselves. */
export interface DecodeOptions {
  /** Whether the bytes break off in the middle of a text, so that the last character may be incomplete. Default: false. */
  readonly isCut?: boolean
}

/**
 * The text of bytes in UTF-8, or in UTF-16 with its byte-order mark. On the left is why they are not text: they are not in
 * either encoding, or hold a control character other than a tab or a line break. A mark of UTF-8 stays in the text.
 */
export const decodeText = (
  bytes: Uint8Array,
  { isCut = false }: DecodeOptions = {}
): Either.Either<string, string> => {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const order = byteOrder(buffer)
  return order === undefined ? decodeUtf8(buffer, isCut) : decodeUtf16(buffer, order, isCut)
}

type ByteOrder = "little endian" | "big endian"

const byteOrder = (buffer: Buffer): ByteOrder | undefined =>
  buffer[0] === 0xff && buffer[1] === 0xfe
    ? "little endian"
    : buffer[0] === 0xfe && buffer[1] === 0xff
      ? "big endian"
      : undefined

const decodeUtf8 = (buffer: Buffer, isCut: boolean): Either.Either<string, string> => {
  const text = new TextDecoder("utf-8", { ignoreBOM: true }).decode(buffer, { stream: isCut })
  const fault = isUtf8(buffer) ? undefined : invalidUtf8(buffer, text)
  return fault === undefined
    ? withoutControls(text, (index) => Buffer.byteLength(text.slice(0, index)))
    : Either.left(fault)
}

/** The first replacement character of the text that is not in the bytes stands for those that could not be decoded. */
const invalidUtf8 = (buffer: Buffer, text: string): string | undefined => {
  let offset = 0
  let from = 0
  for (let index = text.indexOf(replacement); index >= 0; index = text.indexOf(replacement, from)) {
    offset += Buffer.byteLength(text.slice(from, index))
    if (!buffer.subarray(offset, offset + replacementBytes.length).equals(replacementBytes))
      return `Expected text in UTF-8, got the byte ${hexadecimal(buffer[offset] ?? 0, 2)} ${at(offset, text, index)}: save it as UTF-8`
    offset += replacementBytes.length
    from = index + 1
  }
  return undefined
}

const replacement = "\uFFFD"
const replacementBytes = Buffer.from(replacement)

const decodeUtf16 = (buffer: Buffer, order: ByteOrder, isCut: boolean): Either.Either<string, string> => {
  const body = buffer.subarray(2, buffer.length - (buffer.length % 2))
  const text = (order === "little endian" ? body : Buffer.from(body).swap16()).toString("utf16le")
  const alone = text.search(/\p{Surrogate}/u)
  if (alone >= 0 && !(isCut && alone === text.length - 1))
    return Either.left(`Expected text in UTF-16, got half a character ${at(2 + 2 * alone, text, alone)}`)
  if (buffer.length % 2 !== 0 && !isCut)
    return Either.left(
      `Expected text in UTF-16, got half a character ${at(buffer.length - 1, text, text.length)}`
    )
  return withoutControls(text, (index) => 2 + 2 * index)
}

/** All control characters but tab, line feed, carriage return and next line. */
const control = /[^\P{Cc}\t\n\r\u0085]/u

const withoutControls = (
  text: string,
  offsetOf: (index: number) => number
): Either.Either<string, string> => {
  const index = text.search(control)
  return index < 0
    ? Either.right(text)
    : Either.left(
        `Expected text, got the control character U+${hexadecimal(text.charCodeAt(index), 4).slice(2)} ${at(offsetOf(index), text, index)}`
      )
}

const hexadecimal = (value: number, digits: number) =>
  `0x${value.toString(16).toUpperCase().padStart(digits, "0")}`

const at = (offset: number, text: string, index: number) =>
  `at byte ${offset} (line ${text.slice(0, index).split("\n").length})`
