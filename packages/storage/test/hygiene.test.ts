/**
 * What is left in a database file, and what is said of a folder that takes no writes.
 */
import { spawnSync } from "node:child_process"
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { SqlClient } from "@effect/sql/SqlClient"
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { layer } from "../src/internal/sqliteFile.ts"
import { temporary } from "./fixtures.ts"

describe("a database file", () => {
  it.scopedLive("holds nothing of a signed address once the record has let go of it", () =>
    Effect.gen(function* () {
      const directory = yield* temporary
      const signature = "X-Goog-Signature=5ec4e7"
      yield* Effect.gen(function* () {
        const sql = yield* SqlClient
        yield* sql`CREATE TABLE records (id INTEGER PRIMARY KEY, state TEXT)`
        for (const id of [1, 2, 3])
          yield* sql`INSERT INTO records VALUES (${id}, ${`https://x.example/?${signature}`.repeat(100)})`
        yield* sql`UPDATE records SET state = 'Completed'`
      }).pipe(Effect.provide(layer(join(directory, "records.db"))), Effect.provide(NodeContext.layer))
      // Closing it has emptied the journal into the file.
      const files = readdirSync(directory).map((name) => readFileSync(join(directory, name), "latin1"))
      assert.isNotEmpty(files)
      for (const content of files) assert.notInclude(content, signature)
    })
  )
})

const mounts =
  process.platform === "linux" &&
  spawnSync("unshare", ["-rm", "mount", "-t", "tmpfs", "-o", "ro", "none", "/mnt"]).status === 0

describe("a folder that takes no writes", () => {
  // Without `unshare`, or the right to use it, nothing here can be mounted.
  it.skipIf(!mounts)("is named, with the code of the system", () => {
    const program = `
      import { Effect, Layer } from "effect"
      import { layer } from "@effect/platform-node/NodeContext"
      import * as Store from "@mutoscope/storage/SqliteGenerationStore"
      const opened = Layer.build(Store.layer({ path: "/mnt/data/records.db" })).pipe(Effect.scoped, Effect.provide(layer))
      Effect.runPromise(Effect.flip(opened)).then((error) => console.log(error.message))`
    const { stdout, stderr } = spawnSync(
      "unshare",
      [
        "-rm",
        "sh",
        "-c",
        'mount -t tmpfs -o ro none /mnt && exec "$0" --input-type=module -e "$1"',
        process.execPath,
        program
      ],
      { encoding: "utf8", cwd: fileURLToPath(new URL("..", import.meta.url)) }
    )
    assert.match(stdout, /EROFS: \/mnt is on a read-only file system/, stderr)
  })
})
