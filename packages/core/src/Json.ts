/**
 * Plain JSON values, and the check that a value from outside is nothing but that.
 *
 * @since 0.1.0
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

/** Any JSON value: what survives `JSON.stringify` and back unchanged. */
export type Json = string | number | boolean | null | ReadonlyArray<Json> | { readonly [key: string]: Json }

// Assigning to one of these changes an object's prototype, and not its contents.
const forbiddenKeys = new Set(["__proto__", "constructor", "prototype"])

const Key = Schema.String.pipe(Schema.filter((key) => !forbiddenKeys.has(key)))

/** Schema of {@link Json}. Numbers are finite, and no key touches a prototype. */
export const Json: Schema.Schema<Json> = Schema.suspend(() =>
  Schema.Union(
    Schema.String,
    Schema.JsonNumber,
    Schema.Boolean,
    Schema.Null,
    Schema.Array(Json),
    Schema.Record({ key: Key, value: Json })
  )
).annotations({
  // Left to itself a generator of test data would nest without end.
  arbitrary: () => (fc) =>
    fc
      .jsonValue({ maxDepth: 2 })
      .map((value) => value as Json)
      .filter((value) => Option.isNone(findUnsafe(value)))
})

/** An object of JSON values. */
export const JsonObject = Schema.Record({ key: Key, value: Json })
export type JsonObject = typeof JsonObject.Type

/** Where a value stopped being safe data, and why. `path` is dotted: `providerOptions.labels`. */
export interface Unsafe {
  readonly path: string
  readonly value: unknown
  readonly reason: string
}

/** Deeper than this no request is nested by hand; it protects the recursive decoders behind it. */
const maximumDepth = 64

const loneSurrogate = /\p{Surrogate}/u

/**
 * Finds the first part of an untrusted value that must not reach a decoder: a key that touches prototypes, a text
 * with half a character in it, a number that JSON cannot carry, bytes in a place that may not hold any, or nesting without
 * end. It never recurses.
 */
export const findUnsafe = (
  input: unknown,
  holdsBytes: (path: string) => boolean = () => false
): Option.Option<Unsafe> => {
  const pending: Array<{ readonly path: string; readonly value: unknown; readonly depth: number }> = [
    { path: "", value: input, depth: 0 }
  ]
  for (let next = pending.pop(); next !== undefined; next = pending.pop()) {
    const { path, value, depth } = next
    const reason = unsafeReason(value, depth)
    if (reason !== undefined) return Option.some({ path, value, reason })
    if (ArrayBuffer.isView(value) && !holdsBytes(path)) return Option.some({ path, value, reason: noBytes })
    if (typeof value !== "object" || value === null || ArrayBuffer.isView(value)) continue
    for (const key of Object.keys(value)) {
      const child = {
        path: path === "" ? key : `${path}.${key}`,
        value: Reflect.get(value, key),
        depth: depth + 1
      }
      if (forbiddenKeys.has(key)) return Option.some({ ...child, reason: `The key ${key} is not allowed` })
      pending.push(child)
    }
  }
  return Option.none()
}

const noBytes = "Bytes are taken as the data of an input, and nowhere else"

const unsafeReason = (value: unknown, depth: number): string | undefined => {
  if (depth > maximumDepth) return `Nested deeper than ${maximumDepth} levels`
  if (typeof value === "number" && !Number.isFinite(value)) return `${value} is not a number that can be sent`
  if (typeof value === "string" && loneSurrogate.test(value))
    return "Not well-formed Unicode (a lone surrogate)"
  return undefined
}
