/**
 * A form, as `multipart/form-data` has it: encoded by the platform before it is sent, so that its length is known and
 * the request can be sent once and whole.
 */
import * as Effect from "effect/Effect"

/** A file in a form. */
export interface FormFile {
  readonly name: string
  readonly mimeType: string
  readonly bytes: Uint8Array
}

/** An encoded form. `type` is the header that goes with it. */
export class Form {
  readonly type: string
  readonly content: Uint8Array

  constructor(type: string, content: Uint8Array) {
    this.type = type
    this.content = content
  }
}

/** Encodes texts and files under their names. What is undefined is left out. */
export const form = (fields: Readonly<Record<string, string | FormFile | undefined>>): Effect.Effect<Form> =>
  Effect.promise(async () => {
    const data = new FormData()
    for (const [name, value] of Object.entries(fields)) {
      if (typeof value === "string") data.append(name, value)
      else if (value !== undefined)
        data.append(name, new Blob([value.bytes], { type: value.mimeType }), value.name)
    }
    const encoded = new Response(data)
    return new Form(
      encoded.headers.get("content-type") ?? "multipart/form-data",
      new Uint8Array(await encoded.arrayBuffer())
    )
  })
