/**
 * The records, read from the database without the product.
 */
import { existsSync } from "node:fs"
import Database from "better-sqlite3"
import type { Account } from "./oracle.ts"

interface Row {
  readonly id: string
  readonly prompt: string
  readonly state: string
  readonly operation_id: string | null
  readonly path: string | null
  readonly verified: string | null
  readonly lease_owner: string | null
}

/** What each record says, oldest first; none where there is no database yet. */
export const rows = (database: string): ReadonlyArray<Row> => {
  if (!existsSync(database)) return []
  const connection = new Database(database, { readonly: true, timeout: 5_000 })
  try {
    const table = connection.prepare("SELECT 1 FROM sqlite_master WHERE name = 'generations'")
    if (table.get() === undefined) return []
    return connection
      .prepare(
        `SELECT id, prompt, state, operation_id, lease_owner, json_extract(state_json, '$.video.path') AS path,
            json_extract(state_json, '$.verified.path') AS verified
          FROM generations ORDER BY number`
      )
      .all() as ReadonlyArray<Row>
  } finally {
    connection.close()
  }
}

/** The same as accounts for the oracle. */
export const accounts = (database: string): ReadonlyArray<Account> =>
  rows(database).map(({ operation_id, path, prompt, state }) => ({
    prompt,
    end: endOf(state),
    ...(path === null ? {} : { path }),
    ...(operation_id === null ? {} : { operation: operation_id })
  }))

const endOf = (state: string): Account["end"] => {
  switch (state) {
    case "Completed":
      return "done"
    case "SubmitUnknown":
      return "unknown"
    case "Failed":
    case "Cancelled":
      return "ended"
    default:
      return "open"
  }
}

/** Whether the file is whole, as SQLite sees it. */
export const isWhole = (database: string): boolean => {
  const connection = new Database(database)
  try {
    return connection.pragma("integrity_check", { simple: true }) === "ok"
  } finally {
    connection.close()
  }
}

/** Keeps everybody else from writing, until the answer is called. */
export const lock = (database: string): (() => void) | undefined => {
  const connection = new Database(database, { timeout: 0 })
  try {
    connection.exec("BEGIN IMMEDIATE")
    return () => {
      connection.exec("ROLLBACK")
      connection.close()
    }
  } catch {
    // Somebody writes just now.
    connection.close()
    return undefined
  }
}
