/**
 * A process of its own that claims a record and moves it on, says how that went, and then waits to be killed.
 */
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import { GenerationId } from "@mutoscope/core/Generation"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SqliteGenerationStore from "../src/SqliteGenerationStore.ts"

const [path = "", id = "", owner = ""] = process.argv.slice(2)

const claim = Effect.gen(function* () {
  const store = yield* GenerationStore
  yield* store.heartbeat(owner, Duration.minutes(1))
  const mine = yield* store.claim(GenerationId.make(id), owner)
  yield* store.intend(mine, { _tag: "Submitting", attempt: 1, startedAt: yield* DateTime.now }, unlimited)
  return "claimed"
}).pipe(
  Effect.catchAll((error) => Effect.succeed(error._tag)),
  Effect.tap((outcome) => Effect.sync(() => process.stdout.write(`${outcome}\n`))),
  Effect.zipRight(Effect.never),
  Effect.provide(SqliteGenerationStore.layer({ path }).pipe(Layer.provide(NodeContext.layer)))
)

NodeRuntime.runMain(claim)
