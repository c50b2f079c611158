/**
 * What a user's state folder remembers of databases: how many submits each had recorded, and which was at which path. It is apart
 * from them, so that a copy of a database that is put back does not bring its own memory along.
 *
 * A number is the name of an empty file, and the largest counts: to raise it is to rename the file, which nothing can tear, and
 * processes that do so at once have a file each.
 *
 *     databases/<id>/0000000000000042
 *     places/<hash of the path>.json
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import { join } from "node:path"
import type { StorageError } from "@mutoscope/core/GenerationError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { makeFolder } from "./folder.ts"
import type { SyncFolder } from "./folderSync.ts"
import { atOnce, flags, withFile } from "./nodeFile.ts"
import { codeOf } from "./storageError.ts"

/** What is remembered, where anything is. */
export interface Memory {
  /** The submits that the database had recorded. */
  readonly number: Option.Option<number>
  /** The databases that were at its paths last: their ids, and the submits that they had recorded. */
  readonly places: ReadonlyArray<{ readonly id: string; readonly number: number }>
}

export interface StateFolder {
  readonly directory: string
  /** Says what somebody should know of, and need not act on. */
  readonly warn: (message: string) => Effect.Effect<void>
  /** What is remembered of a database at its paths. */
  readonly recall: (paths: ReadonlyArray<string>, id: string) => Effect.Effect<Memory, StorageError>
  /** Remembers that a database is at its paths, and its number, on disk. */
  readonly record: (
    paths: ReadonlyArray<string>,
    id: string,
    number: number
  ) => Effect.Effect<void, StorageError>
  /** Remembers a number of a database that is recorded. Succeeds before it is on disk: `sync` sees to that. */
  readonly raise: (id: string, number: number) => Effect.Effect<void, StorageError>
  /** Puts the number of a database on disk. */
  readonly sync: (id: string) => Effect.Effect<void, StorageError>
}

/** A state folder, which is made when something is to be remembered. */
export const make = (directory: string, warn: StateFolder["warn"], syncFolder: SyncFolder): StateFolder => {
  const folderOf = (id: string) => join(directory, "databases", id)
  const places = join(directory, "places")
  const placeOf = (path: string) => join(places, `${hashOf(path)}.json`)
  const remembered = (id: string) => Math.max(none, ...numbersIn(folderOf(id)))

  /** The name that this process gave last, by database: its next number takes that name's place. */
  const given = new Map<string, number>()

  const raise = (id: string, number: number) => {
    const before = given.get(id) ?? number
    // Submits that share a commit may come out of their order.
    if (number < before) return
    const folder = folderOf(id)
    if (!renamed(join(folder, nameOf(before)), join(folder, nameOf(number)))) {
      makeFolder(folder, 0o700)
      create(join(folder, nameOf(number)))
    }
    given.set(id, number)
  }

  /** What others left is smaller, and of no use. */
  const tidy = (id: string, number: number) => {
    for (const one of numbersIn(folderOf(id)))
      if (one < number) fs.rmSync(join(folderOf(id), nameOf(one)), { force: true })
  }

  return {
    directory,
    warn,
    recall: (paths, id) =>
      atOnce(`read the state folder ${directory}`, () => {
        const number = remembered(id)
        const places = paths.flatMap((path) => Option.toArray(readPlace(placeOf(path))))
        return {
          number: number === none ? Option.none() : Option.some(number),
          places: places.map(({ database }) => ({ id: database, number: Math.max(0, remembered(database)) }))
        }
      }),
    record: (paths, id, number) =>
      Effect.gen(function* () {
        const now = yield* Clock.currentTimeMillis
        yield* atOnce(`write to the state folder ${directory}`, () => {
          raise(id, Math.max(number, remembered(id)))
          tidy(id, number)
          makeFolder(places, 0o700)
          for (const path of paths) writePlace(placeOf(path), { path, database: id })
          forget(directory, now)
        })
        yield* syncFolder(folderOf(id))
        yield* syncFolder(places)
        yield* syncFolder(directory)
      }),
    raise: (id, number) => atOnce(`write to the state folder ${directory}`, () => raise(id, number)),
    sync: (id) => syncFolder(folderOf(id))
  }
}

// Privates ---------------------------------------------------------------------------------------------------------

/** Smaller than any number. */
const none = -1

const digits = 16

const nameOf = (number: number) => String(number).padStart(digits, "0")

const numbersIn = (folder: string): ReadonlyArray<number> =>
  namesIn(folder).flatMap((name) => (/^\d{16}$/.test(name) ? [Number(name)] : []))

const namesIn = (folder: string): ReadonlyArray<string> => unlessMissing(() => fs.readdirSync(folder), [])

const unlessMissing = <A, B>(look: () => A, otherwise: B): A | B => {
  try {
    return look()
  } catch (error) {
    if (codeOf(error) === "ENOENT") return otherwise
    throw error
  }
}

const renamed = (from: string, to: string): boolean =>
  from !== to &&
  unlessMissing(() => {
    fs.renameSync(from, to)
    return true
  }, false)

// Somebody else may have raised it to the same number: a process that has recorded it for the first time.
const create = (name: string) => {
  try {
    withFile(name, flags.create, () => undefined)
  } catch (error) {
    if (codeOf(error) !== "EEXIST") throw error
  }
}

const hashOf = (path: string) => createHash("sha256").update(path).digest("hex").slice(0, 32)

const Place = Schema.parseJson(
  Schema.Struct({ path: Schema.String, database: Schema.String.pipe(Schema.pattern(/^[0-9a-f]{32}$/)) })
)

// What can't be read is of no use, and as if it were not there.
const readPlace = (name: string): Option.Option<typeof Place.Type> =>
  Option.flatMap(Option.fromNullable(unlessMissing(() => fs.readFileSync(name, "utf8"), undefined)), (text) =>
    Schema.decodeOption(Place)(text)
  )

const writePlace = (name: string, place: typeof Place.Type) => {
  const text = Either.getOrThrow(Schema.encodeEither(Place)(place))
  const partial = `${name}.${process.pid}.partial`
  fs.writeFileSync(partial, text, { mode: 0o600, flush: true })
  fs.renameSync(partial, name)
}

/** Milliseconds after which a path that leads nowhere is forgotten with the database that was there: 180 days. */
const abandoned = 180 * 24 * 3_600_000

/** Forgets what was never used again, as the databases of tests. */
const forget = (directory: string, now: number) => {
  const places = join(directory, "places")
  for (const name of namesIn(places)) {
    const file = join(places, name)
    const stats = fs.statSync(file, { throwIfNoEntry: false })
    if (stats === undefined || now - stats.mtimeMs < abandoned) continue
    const place = readPlace(file)
    if (Option.isSome(place) && fs.existsSync(place.value.path)) continue
    if (Option.isSome(place))
      fs.rmSync(join(directory, "databases", place.value.database), { recursive: true, force: true })
    fs.rmSync(file, { force: true })
  }
}
