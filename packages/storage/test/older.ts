/**
 * A program of schema 6, played with its own tables and statements.
 */
import * as fs from "node:fs"
import { dirname } from "node:path"
import type { Generation } from "@mutoscope/core/Generation"
import Sqlite from "better-sqlite3"
import * as Either from "effect/Either"
import { encodeJob } from "../src/internal/generationRow.ts"
import { olderStatements, olderTables } from "./olderStatements.ts"

export type Statement = keyof typeof olderStatements

/** Makes a database of schema 6, and keeps it open as its program does. */
export const create = (path: string): Sqlite => {
  fs.mkdirSync(dirname(path), { recursive: true, mode: 0o700 })
  const database = new Sqlite(path)
  database.pragma("journal_mode = WAL", { simple: true })
  database.pragma("trusted_schema = OFF", { simple: true })
  database.exec(olderTables)
  return database
}

/** Writes a record as it does, held by an owner or waiting in a batch. */
export const insert = (
  database: Sqlite,
  { id, model, provider, queue, request }: Generation,
  [state, json]: readonly [tag: string, json: string],
  owner: string | null
): void => {
  const { request: text } = Either.getOrThrow(encodeJob({ request } as Generation))
  const job = [provider, model, null, null, request.prompt, text, null, null, null, null, null]
  const times = [null, null, 1, 1, null, null, null, null, null]
  const place = queue === undefined ? [null, null, null] : [queue.batch, queue.priority, 0]
  database.prepare(olderStatements.insert).all(id, ...job, state, json, ...times, ...place, owner, 1)
}
