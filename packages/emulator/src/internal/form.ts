/**
 * `multipart/form-data`: fields, which are all text, and files, whose content nobody looks at.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import type { IgnoredInput } from "../OperationRecord.ts"
import type { Reason } from "./refusal.ts"

/** `names` are what the files are called, by their fields. */
export interface Form {
  readonly fields: Readonly<Record<string, unknown>>
  readonly files: ReadonlyArray<IgnoredInput>
  readonly names: Readonly<Record<string, string>>
}

/** Whether a Content-Type announces a form of this kind. */
export const isForm = (type: string): boolean => /^multipart\/form-data\s*;/i.test(type)

/** The form in a body of that Content-Type. */
export const parse = (bytes: Buffer<ArrayBuffer>, type: string): Effect.Effect<Form, Reason> =>
  Effect.map(
    Effect.tryPromise({
      try: () => new Response(bytes, { headers: { "content-type": type } }).formData(),
      catch: (): Reason => ({ why: "malformed", detail: "It is no multipart form." })
    }),
    (form) => {
      const entries: ReadonlyArray<[string, File | string]> = [...form.entries()]
      return {
        fields: unfold(entries),
        files: entries.flatMap(toFile),
        names: Object.fromEntries(entries.flatMap(toName))
      }
    }
  )

/** Clients write `a[b]` for the field `b` of `a`. */
const unfold = (entries: ReadonlyArray<[string, File | string]>) => {
  const fields = new Map<string, string | Map<string, string>>()
  for (const [name, text] of entries) {
    if (typeof text !== "string") continue
    const [, outer = name, inner] = /^([^[]+)\[([^\]]+)\]$/.exec(name) ?? []
    const held = fields.get(outer)
    fields.set(
      outer,
      inner === undefined ? text : (held instanceof Map ? held : new Map<string, string>()).set(inner, text)
    )
  }
  return Object.fromEntries(
    [...fields].map(([name, value]) => [name, value instanceof Map ? Object.fromEntries(value) : value])
  )
}

const toFile = ([field, file]: [string, File | string]): ReadonlyArray<IgnoredInput> =>
  typeof file === "string"
    ? []
    : [{ field, bytes: file.size, ...(file.type === "" ? {} : { mimeType: file.type }) }]

const toName = ([field, file]: [string, File | string]): ReadonlyArray<[string, string]> =>
  typeof file === "string" ? [] : [[field, file.name]]
