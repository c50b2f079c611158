/**
 * Node's files as effects. The platform's `FileSystem` has neither `O_NOFOLLOW` nor `writev`, which the protocol of
 * the video store and its speed depend on.
 */
import { type BigIntStats, constants } from "node:fs"
import * as fs from "node:fs/promises"
import type { StorageError } from "@videogen/core/GenerationError"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { codeOf, storageError } from "./storageError.ts"

/** One step on the file system. It is short, and is always waited for: a write in flight outlives no file. */
export const attempt = <A>(operation: string, step: () => Promise<A>): Effect.Effect<A, StorageError> =>
  Effect.uninterruptible(Effect.tryPromise({ try: step, catch: storageError(operation) }))

/** The same, where one of some error codes is an answer and not a failure. */
export const attemptOr = <A, B>(
  operation: string,
  step: () => Promise<A>,
  codes: ReadonlyArray<string>,
  otherwise: B
): Effect.Effect<A | B, StorageError> =>
  attempt<A | B>(operation, () =>
    step().catch((error: unknown) => {
      if (codes.includes(codeOf(error) ?? "")) return otherwise
      throw error
    })
  )

/** What is at a path, without following a link; nothing where there is nothing. */
export const look = (path: string): Effect.Effect<Option.Option<BigIntStats>, StorageError> =>
  Effect.map(
    attemptOr(`look at ${path}`, () => fs.lstat(path, { bigint: true }), ["ENOENT", "ENOTDIR"], undefined),
    Option.fromNullable
  )

/** Removes a file, if it is there. */
export const remove = (path: string): Effect.Effect<void, StorageError> =>
  attemptOr(`remove ${path}`, () => fs.unlink(path), ["ENOENT"], undefined)

// Windows has no such flag, and its links need privileges.
const noFollow = constants.O_NOFOLLOW ?? 0

/** Ways to open a file: a new one that nobody can have prepared, or one of ours to go on with. Never through a link. */
export const flags = {
  create: constants.O_RDWR | constants.O_CREAT | constants.O_EXCL | noFollow,
  resume: constants.O_RDWR | noFollow,
  read: constants.O_RDONLY | noFollow
} as const

/** An open file, for its owner's eyes alone, closed with the scope. */
export const open = (path: string, flag: number): Effect.Effect<fs.FileHandle, StorageError, Scope.Scope> =>
  Effect.acquireRelease(
    attempt(`open ${path}`, () => fs.open(path, flag, 0o600)),
    (file) => Effect.promise(() => file.close().catch(() => undefined))
  )

// Linux alone has files without a name, and Node has no name for that: O_TMPFILE of the kernel's fcntl.h.
const nameless =
  process.platform === "linux" ? constants.O_RDWR | constants.O_DIRECTORY | 0o20000000 : undefined

/** A file in a folder that has no name, so that nothing of it outlives the process; undefined where there is no such thing. */
export const openNameless = (
  folder: string
): Effect.Effect<fs.FileHandle | undefined, StorageError, Scope.Scope> =>
  nameless === undefined
    ? Effect.succeed(undefined)
    : Effect.acquireRelease(
        attemptOr(
          `write in ${folder}`,
          () => fs.open(folder, nameless, 0o600),
          ["EOPNOTSUPP", "ENOTSUP", "EISDIR", "EINVAL"],
          undefined
        ),
        (file) => Effect.promise(async () => file?.close().catch(() => undefined))
      )

const unsyncable = ["EPERM", "EACCES", "EINVAL", "EISDIR", "ENOTSUP"]

/** Syncs a folder, so that a new name in it survives a power failure. Some platforms can't, and need not. */
export const syncFolder = (path: string): Effect.Effect<void, StorageError> =>
  attemptOr(
    `sync ${path}`,
    async () => {
      const folder = await fs.open(path, "r")
      await folder.sync().finally(() => folder.close())
    },
    unsyncable,
    undefined
  )
