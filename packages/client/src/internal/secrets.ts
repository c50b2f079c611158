/**
 * What must not leave this package: keys, tokens, the queries of signed addresses, and base64 by the megabyte.
 */
import * as Redacted from "effect/Redacted"

/** Headers with such names are redacted wherever a request is shown. */
export const secretName = /key|token|secret|auth|signature|cookie/i

const redacted = "<redacted>"

/** The longest answer that is kept for a person to look at, in characters. */
const longestAnswer = 4096

/** A piece of an answer as it may be kept: without the given secrets, without addresses' queries and without base64. */
export const strip = (text: string, secrets: ReadonlyArray<Redacted.Redacted> = []): string => {
  const short = text.slice(0, longestAnswer * 4)
  const known = secrets.reduce((result, secret) => withoutSecret(result, Redacted.value(secret)), short)
  return (
    known
      .replace(/(https?:\/\/[^\s"'<>?]+)\?[^\s"'<>]*/g, `$1?${redacted}`)
      // What a model signs of its thoughts is of use to nobody else.
      .replace(/("(?:thought_?)?signature"\s*:\s*")[^"]*/gi, `$1${redacted}`)
      .replace(/[A-Za-z0-9+/_-]{256,}={0,2}/g, "<base64>")
      .replace(/\p{Surrogate}|\0/gu, "\uFFFD")
      .slice(0, longestAnswer)
  )
}

/** The values of headers that hold secrets, without the word before them that says of what kind they are. */
export const secretsIn = (headers: Readonly<Record<string, string>> = {}): ReadonlyArray<Redacted.Redacted> =>
  Object.entries(headers).flatMap(([name, value]) =>
    secretName.test(name) ? [Redacted.make(value.replace(/^\S+ /, ""))] : []
  )

/** Whether a text holds one of the secrets. */
export const holdsSecret = (text: string, secrets: ReadonlyArray<Redacted.Redacted>): boolean =>
  secrets.some((secret) => withoutSecret(text, Redacted.value(secret)) !== text)

const withoutSecret = (text: string, secret: string): string =>
  secret.length < 4 ? text : text.replaceAll(secret, redacted)

/** An address as it may be shown: where it leads, without user, query and fragment. */
export const shownUrl = (url: URL): string => `${url.origin}${url.pathname}`
