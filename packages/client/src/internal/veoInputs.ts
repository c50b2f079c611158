/**
 * Images on their way into a request: bytes become base64, files are read where there is a file system, and Google's
 * own storage is referred to.
 */
import type { PlatformError } from "@effect/platform/Error"
import type { File, FileSystem } from "@effect/platform/FileSystem"
import { InvalidRequest, UnsupportedOption } from "@videogen/core/GenerationError"
import type { MediaInput } from "@videogen/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"

/** An image as Veo wants it. */
export type WireImage =
  | { readonly bytesBase64Encoded: string; readonly mimeType: string }
  | { readonly gcsUri: string; readonly mimeType: string }

/** Whose image it is and what for, and where files are read from. */
export interface Place {
  readonly provider: string
  readonly model: string
  readonly field: string
  readonly fileSystem: Option.Option<FileSystem>
}

/** An input in Veo's form. */
export const wireImage = (
  input: MediaInput,
  place: Place
): Effect.Effect<WireImage, InvalidRequest | UnsupportedOption> => {
  switch (input._tag) {
    case "Bytes":
      return Effect.succeed(inline(input.data, input.mimeType))
    case "Url":
      return input.url.startsWith("gs://")
        ? Effect.succeed({ gcsUri: input.url, mimeType: typeOfName(input.url) })
        : Effect.fail(unsupported(place, "from the address", input.url))
    case "Path":
      return fromFile(input.path, place)
  }
}

const inline = (bytes: Uint8Array, mimeType: string): WireImage => ({
  bytesBase64Encoded: Encoding.encodeBase64(bytes),
  mimeType
})

const fromFile = (path: string, place: Place): Effect.Effect<WireImage, InvalidRequest | UnsupportedOption> =>
  Option.match(place.fileSystem, {
    onNone: () => Effect.fail(unsupported(place, "from the file", path)),
    onSome: (fileSystem) =>
      fileSystem.stat(path).pipe(
        Effect.flatMap((stats): Effect.Effect<Uint8Array, InvalidRequest | PlatformError> => {
          const fault = faultOf(stats)
          return fault === undefined ? fileSystem.readFile(path) : unreadable(place, path, fault)
        }),
        Effect.mapError((error) =>
          error._tag === "InvalidRequest"
            ? error
            : unreadable(
                place,
                path,
                `it cannot be read (${error._tag === "SystemError" ? error.reason : error._tag})`
              )
        ),
        Effect.flatMap((bytes) =>
          Option.match(typeOfBytes(bytes), {
            onNone: () => Effect.fail(unreadable(place, path, "it is no PNG, JPEG or WebP image")),
            onSome: (mimeType) => Effect.succeed(inline(bytes, mimeType))
          })
        )
      )
  })

/** Google takes inline data of 20 MB a request at most. */
const largest = 20_000_000n

/** Looked at before it is opened: a pipe would be waited for, and a device has no end. */
const faultOf = ({ size, type }: File.Info): string | undefined => {
  if (type !== "File") return "it is no ordinary file"
  if (size === 0n) return "it is empty"
  return size > largest ? "it has more than 20 MB" : undefined
}

const typeOfBytes = (bytes: Uint8Array): Option.Option<string> => {
  const start = String.fromCharCode(...bytes.subarray(0, 12))
  if (start.startsWith("\x89PNG")) return Option.some("image/png")
  if (start.startsWith("\xff\xd8\xff")) return Option.some("image/jpeg")
  return start.startsWith("RIFF") && start.endsWith("WEBP") ? Option.some("image/webp") : Option.none()
}

const typeOfName = (name: string): string =>
  /\.png$/i.test(name) ? "image/png" : /\.webp$/i.test(name) ? "image/webp" : "image/jpeg"

const unsupported = ({ provider, model, field }: Place, kind: string, value: string) =>
  new UnsupportedOption({
    provider,
    model,
    option: `${field} ${kind}`,
    value: value.slice(0, 80),
    supported: ["the image's bytes", "a gs:// address"]
  })

const unreadable = ({ field }: Place, path: string, reason: string) =>
  new InvalidRequest({ field, value: path, reason: `The image ${path} is of no use: ${reason}` })
