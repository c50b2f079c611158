/**
 * A process of its own that wants to keep its records and videos where no folder can be, and says what it is told.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as FileVideoStore from "../src/FileVideoStore.ts"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"
import { generation } from "./fixtures.ts"

const [place = ""] = process.argv.slice(2)

const prepare = Effect.gen(function* () {
  const store = yield* FileVideoStore.make({ directory: place })
  yield* store.prepare(yield* generation())
})

const open = Layer.build(SqliteGenerationStore.layer({ path: `${place}/records.db` })).pipe(
  Effect.scoped,
  Effect.provide(NodeContext.layer)
)

NodeRuntime.runMain(
  Effect.forEach([prepare, open], (one) => Effect.flip(one)).pipe(
    Effect.map((errors) => process.stdout.write(errors.map(({ message }) => message).join("\n")))
  )
)
