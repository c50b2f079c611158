/**
 * Images and videos that a request brings along, checked before there is a record of it: what no provider could use is a
 * mistake in the request, not a failed job.
 */
import { createHash } from "node:crypto"
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { faultOf, megabytes } from "@mutoscope/client/Inputs"
import type { InputLimits } from "@mutoscope/core/Capabilities"
import { InvalidRequest } from "@mutoscope/core/GenerationError"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** The most bytes of an image and of a video where the model says nothing: no provider takes more. */
export const largest = { image: 50_000_000, video: 500_000_000 } as const

/**
 * The most bytes of an input that the request's model takes; unknown where there are models to fall back to, of which one
 * may take more.
 */
export const limitsFor = (
  { model }: VideoRequest,
  { fallback }: { readonly fallback: ReadonlyArray<string> }
): Effect.Effect<InputLimits, never, VideoProvider> =>
  Effect.map(VideoProvider, ({ capabilities }) =>
    fallback.length > 0
      ? {}
      : Option.match(capabilities(model), {
          onNone: () => ({}),
          onSome: ({ inputLimits = {} }) => inputLimits
        })
  )

/** A local file, known by its place. */
interface LocalFile {
  readonly path: string
  readonly kind: "image" | "video"
}

/** A file that can be sent: its length in bytes, and the SHA-256 of its content in hexadecimal digits. */
interface Inspected {
  readonly size: number
  readonly hash: string
}

/** Reads a file and checks it; fails with what is wrong with it, in words. */
export type Inspect = (file: LocalFile) => Effect.Effect<Inspected, string, FileSystem.FileSystem>

/** One that reads each file once, however many requests bring it along. */
export const makeInspect: Effect.Effect<Inspect> = Effect.map(
  Effect.cachedFunction((file: LocalFile) => inspect(file)),
  (cached) => (file) => cached(Data.struct(file))
)

/**
 * Checks the inputs of a request that are files here or bytes: that they can be read, are of their kind, are not too large,
 * and of an image that its header can be decoded and tells a size that models take. Fails with the first that does not pass;
 * else the SHA-256 of each file, in the order of {@link inputsOf}.
 */
export const check = (
  request: VideoRequest,
  limits: InputLimits = {},
  inspect_: Inspect = inspect
): Effect.Effect<ReadonlyArray<string>, InvalidRequest, FileSystem.FileSystem> =>
  Effect.map(
    Effect.forEach(inputsOf(request), ({ field, input, kind }) => {
      if (input._tag === "Url") return Effect.succeed([])
      const name = input._tag === "Path" ? input.path : "that was given"
      const checked: Effect.Effect<ReadonlyArray<string>, string, FileSystem.FileSystem> = input._tag ===
      "Path"
        ? Effect.flatMap(inspect_({ path: input.path, kind }), ({ hash, size }) =>
            Effect.as(within(size, limits[kind]), [hash])
          )
        : Effect.zipRight(within(input.data.byteLength, limits[kind]), Effect.as(sound(input.data, kind), []))
      return Effect.mapError(
        checked,
        (reason) =>
          new InvalidRequest({ field, value: name, reason: `The ${field} ${name} is of no use: ${reason}` })
      )
    }),
    (hashes) => hashes.flat()
  )

interface NamedInput {
  readonly field: string
  readonly kind: "image" | "video"
  readonly input: MediaInput
}

/** What a request brings along: start image, last frame, reference images, and the video to extend. */
const inputsOf = ({ extend, lastFrame, referenceImages = [], startImage }: VideoRequest) => {
  const named = (
    field: string,
    kind: NamedInput["kind"],
    input: MediaInput | undefined
  ): ReadonlyArray<NamedInput> => (input === undefined ? [] : [{ field, kind, input }])
  return [
    ...named("start image", "image", startImage),
    ...named("last frame", "image", lastFrame),
    ...referenceImages.flatMap((input) => named("reference image", "image", input)),
    ...named("video to extend", "video", extend)
  ]
}

const inspect: Inspect = ({ kind, path }) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    // Looked at before it is opened: a pipe would be waited for, and a device has no end.
    const { size, type } = yield* Effect.mapError(fs.stat(path), inWords)
    if (type !== "File") return yield* Effect.fail("it is no ordinary file")
    if (size === 0n) return yield* Effect.fail("it is empty")
    yield* within(Number(size), largest[kind])
    const bytes = yield* Effect.mapError(fs.readFile(path), inWords)
    yield* sound(bytes, kind)
    return { size: bytes.byteLength, hash: createHash("sha256").update(bytes).digest("hex") }
  })

const within = (size: number, most: number | undefined): Effect.Effect<void, string> =>
  most === undefined || size <= most
    ? Effect.void
    : Effect.fail(`expected at most ${megabytes(most)}, got ${megabytes(size)}`)

const sound = (bytes: Uint8Array, kind: LocalFile["kind"]): Effect.Effect<void, string> =>
  Effect.flatMap(
    faultOf(bytes, kind),
    Option.match({ onNone: () => Effect.void, onSome: (reason) => Effect.fail(reason) })
  )

const inWords = (error: PlatformError) => {
  if (error._tag !== "SystemError") return "its name cannot be used"
  return error.reason === "NotFound" ? "there is no such file" : `it cannot be read (${error.reason})`
}
