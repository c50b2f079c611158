/**
 * Every store of records that is held to the contract of the port.
 */
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as SqliteClient from "@effect/sql-sqlite-node/SqliteClient"
import { type GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqlGenerationStore from "../src/SqlGenerationStore.ts"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { temporary } from "./fixtures.ts"
import * as Stranger from "./stranger.ts"

const layerSqlite = Layer.unwrapScoped(
  Effect.map(temporary, (directory) => SqliteGenerationStore.layer({ path: join(directory, "records.db") }))
).pipe(Layer.provide(NodeContext.layer))

/** Over a client that an application uses too, and leaves transactions open on. */
const layerShared = Layer.unwrapScoped(
  Effect.map(temporary, (directory) => {
    const client = SqliteClient.layer({ filename: join(directory, "records.db") })
    const application = Layer.scopedDiscard(Effect.zipRight(Stranger.tables, Stranger.working))
    return Layer.provideMerge(
      SqlGenerationStore.layer({ spoolDirectory: join(directory, "spool") }),
      Layer.provideMerge(application, client)
    )
  })
).pipe(Layer.provide(NodeContext.layer))

/** Each store by its name, empty for each test. */
export const stores: ReadonlyArray<readonly [string, Layer.Layer<GenerationStore, unknown>]> = [
  ["memory", layerMemory],
  ["sqlite", layerSqlite],
  ["sqlite, a stranger on the same client", layerShared]
]
