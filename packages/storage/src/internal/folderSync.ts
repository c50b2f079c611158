/**
 * Syncs folders, so that the new names in them survive a power failure. A crowd that gives names in one folder shares the
 * syncs: each is told after one that began later than its name was given.
 */
import * as fs from "node:fs"
import type { StorageError } from "@mutoscope/core/GenerationError"
import type * as Effect from "effect/Effect"
import { attempt, sync } from "./nodeFile.ts"
import { codeOf } from "./storageError.ts"

/** Succeeds when the names of a folder are on disk. Some platforms can't sync one, and need not. */
export type SyncFolder = (folder: string) => Effect.Effect<void, StorageError>

/** No folder has been synced yet. */
export const make = (): SyncFolder => {
  const latest = new Map<string, Round>()
  const join = (folder: string): Promise<void> => {
    const before = latest.get(folder)
    // What has begun may have begun before the name was given: only the one after it will do.
    if (before !== undefined && !before.begun) return before.done
    const round: Round = { begun: false, done: Promise.resolve() }
    const begin = () => {
      round.begun = true
      return syncNow(folder)
    }
    const forget = () => void (latest.get(folder) === round && latest.delete(folder))
    round.done = (before?.done ?? Promise.resolve()).then(begin, begin).finally(forget)
    latest.set(folder, round)
    return round.done
  }
  return (folder) => attempt(`sync ${folder}`, () => join(folder))
}

// Privates ---------------------------------------------------------------------------------------------------------

/** One sync, that whoever comes before it has begun may share. */
interface Round {
  begun: boolean
  done: Promise<void>
}

const unsyncable = ["EPERM", "EACCES", "EINVAL", "EISDIR", "ENOTSUP"]

const syncNow = async (folder: string): Promise<void> => {
  try {
    const file = fs.openSync(folder, "r")
    await sync(file).finally(() => fs.closeSync(file))
  } catch (error) {
    if (!unsyncable.includes(codeOf(error) ?? "")) throw error
  }
}
