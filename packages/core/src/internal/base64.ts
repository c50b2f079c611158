/**
 * Bytes in a request: as a caller has them, or in base64, which is how they are on record.
 */
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"

/** Bytes from themselves or from base64, and to base64. What is wrong with them is said without showing them. */
export const Base64Bytes = Schema.transformOrFail(
  Schema.Union(Schema.String, Schema.Uint8ArrayFromSelf),
  Schema.Uint8ArrayFromSelf,
  {
    strict: true,
    decode: (data, _, ast) =>
      typeof data !== "string"
        ? ParseResult.succeed(data)
        : Either.mapLeft(
            Encoding.decodeBase64(data),
            ({ message }) => new ParseResult.Type(ast, data, message)
          ),
    encode: (bytes) => ParseResult.succeed(toBase64(bytes))
  }
).annotations({ message: () => ({ message: unusable, override: true }) })

const unusable = "The data of an input must be bytes, or a text in base64"

const codes = new TextEncoder().encode("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/")
/** The code of `=`. */
const padding = 61

// Effect's encoder adds up characters: seconds and a gigabyte for an image of 20 MB; `btoa` wants characters to begin with.
const toBase64 = (bytes: Uint8Array): string => {
  const text = new Uint8Array(Math.ceil(bytes.length / 3) * 4).fill(padding)
  const put = (at: number, sixBits: number) => {
    text[at] = codes[sixBits & 63] ?? padding
  }
  for (let from = 0, to = 0; from < bytes.length; from += 3, to += 4) {
    const [first = 0, second, third] = [bytes[from], bytes[from + 1], bytes[from + 2]]
    put(to, first >> 2)
    put(to + 1, (first << 4) | ((second ?? 0) >> 4))
    if (second !== undefined) put(to + 2, (second << 2) | ((third ?? 0) >> 6))
    if (third !== undefined) put(to + 3, third)
  }
  return new TextDecoder().decode(text)
}
