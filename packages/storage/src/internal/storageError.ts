/**
 * The one place where a failure of the database, the file system or a codec becomes the domain's `StorageError`.
 */
import { StorageError } from "@mutoscope/core/GenerationError"
import * as Predicate from "effect/Predicate"

/** Names what could not be done, and takes the reason from whatever went wrong. */
export const storageError =
  (operation: string) =>
  (error: unknown): StorageError =>
    ownError(error) ?? new StorageError({ operation, reason: shorten(reasonOf(error)) })

/** One of ours, as it is or as the cause of a transaction's failure. */
const ownError = (error: unknown): StorageError | undefined => {
  if (error instanceof StorageError) return error
  return Predicate.isTagged(error, "SqlError") && "cause" in error ? ownError(error.cause) : undefined
}

/** The same for a file of a video: unless the whole machine has run out of something, it is about that place alone. */
export const placeError =
  (operation: string) =>
  (error: unknown): StorageError => {
    const told = storageError(operation)(error)
    if (told === error || everywhere.has(codeOf(error) ?? "")) return told
    return new StorageError({ operation: told.operation, reason: told.reason, onePlace: true })
  }

// No room on the disk, no more open files, no memory.
const everywhere = new Set(["ENOSPC", "EDQUOT", "EMFILE", "ENFILE", "ENOMEM"])

/** The code that Node or the database driver gave an error: `ENOSPC`, `SQLITE_BUSY`, `40001`. */
export const codeOf = (error: unknown): string | undefined => {
  if (!Predicate.isRecord(error)) return undefined
  return typeof error["code"] === "string" ? error["code"] : codeOf(error["cause"])
}

// Another connection holds the lock (SQLite), or won against this transaction (Postgres).
const busyCodes = new Set(["40001", "40P01", "55P03"])

/** Whether somebody else was in the way, so that trying again may help. */
export const isBusy = (error: unknown): boolean => {
  const code = codeOf(error)
  return code !== undefined && (/^SQLITE_(BUSY|LOCKED)/.test(code) || busyCodes.has(code))
}

const longestReason = 500

const shorten = (text: string) => (text.length > longestReason ? `${text.slice(0, longestReason)}...` : text)

// A SqlError says only that a statement failed; the driver's error, its cause, says why.
const reasonOf = (error: unknown): string => {
  if (!Predicate.isRecord(error)) return String(error)
  if (error["_tag"] === "SqlError" && error["cause"] !== undefined) return reasonOf(error["cause"])
  return typeof error["message"] === "string" && error["message"] !== ""
    ? error["message"]
    : (codeOf(error) ?? "unknown")
}
