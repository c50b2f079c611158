/**
 * Images and videos on their way into a request: files are read where there is a file system, what they are is found in
 * their bytes and not in their names, and addresses are passed on, never fetched.
 */
import type { PlatformError } from "@effect/platform/Error"
import type { File, FileSystem } from "@effect/platform/FileSystem"
import { InvalidRequest, UnsupportedOption } from "@mutoscope/core/GenerationError"
import type { MediaInput } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import { type FileTypeResult, fileTypeFromBuffer } from "file-type"
import { imageDimensionsFromData } from "image-dimensions"

/** Whose input it is and what for, how many bytes are taken, and where files are read from. */
export interface Place {
  readonly provider: string
  readonly model: string
  /** As people read it: `start image`. */
  readonly field: string
  readonly kind: "image" | "video"
  readonly most: number
  readonly fileSystem: Option.Option<FileSystem>
}

/** An input whose bytes are here. */
export interface Loaded {
  readonly bytes: Uint8Array
  readonly mimeType: string
  /** A name for it: of its kind, not of its file, which is nobody's business. */
  readonly name: string
}

/** Why an input is of no use. */
export type InputError = InvalidRequest | UnsupportedOption

/** The bytes of an input. An address is refused, since nothing that a user names is fetched. */
export const load = (input: MediaInput, place: Place): Effect.Effect<Loaded, InputError> => {
  switch (input._tag) {
    case "Bytes":
      return checked(input.data, place, "that was given")
    case "Url":
      return Effect.fail(
        unsupported(place, "from the address", input.url, `the ${place.kind}'s bytes`, "a file")
      )
    case "Path":
      return Effect.flatMap(read(input.path, place), (bytes) => checked(bytes, place, input.path))
  }
}

/** An input as an address: the one that was given, if it is https, or a `data:` address with the bytes. */
export const toUrl = (input: MediaInput, place: Place): Effect.Effect<string, InputError> => {
  if (input._tag !== "Url") return Effect.map(load(input, place), dataUrl)
  return URL.canParse(input.url) && new URL(input.url).protocol === "https:"
    ? Effect.succeed(input.url)
    : Effect.fail(unsupported(place, "from the address", input.url, "an https:// address", "a file"))
}

/** Bytes as an address. */
export const dataUrl = (loaded: Loaded): string => `data:${loaded.mimeType};base64,${base64(loaded)}`

/** Bytes as base64. By the platform: effect's own encoder takes seconds and a gigabyte for 20 MB. */
export const base64 = ({ bytes }: Loaded): string =>
  Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString("base64")

const types: { readonly [Kind in Place["kind"]]: { readonly pattern: RegExp; readonly words: string } } = {
  image: { pattern: /^image\/(png|jpeg|webp)$/, words: "PNG, JPEG or WebP image" },
  video: { pattern: /^video\/(mp4|quicktime|webm)$/, words: "MP4, QuickTime or WebM video" }
}

/** Fails where inputs, as base64, are together more bytes than one request may hold. */
export const within = (
  most: number,
  inputs: ReadonlyArray<string>,
  { model, provider }: Pick<Place, "model" | "provider">
): Effect.Effect<void, UnsupportedOption> => {
  const bytes = (inputs.reduce((sum, { length }) => sum + length, 0) * 3) / 4
  if (bytes <= most) return Effect.void
  return new UnsupportedOption({
    provider,
    model,
    option: "inputs that are together",
    value: megabytes(bytes),
    supported: [`at most ${megabytes(most)} in one request`]
  })
}

/** A number of bytes for people, in millions of them: `7 MB`. */
export const megabytes = (bytes: number): string => `${(bytes / 1_000_000).toFixed(1).replace(/\.0$/, "")} MB`

/** The shortest side of an image that is worth sending, in pixels: models render smaller ones as mush or refuse them. */
export const minimumSide = 64

/** The most pixels of an image: what decodes into more is refused by every service. */
export const maximumPixels = 100_000_000

/**
 * Why the bytes cannot be used as an input of their kind, or nothing: they are of another kind, or of an image the header
 * cannot be decoded or tells a size that is out of range. Nothing but the header is looked at.
 */
export const faultOf = (bytes: Uint8Array, kind: Place["kind"]): Effect.Effect<Option.Option<string>> =>
  Effect.map(
    typeOf(bytes, kind),
    Either.match({
      onLeft: Option.some,
      onRight: () => (kind === "image" ? pixelFault(bytes) : Option.none())
    })
  )

const pixelFault = (bytes: Uint8Array): Option.Option<string> => {
  const size = imageDimensionsFromData(bytes)
  if (size === undefined) return Option.some("its header is damaged, so its size in pixels is not known")
  const { height, width } = size
  if (Math.min(width, height) < minimumSide)
    return Option.some(`expected at least ${minimumSide} pixels on each side, got ${width}x${height}`)
  return width * height > maximumPixels
    ? Option.some(`expected at most ${maximumPixels / 1_000_000} megapixels, got ${width}x${height}`)
    : Option.none()
}

/** The type of bytes by what they begin with; on the left is why it is not one that is taken. */
const typeOf = (
  bytes: Uint8Array,
  kind: Place["kind"]
): Effect.Effect<Either.Either<FileTypeResult, string>> =>
  Effect.map(
    // A file of which nothing is known, and one that breaks off, are the same to us.
    Effect.promise(() => fileTypeFromBuffer(bytes).catch(() => undefined)),
    (type) => {
      const { pattern, words } = types[kind]
      if (type !== undefined && pattern.test(type.mime)) return Either.right(type)
      const name = isSvg(bytes) ? "SVG" : type === undefined ? undefined : (names[type.mime] ?? type.mime)
      return Either.left(
        name === undefined ? `it is no ${words}` : `expected a ${words}, got ${name}: convert it`
      )
    }
  )

const names: { readonly [mime: string]: string } = {
  "image/heic": "HEIC",
  "image/heif": "HEIC",
  "image/heic-sequence": "HEIC",
  "image/heif-sequence": "HEIC",
  "image/avif": "AVIF",
  "image/tiff": "TIFF",
  "image/gif": "GIF",
  "image/bmp": "BMP"
}

/** A text that begins with the element, or with what XML may have before it. */
const isSvg = (bytes: Uint8Array): boolean => {
  const head = new TextDecoder().decode(bytes.subarray(0, 4096)).trimStart()
  return /^<svg[\s/>]/i.test(head) || (/^<(\?xml|!--|!DOCTYPE svg)/i.test(head) && /<svg[\s/>]/i.test(head))
}

const checked = (bytes: Uint8Array, place: Place, name: string): Effect.Effect<Loaded, InputError> =>
  Effect.gen(function* () {
    const fault = sizeFault(BigInt(bytes.byteLength), place, name)
    if (fault !== undefined) return yield* fault
    const type = yield* Effect.flatMap(
      typeOf(bytes, place.kind),
      Either.mapLeft((reason) => unreadable(place, name, reason))
    )
    return { bytes, mimeType: type.mime, name: `${place.kind}.${type.ext}` }
  })

const read = (path: string, place: Place): Effect.Effect<Uint8Array, InputError> =>
  Option.match(place.fileSystem, {
    onNone: () => Effect.fail(unsupported(place, "from the file", path, `the ${place.kind}'s bytes`)),
    onSome: (fileSystem) =>
      fileSystem.stat(path).pipe(
        Effect.flatMap(
          (stats): Effect.Effect<Uint8Array, InputError | PlatformError> =>
            fileFault(stats, place, path) ?? fileSystem.readFile(path)
        ),
        Effect.mapError((error) =>
          error._tag === "InvalidRequest" || error._tag === "UnsupportedOption"
            ? error
            : unreadable(
                place,
                path,
                `it cannot be read (${error._tag === "SystemError" ? error.reason : error._tag})`
              )
        )
      )
  })

/** Looked at before it is opened: a pipe would be waited for, and a device has no end. */
const fileFault = ({ size, type }: File.Info, place: Place, path: string): InputError | undefined =>
  type === "File" ? sizeFault(size, place, path) : unreadable(place, path, "it is no ordinary file")

/** Nobody can use an empty one; what is too large for one provider is no mistake, and another may take it. */
const sizeFault = (size: bigint, place: Place, name: string): InputError | undefined => {
  const { field, model, most, provider } = place
  if (size === 0n) return unreadable(place, name, "it is empty")
  if (size <= BigInt(most)) return undefined
  const value = megabytes(Number(size))
  return new UnsupportedOption({
    provider,
    model,
    option: `${field} of`,
    value,
    supported: [`at most ${megabytes(most)}`]
  })
}

const unsupported = (
  { provider, model, field }: Place,
  origin: string,
  value: string,
  ...supported: ReadonlyArray<string>
) =>
  new UnsupportedOption({
    provider,
    model,
    option: `${field} ${origin}`,
    value: value.slice(0, 80),
    supported
  })

const unreadable = ({ field, kind }: Place, name: string, reason: string) =>
  new InvalidRequest({ field, value: name, reason: `The ${kind} ${name} is of no use: ${reason}` })
