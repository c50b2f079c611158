/**
 * Images and videos that are files of this machine: what cannot be read is said before there is a record of it.
 */
import type { PlatformError } from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import { InvalidRequest } from "@mutoscope/core/GenerationError"
import type { MediaInput, VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Effect from "effect/Effect"

/** Fails with the first input that is no file, is empty, or may not be read. What is in it, its provider looks at. */
export const usable = ({
  extend,
  lastFrame,
  referenceImages = [],
  startImage
}: VideoRequest): Effect.Effect<void, InvalidRequest, FileSystem.FileSystem> =>
  Effect.forEach(
    [
      ["start image", startImage] as const,
      ["last frame", lastFrame] as const,
      ...referenceImages.map((input) => ["reference image", input] as const),
      ["video to extend", extend] as const
    ],
    ([field, input]) => (input?._tag === "Path" ? file(field, input) : Effect.void),
    { discard: true }
  )

// Looked at before it is opened: a pipe would be waited for, and a device has no end.
const file = (field: string, { path }: Extract<MediaInput, { readonly _tag: "Path" }>) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const refused = (reason: string) =>
      new InvalidRequest({ field, value: path, reason: `The ${field} ${path} is of no use: ${reason}` })
    const { size, type } = yield* Effect.mapError(fs.stat(path), (error) => refused(inWords(error)))
    if (type !== "File") return yield* refused("it is no ordinary file")
    if (size === 0n) return yield* refused("it is empty")
    yield* Effect.mapError(fs.access(path, { readable: true }), (error) => refused(inWords(error)))
  })

const inWords = (error: PlatformError) => {
  if (error._tag !== "SystemError") return "its name cannot be used"
  return error.reason === "NotFound" ? "there is no such file" : `it cannot be read (${error.reason})`
}
