/**
 * Where a video is to go: the folder, and the name without its number.
 */
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import { basename, dirname, extname, join, resolve } from "node:path"
import type { Generation } from "@mutoscope/core/Generation"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Media from "@mutoscope/core/Media"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { baseName } from "./fileName.ts"
import { makeFolder } from "./folder.ts"
import { atOnce, flags, type OpenFile, open, openNameless, remove } from "./nodeFile.ts"

/** A folder, and a name in it that gets a number where it is taken. */
export interface Place {
  /** The absolute path of the folder. */
  readonly folder: string
  /** The name of the file without its number and its extension. */
  readonly base: string
  /** The extension that the file is expected to have, with its dot; a file of another format gets its own. */
  readonly extension: string
}

/** The place that a generation asks for: a file ending in `.mp4` or `.webm`, another folder, or the store's own. */
export const placeOf = (directory: string, { output, ...generation }: Generation): Place => {
  const wanted = resolve(output ?? directory)
  const extension = extname(wanted)
  return output !== undefined && Media.placeKind(output) === "file"
    ? { folder: dirname(wanted), base: basename(wanted, extension), extension }
    : { folder: wanted, base: baseName(generation), extension: Media.containers.mp4.extension }
}

/** The place of a file in a format: with the extension of that, unless its name has it already in capitals. */
export const ofFormat = (place: Place, container: Media.Container | undefined): Place => {
  if (container === undefined) return place
  const { extension } = Media.containers[container]
  return place.extension.toLowerCase() === extension ? place : { ...place, extension }
}

/** The folder of a place that is named by itself: a folder, or a file. */
export const folderOf = (output: string): string =>
  Media.placeKind(output) === "file" ? dirname(resolve(output)) : resolve(output)

/** Fails where a name ends like a media file that no video will be, and is not a folder that is there. */
export const refuseForeign = ({ output }: Pick<Generation, "output">): Effect.Effect<void, StorageError> =>
  output === undefined || Media.placeKind(output) !== "foreign"
    ? Effect.void
    : Effect.flatMap(
        atOnce(`look at ${output}`, () => fs.statSync(output, { throwIfNoEntry: false })),
        (stats) =>
          stats?.isDirectory() === true
            ? Effect.void
            : new StorageError({
                operation: `store a video as ${output}`,
                reason: Media.foreignPlace(basename(output)),
                onePlace: true
              })
      )

/** Makes sure that the folder is there. Fails where something else has its name. */
export const createFolder = ({ folder }: Place): Effect.Effect<void, StorageError> =>
  atOnce(`create the folder ${folder}`, () => makeFolder(folder))

/** Milliseconds for which a folder that could be written in is believed to be so still. */
const trust = 2_000

/** A check that fails where a file could not be written in the folder, or where the wanted name is a folder. */
export const makeCheck = (): ((place: Place) => Effect.Effect<void, StorageError>) => {
  let tried = { folder: "", at: Number.NEGATIVE_INFINITY }
  return (place) =>
    Effect.gen(function* () {
      const at = yield* Clock.currentTimeMillis
      yield* createFolder(place)
      yield* refuseFolder(join(place.folder, `${place.base}${place.extension}`))
      // A crowd that asks about one folder is told what the first of it found.
      if (place.folder === tried.folder && at - tried.at < trust) return
      yield* tryOut(place.folder)
      tried = { folder: place.folder, at }
    })
}

const refuseFolder = (path: string) =>
  atOnce(`look at ${path}`, () => fs.statSync(path, { throwIfNoEntry: false })).pipe(
    Effect.filterOrFail(
      (stats) => stats === undefined || !stats.isDirectory(),
      () => new StorageError({ operation: `write ${path}`, reason: "it is a folder", onePlace: true })
    )
  )

// Only writing shows whether one can write: modes, quotas, full disks and read-only mounts all have their say.
const tryOut = (folder: string) =>
  Effect.scoped(
    Effect.flatMap(openNameless(folder), (nameless) =>
      nameless === undefined ? writeNamed(folder) : writeTo(folder, nameless)
    )
  )

const writeTo = (folder: string, file: OpenFile) =>
  atOnce(`write in ${folder}`, () => fs.writeFileSync(file, "Mutoscope looks whether it can write here.\n"))

/** Where no file can be without a name, a process that is killed in between leaves this one behind. */
const writeNamed = (folder: string) => {
  const path = join(folder, `.mutoscope-${randomUUID()}`)
  return Effect.flatMap(open(path, flags.create), (file) => writeTo(folder, file)).pipe(
    Effect.scoped,
    Effect.ensuring(Effect.ignore(remove(path)))
  )
}
