/**
 * Node's files as effects. The platform's `FileSystem` has neither `O_NOFOLLOW` nor `writev`, which the protocol of
 * the video store and its speed depend on.
 *
 * What only looks at names and gives them is done on the spot: it takes a few microseconds, and the way to another thread
 * and back takes ten times as many. What waits for a disk, or moves many bytes, goes to another thread.
 */
import * as fs from "node:fs"
import { promisify } from "node:util"
import type { StorageError } from "@mutoscope/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import { codeOf, placeError } from "./storageError.ts"

/** The number that the system knows an open file by. */
export type OpenFile = number

/** A step that is over at once. */
export const atOnce = <A>(operation: string, step: () => A): Effect.Effect<A, StorageError> =>
  Effect.try({ try: step, catch: placeError(operation) })

/** The same, where one of some error codes is an answer and not a failure. */
export const atOnceOr = <A, B>(
  operation: string,
  step: () => A,
  codes: ReadonlyArray<string>,
  otherwise: B
): Effect.Effect<A | B, StorageError> =>
  atOnce<A | B>(operation, () => {
    try {
      return step()
    } catch (error) {
      if (codes.includes(codeOf(error) ?? "")) return otherwise
      throw error
    }
  })

/** A step that takes its time. It is always waited for: a write in flight outlives no file. */
export const attempt = <A>(operation: string, step: () => Promise<A>): Effect.Effect<A, StorageError> =>
  Effect.uninterruptible(Effect.tryPromise({ try: step, catch: placeError(operation) }))

/** Writes buffers, one after the other, at a position; tells how many bytes the system took. */
export const writev = promisify(fs.writev)

/** Reads into a buffer from a position. */
export const read = promisify(fs.read)

/** Waits until what was written is on disk. */
export const sync = promisify(fs.fsync)

/** What is at a path, without following a link; nothing where there is nothing. */
export const look = (path: string): Effect.Effect<Option.Option<fs.Stats>, StorageError> =>
  Effect.map(
    atOnceOr(`look at ${path}`, () => statsOf(path), ["ENOTDIR"], undefined),
    Option.fromNullable
  )

/** Removes a file, if it is there. Looked for first: an error that nobody wants costs more than a look. */
export const remove = (path: string): Effect.Effect<void, StorageError> =>
  atOnceOr(
    `remove ${path}`,
    () => (statsOf(path) === undefined ? undefined : fs.unlinkSync(path)),
    ["ENOENT"],
    undefined
  )

const statsOf = (path: string) => fs.lstatSync(path, { throwIfNoEntry: false })

// Windows has no such flag, and its links need privileges.
const noFollow = fs.constants.O_NOFOLLOW ?? 0

/** Ways to open a file: a new one that nobody can have prepared, or one of ours to go on with. Never through a link. */
export const flags = {
  create: fs.constants.O_RDWR | fs.constants.O_CREAT | fs.constants.O_EXCL | noFollow,
  resume: fs.constants.O_RDWR | noFollow,
  read: fs.constants.O_RDONLY | noFollow
} as const

/** An open file, for its owner's eyes alone, closed with the scope. */
export const open = (path: string, flag: number): Effect.Effect<OpenFile, StorageError, Scope.Scope> =>
  closedWithScope(atOnce(`open ${path}`, () => fs.openSync(path, flag, 0o600)))

// To close it needs nothing of this fiber, which `Effect.acquireRelease` would keep for it.
const closedWithScope = <A extends OpenFile | undefined>(opened: Effect.Effect<A, StorageError>) =>
  Effect.uninterruptible(
    Effect.scopeWith((scope) =>
      Effect.flatMap(opened, (file) =>
        file === undefined
          ? Effect.succeed(file)
          : Effect.as(
              Scope.addFinalizer(
                scope,
                Effect.sync(() => close(file))
              ),
              file
            )
      )
    )
  )

/** Opens a file for one use that is over at once. */
export const withFile = <A>(path: string, flag: number, use: (file: OpenFile) => A): A => {
  const file = fs.openSync(path, flag, 0o600)
  try {
    return use(file)
  } finally {
    close(file)
  }
}

// What had to be on disk was synced before; that a file can't be closed is nobody's concern any more.
const close = (file: OpenFile) => {
  try {
    fs.closeSync(file)
  } catch {}
}

// Linux alone has files without a name, and Node has no name for that: O_TMPFILE of the kernel's fcntl.h.
const nameless =
  process.platform === "linux" ? fs.constants.O_RDWR | fs.constants.O_DIRECTORY | 0o20000000 : undefined

/** A file in a folder that has no name, so that nothing of it outlives the process; undefined where there is no such thing. */
export const openNameless = (
  folder: string
): Effect.Effect<OpenFile | undefined, StorageError, Scope.Scope> =>
  nameless === undefined
    ? Effect.succeed(undefined)
    : closedWithScope(
        atOnceOr(
          `write in ${folder}`,
          () => fs.openSync(folder, nameless, 0o600),
          ["EOPNOTSUPP", "ENOTSUP", "EISDIR", "EINVAL"],
          undefined
        )
      )
