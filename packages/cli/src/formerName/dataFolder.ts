/**
 * The folder for data of the former name: what is ours in it moves to the present one, or is continued where it is.
 *
 * Moving is a copy, a mark in the old database, and a rename of the copy. Before the mark nothing has happened; from the mark on the
 * former version refuses the old database, and whoever finds the mark and the copy does the rest. So a process may die at any
 * point. One process at a time moves; who waits for it finds the records in their new place.
 */
import {
  accessSync,
  constants,
  existsSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
  statSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import type * as Scope from "effect/Scope"
import { Configuration } from "../Configuration.ts"
import {
  type Exclusive,
  exclusive,
  type InUse,
  kindOf,
  locked,
  NotMovable,
  shared,
  syncFolder
} from "./formerRecords.ts"
import { Notices } from "./Notices.ts"
import { formerDatabase, formerFolders } from "./names.ts"

/** The settings, with the folder in which the records really are: the present one wherever that is possible. */
export const layer: Layer.Layer<Configuration, StorageError, Configuration> = Layer.scoped(
  Configuration,
  Effect.gen(function* () {
    const settled = yield* Configuration
    yield* tellLeftBehind(settled)
    return { ...settled, ...(yield* settle(settled, isDefault(settled))) }
  })
)

/** The database of the former name that stays unread since there is another in the present place; none where all is well. */
export const leftBehind = (settled: Configuration["Type"]): string | undefined => {
  const file = join(formerFolders().data, formerDatabase)
  return isDefault(settled) && file !== settled.database && kindOf(file) === "records" ? file : undefined
}

const tellLeftBehind = (settled: Configuration["Type"]): Effect.Effect<void> =>
  Effect.suspend(() => {
    const former = existsSync(settled.database) ? leftBehind(settled) : undefined
    if (former === undefined) return Effect.void
    return Effect.flatMap(Notices, ({ reading }) =>
      reading(
        [former],
        () =>
          `${former} has records that are not read, since ${settled.database} comes first; what is in it may be paid for again. To see them: MUTOSCOPE_DATA_DIR=${dirname(former)} mutoscope list.`
      )
    )
  })

const isDefault = ({ settings }: Configuration["Type"]) => settings.dataDir === undefined

/** A folder for data, and the database in it. */
type Place = Pick<Configuration["Type"], "dataDir" | "database">

/** From the folder of the former name to the present one, which may be the same folder. */
interface Move {
  readonly from: string
  readonly to: Place
  /** The database of the former name. */
  readonly old: string
  /** The copy, until it has its name. */
  readonly copy: string
}

const settle = (to: Place, everywhere: boolean): Effect.Effect<Place, StorageError, Scope.Scope> =>
  Effect.suspend(() => {
    if (existsSync(to.database)) return Effect.succeed(to)
    const [from] = [to.dataDir, ...(everywhere ? [formerFolders().data] : [])].filter(
      (folder) => kindOf(join(folder, formerDatabase)) !== "other"
    )
    if (from === undefined) return Effect.succeed(to)
    const move = { from, to, old: join(from, formerDatabase), copy: `${to.database}.moving` }
    return kindOf(move.old) === "moved" && !existsSync(move.copy) ? Effect.succeed(to) : moved(move)
  })

const moved = (move: Move): Effect.Effect<Place, StorageError, Scope.Scope> =>
  Effect.scoped(alone(move)).pipe(
    // Whoever waits for this very file finds the records in their place, and so does whoever makes another.
    Effect.zipRight(Effect.ignore(Effect.try(() => rmSync(lockOf(move), { force: true })))),
    Effect.as(move.to),
    Effect.catchTags({
      NotMovable: ({ reason }) => inPlace(move, reason),
      InUse: () => inPlace(move, "another process uses them")
    })
  )

/** The records stay where they are, under the name that they have. */
const inPlace = ({ from, old, to }: Move, reason: string): Effect.Effect<Place, never, Scope.Scope> =>
  Effect.gen(function* () {
    // Another process may have moved them since, and it is too late to be asked why it could.
    if (existsSync(to.database)) return to
    yield* shared(old)
    const { reading } = yield* Notices
    const place = from === to.dataDir ? to.database : to.dataDir
    yield* reading([old], () => `Your records stay at ${old}, and do not move to ${place} yet: ${reason}.`)
    return { dataDir: from, database: old }
  })

// --- one at a time ---------------------------------------------------------------------------------------------------

/** How long another process may take to move the records before this one leaves them alone. */
const patience = Schedule.spaced("100 millis").pipe(Schedule.upTo("2 minutes"))

const lockOf = ({ to }: Move) => join(to.dataDir, ".moving.lock")

const alone = (move: Move): Effect.Effect<void, InUse | NotMovable | StorageError, Scope.Scope> =>
  Effect.gen(function* () {
    yield* movable(move)
    yield* Effect.retry(locked(lockOf(move)), {
      schedule: patience,
      while: (error) => error._tag === "InUse"
    })
    if (existsSync(move.to.database)) return
    const old = yield* Effect.retry(exclusive(move.old), {
      schedule: patience,
      // A program that is refused does not look at it for long.
      while: (error) => error._tag === "InUse" && kindOf(move.old) === "moved"
    })
    if (!(yield* old.isMarked)) yield* old.copyTo(move.copy)
    yield* Effect.uninterruptible(Effect.zipRight(old.mark, finish(move, old)))
  })

/** What is left to do once the old database has its mark. Any part of it may have been done before. */
const finish = ({ copy, from, old, to }: Move, database: Exclusive) =>
  Effect.gen(function* () {
    if (!existsSync(copy)) return
    yield* Effect.try({
      try: () => {
        if (from !== to.dataDir)
          for (const name of entries) moveInto(join(from, name), join(to.dataDir, name))
        renameSync(copy, to.database)
        syncFolder(to.dataDir)
        syncFolder(from)
      },
      catch: (cause) =>
        new StorageError({
          operation: `move the records from ${old} to ${to.database}`,
          reason: `${cause instanceof Error ? cause.message : String(cause)}. The next command tries again`
        })
    })
    // They are in their new place: that they take up room in the old one too does no harm.
    yield* Effect.ignore(database.empty)
    const { happened } = yield* Notices
    yield* happened(
      from === to.dataDir
        ? `Your records in ${old} are now in ${to.database}.`
        : `Your records in ${from} are now in ${to.dataDir}.`
    )
  })

/** What there is of ours in the folder besides the database: operations that are not in their records yet, the preview's jobs. */
const entries = ["spool", "emulator"]

/** Moves a file or a folder; where there is such a folder already, what is in it. What would take another's place stays. */
const moveInto = (from: string, to: string): void => {
  if (!existsSync(from)) return
  if (!existsSync(to)) {
    renameSync(from, to)
    return
  }
  if (!statSync(from).isDirectory() || !statSync(to).isDirectory()) return
  for (const name of readdirSync(from)) moveInto(join(from, name), join(to, name))
  syncFolder(to)
  if (readdirSync(from).length === 0) rmdirSync(from)
}

// --- whether it can be moved -----------------------------------------------------------------------------------------

/** Fails where the records are to stay: somebody put them there on purpose, or they could be moved in part only. */
const movable = ({ from, old, to }: Move): Effect.Effect<void, NotMovable> =>
  Effect.gen(function* () {
    const refuse = (reason: string) => new NotMovable({ reason })
    yield* Effect.try({
      try: () => createFolder(to.dataDir),
      catch: () => refuse(`${to.dataDir} cannot be created`)
    })
    for (const path of [from, old])
      if (!canBeWritten(path)) return yield* refuse(`${path} cannot be written to`)
    if (!canBeWritten(to.dataDir)) return yield* refuse(`${to.dataDir} cannot be written to`)
    const { uid } = statSync(old)
    if (uid !== (process.getuid?.() ?? uid)) return yield* refuse("they are another user's")
    if (from === to.dataDir) return
    for (const path of [from, old, ...entries.map((name) => join(from, name))])
      if (lstatSync(path, { throwIfNoEntry: false })?.isSymbolicLink())
        return yield* refuse(`${path} is a link to another place`)
    if (!isOneFileSystem(from, to.dataDir)) return yield* refuse("they are on another file system")
    if (yield* isDrawing(join(from, "emulator"))) return yield* refuse("another process draws previews there")
  })

/** Whose name is on disk when this returns, as the names of all folders that had to be created for it. */
const createFolder = (folder: string) => {
  const first = mkdirSync(folder, { recursive: true, mode: 0o700 })
  if (first === undefined) return
  for (let path = folder; path.length >= first.length; path = dirname(path)) syncFolder(dirname(path))
}

const canBeWritten = (path: string) => {
  try {
    accessSync(path, constants.R_OK | constants.W_OK)
    return true
  } catch {
    return false
  }
}

/** Tried out: two mounts of one file system are two to a rename. So is everything that is to be moved looked at. */
const isOneFileSystem = (from: string, to: string): boolean => {
  const name = `.mutoscope-${process.pid}`
  const device = statSync(from).dev
  const isElsewhere = (path: string) => (statSync(path, { throwIfNoEntry: false })?.dev ?? device) !== device
  if (entries.some((entry) => isElsewhere(join(from, entry)))) return false
  try {
    writeFileSync(join(from, name), "")
    renameSync(join(from, name), join(to, name))
    return true
  } catch {
    return false
  } finally {
    for (const folder of [from, to]) rmSync(join(folder, name), { force: true })
  }
}

/** Milliseconds after which an emulator that has not been heard of is gone. */
const longestSilence = 30_000

/** Whether an emulator works in this folder: one has a file of its own there, which it keeps fresh. */
const isDrawing = (emulator: string): Effect.Effect<boolean> =>
  Effect.map(Clock.currentTimeMillis, (now) => {
    const owners = join(emulator, "owners")
    if (!existsSync(owners)) return false
    return readdirSync(owners).some((name) => {
      const seen = statSync(join(owners, name), { throwIfNoEntry: false })?.mtimeMs ?? 0
      return now - seen < longestSilence && isRunning(Number.parseInt(name, 10))
    })
  })

const isRunning = (pid: number): boolean => {
  try {
    return process.kill(pid, 0)
  } catch (error) {
    return error instanceof Error && "code" in error && error.code === "EPERM"
  }
}
