/**
 * Who renders what, where several emulators share a folder: `owners/OWNER` is kept fresh by a living emulator, and
 * `claims/ID` names the owner of a job. A claim whose owner is gone can be taken.
 *
 * Two may still take the same claim in the same instant. That costs time, not correctness: a job's video depends on
 * its description alone, and is put in its place in one step.
 *
 * @internal
 */
import { randomUUID } from "node:crypto"
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import type { OperationId } from "../OperationRecord.ts"
import { removeOld } from "./recordFiles.ts"

export interface Claims {
  /** This emulator's name, unlike any other's. */
  readonly owner: string
  /** Whether the job is this emulator's from now on. */
  readonly take: (id: OperationId) => Effect.Effect<boolean, PlatformError.PlatformError>
  readonly release: (id: OperationId) => Effect.Effect<void>
}

/** An owner that has not been heard of for this long, in milliseconds, is gone even if a process has its number. */
const longestSilence = 30_000

/** The claims of a new emulator on this folder, which is an owner until the scope ends. */
export const make = (
  directory: string
): Effect.Effect<Claims, PlatformError.PlatformError, Scope.Scope | FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    const owners = path.join(directory, "owners")
    const claims = path.join(directory, "claims")
    yield* fs.makeDirectory(owners, { recursive: true })
    yield* fs.makeDirectory(claims, { recursive: true })
    yield* forgetTheDead(fs, path, owners)
    const owner = `${process.pid}-${randomUUID()}`
    yield* beAlive(fs, path.join(owners, owner))
    const fileOf = (id: OperationId) => path.join(claims, id)
    const release = (id: OperationId) => Effect.ignore(fs.remove(fileOf(id), { force: true }))
    const create = (id: OperationId) =>
      fs.writeFileString(fileOf(id), owner, { flag: "wx" }).pipe(Effect.as(true), Effect.catchAll(ifTaken))
    const take = (id: OperationId) =>
      Effect.gen(function* () {
        if (yield* create(id)) return true
        const holder = yield* Effect.orElseSucceed(fs.readFileString(fileOf(id)), () => "")
        if (holder === owner) return true
        if (yield* isAlive(fs, holder, path.join(owners, path.basename(holder)))) return false
        yield* release(id)
        return yield* create(id)
      })
    return { owner, take, release }
  })

/** What a killed emulator leaves; an hour is far more than its claims need to be seen through. */
const forgetTheDead = (fs: FileSystem.FileSystem, path: Path.Path, owners: string) =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => removeOld(fs, path, owners, "", now - 3_600_000))

const ifTaken = (error: PlatformError.PlatformError) =>
  error._tag === "SystemError" && error.reason === "AlreadyExists"
    ? Effect.succeed(false)
    : Effect.fail(error)

const beAlive = (fs: FileSystem.FileSystem, file: string) =>
  Effect.gen(function* () {
    yield* Effect.acquireRelease(fs.writeFileString(file, ""), () =>
      Effect.ignore(fs.remove(file, { force: true }))
    )
    const beat = Effect.flatMap(Clock.currentTimeMillis, (now) =>
      fs.utimes(file, new Date(now), new Date(now))
    )
    // A beat that fails is no reason to stop: at worst another emulator renders the same again.
    yield* Effect.forkScoped(Effect.repeat(Effect.ignore(beat), Schedule.spaced("5 seconds")))
  })

const isAlive = (fs: FileSystem.FileSystem, owner: string, file: string): Effect.Effect<boolean> =>
  Effect.gen(function* () {
    const seen = Option.flatMap(yield* Effect.option(fs.stat(file)), ({ mtime }) => mtime)
    const silence =
      (yield* Clock.currentTimeMillis) -
      Option.match(seen, {
        onNone: () => Number.NEGATIVE_INFINITY,
        onSome: (time) => time.getTime()
      })
    return silence < longestSilence && isRunning(Number.parseInt(owner, 10))
  })

/** Signal 0 asks whether a process is there, on every system. One that is another user's is there. */
const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
