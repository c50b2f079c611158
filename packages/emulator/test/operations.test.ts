import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import { assert, describe, it } from "@effect/vitest"
import type { OperationRecord } from "@mutoscope/emulator/OperationRecord"
import * as Operations from "@mutoscope/emulator/Operations"
import { layerInstant, RenderJobFailed, VideoRenderer } from "@mutoscope/emulator/VideoRenderer"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as TestClock from "effect/TestClock"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-operations-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

const instant = Layer.provideMerge(layerInstant(), NodeContext.layer)

/** A renderer that a test drives: it tells what has begun, and goes on when it is told to. */
const byHand = (begun: Array<string>, stopped: Array<string>, go: Effect.Effect<void>) =>
  Layer.provideMerge(
    Layer.effect(
      VideoRenderer,
      Effect.map(VideoRenderer, (renderer) => ({
        render: (job) =>
          Effect.sync(() => begun.push(job.prompt)).pipe(
            Effect.zipRight(go),
            Effect.zipRight(renderer.render(job)),
            Effect.onInterrupt(() => Effect.sync(() => stopped.push(job.prompt)))
          )
      }))
    ).pipe(Layer.provide(layerInstant())),
    NodeContext.layer
  )

const start = (directory: string, options: Partial<Operations.Options> = {}) =>
  Operations.make({ directory, concurrency: 1, retention: "48 hours", ...options })

const job = (prompt: string): Effect.Effect<Operations.NewOperation> =>
  Effect.map(Operations.newId, (id) => ({
    id,
    dialect: "test",
    name: `jobs/${id}`,
    model: "emulator",
    video: { prompt, seed: 1, width: 64, height: 36, duration: 2, audio: false },
    ignoredInputs: []
  }))

type Engine = Effect.Effect.Success<ReturnType<typeof start>>

const add = (engine: Engine, prompt: string) => Effect.flatMap(job(prompt), engine.accept)

/** Real time: the disk is real. */
const settled = (engine: Engine, { id }: Pick<OperationRecord, "id">): Effect.Effect<OperationRecord> =>
  Effect.flatMap(engine.find(id), (found) =>
    Option.isSome(found) && found.value.record.outcome._tag !== "Pending"
      ? Effect.succeed(found.value.record)
      : Effect.zipRight(
          Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5))),
          settled(engine, { id })
        )
  )

const soon = (isSo: () => boolean): Effect.Effect<void> =>
  isSo()
    ? Effect.void
    : Effect.zipRight(
        Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5))),
        Effect.suspend(() => soon(isSo))
      )

describe("an engine", () => {
  it.scopedLive("writes a job down before it says yes, and its video before it says done", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const engine = yield* start(directory)
      const record = yield* add(engine, "a")
      const onDisk = yield* Effect.promise(() =>
        readFile(join(directory, "operations", `${record.id}.json`), "utf8")
      )
      assert.include(onDisk, '"prompt": "a"')
      const done = yield* settled(engine, record)
      const video = Option.getOrThrow(yield* engine.video(done))
      assert.strictEqual((yield* Effect.promise(() => readFile(video.path))).length, video.bytes)
      const left = yield* Effect.promise(() => readdir(directory, { recursive: true }))
      assert.deepStrictEqual(
        left.filter((name) => /draft|claims.|calls./.test(name)),
        []
      )
    }).pipe(Effect.provide(instant))
  )

  it.scopedLive("renders one at a time, in order", () => {
    const gate = Effect.unsafeMakeLatch()
    const begun: Array<string> = []
    return Effect.gen(function* () {
      const engine = yield* start(yield* folder)
      const records = yield* Effect.forEach(["a", "b", "c"], (prompt) => add(engine, prompt))
      yield* soon(() => begun.length === 1)
      assert.deepStrictEqual(begun, ["a"])
      yield* gate.open
      yield* Effect.forEach(records, (record) => settled(engine, record))
      assert.deepStrictEqual(begun, ["a", "b", "c"])
    }).pipe(Effect.provide(byHand(begun, [], gate.await)))
  })

  it.scopedLive("goes on with what another left unfinished", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const stopped: Array<string> = []
      const first = yield* Scope.make()
      const records = yield* Effect.gen(function* () {
        const engine = yield* Scope.extend(start(directory), first)
        return [yield* add(engine, "a"), yield* add(engine, "b")] as const
      }).pipe(Effect.provide(byHand([], stopped, Effect.never)))
      yield* Scope.close(first, Exit.void)
      const engine = yield* start(directory)
      for (const record of records) {
        assert.strictEqual((yield* settled(engine, record)).outcome._tag, "Rendered")
      }
    }).pipe(Effect.provide(instant))
  )

  it.scopedLive("leaves alone what a living one has on the same folder", () => {
    const gate = Effect.unsafeMakeLatch()
    const begun: Array<string> = []
    return Effect.gen(function* () {
      const directory = yield* folder
      const first = yield* start(directory)
      const record = yield* add(first, "a")
      const second = yield* start(directory)
      yield* soon(() => begun.length === 1)
      const seen = Option.getOrThrow(yield* second.find(record.id))
      assert.strictEqual(seen.record.outcome._tag, "Pending")
      yield* gate.open
      assert.strictEqual((yield* settled(second, record)).outcome._tag, "Rendered")
      assert.deepStrictEqual(begun, ["a"])
    }).pipe(Effect.provide(byHand(begun, [], gate.await)))
  })

  it.scopedLive("takes over from a process that is gone", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const living = yield* Effect.provide(start(directory), byHand([], [], Effect.never))
      const record = yield* add(living, "a")
      // As a killed process leaves it: its claim stands, and nobody is behind it.
      yield* Effect.promise(() => writeFile(join(directory, "claims", record.id), "999999999-gone"))
      const engine = yield* start(directory)
      assert.strictEqual((yield* settled(engine, record)).outcome._tag, "Rendered")
    }).pipe(Effect.provide(instant))
  )

  it.scopedLive("stops the render of a cancelled job, and goes on with the next", () => {
    const gate = Effect.unsafeMakeLatch()
    const begun: Array<string> = []
    const stopped: Array<string> = []
    return Effect.gen(function* () {
      const engine = yield* start(yield* folder)
      const [a, b] = [yield* add(engine, "a"), yield* add(engine, "b")]
      yield* soon(() => begun.length === 1)
      yield* engine.cancel(a.id)
      assert.strictEqual((yield* settled(engine, a)).outcome._tag, "Cancelled")
      yield* soon(() => begun.length === 2)
      assert.deepStrictEqual([begun, stopped], [["a", "b"], ["a"]])
      yield* gate.open
      const done = yield* settled(engine, b)
      yield* engine.cancel(b.id)
      assert.deepStrictEqual((yield* settled(engine, b)).outcome, done.outcome)
    }).pipe(Effect.provide(byHand(begun, stopped, gate.await)))
  })

  it.scopedLive("passes over a job that was cancelled while it waited", () => {
    const gate = Effect.unsafeMakeLatch()
    const begun: Array<string> = []
    return Effect.gen(function* () {
      const engine = yield* start(yield* folder)
      const [a, b, c] = [yield* add(engine, "a"), yield* add(engine, "b"), yield* add(engine, "c")]
      yield* engine.cancel(b.id)
      yield* gate.open
      yield* Effect.forEach([a, c], (record) => settled(engine, record))
      assert.deepStrictEqual(begun, ["a", "c"])
    }).pipe(Effect.provide(byHand(begun, [], gate.await)))
  })

  it.scopedLive("hears of a cancel that another engine on its folder took", () => {
    const stopped: Array<string> = []
    return Effect.gen(function* () {
      const directory = yield* folder
      const [first, second] = [yield* start(directory), yield* start(directory)]
      const record = yield* add(first, "a")
      yield* second.cancel(record.id)
      yield* soon(() => stopped.length === 1)
      assert.strictEqual((yield* settled(first, record)).outcome._tag, "Cancelled")
    }).pipe(Effect.provide(byHand([], stopped, Effect.never)))
  })

  it.scopedLive("stops and hides what is forgotten, another engine's too", () => {
    const stopped: Array<string> = []
    return Effect.gen(function* () {
      const directory = yield* folder
      const [first, second] = [yield* start(directory), yield* start(directory)]
      const { id } = yield* add(first, "a")
      yield* second.forget(id)
      yield* soon(() => stopped.length === 1)
      for (const engine of [first, second, yield* start(directory)])
        assert.deepStrictEqual([yield* engine.find(id), yield* engine.list], [Option.none(), []])
    }).pipe(Effect.provide(byHand([], stopped, Effect.never)))
  })

  it.scopedLive("skips records that it cannot read", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.promise(async () => {
        await mkdir(join(directory, "operations"), { recursive: true })
        await writeFile(join(directory, "operations", `${"a".repeat(32)}.json`), '{"version": 1, "id"')
        await writeFile(join(directory, "operations", "notes.json"), "{}")
      })
      const engine = yield* start(directory)
      assert.deepStrictEqual(yield* engine.list, [])
      assert.strictEqual(
        (yield* Effect.flatMap(add(engine, "a"), (record) => settled(engine, record))).outcome._tag,
        "Rendered"
      )
    }).pipe(Effect.provide(instant))
  )

  it.scopedLive.each([
    ["a failure", Effect.fail(new RenderJobFailed({ reason: "ENOSPC: no space left on device" }))],
    ["a bug", Effect.die(new Error("ENOSPC: bug"))]
  ] as const)("ends a job with %s of its renderer, and takes the next", ([, render]) =>
    Effect.gen(function* () {
      const engine = yield* start(yield* folder)
      for (const prompt of ["a", "b"]) {
        const { outcome } = yield* Effect.flatMap(add(engine, prompt), (record) => settled(engine, record))
        assert.deepInclude(outcome, { _tag: "Failed", code: 13 })
        assert.match(outcome._tag === "Failed" ? outcome.message : "", /ENOSPC/)
      }
    }).pipe(
      Effect.provide(Layer.merge(Layer.succeed(VideoRenderer, { render: () => render }), NodeContext.layer))
    )
  )

  it.scopedLive("refuses a job that it cannot write down", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const engine = yield* start(directory)
      yield* Effect.promise(async () => {
        await rm(join(directory, "operations"), { recursive: true })
        await writeFile(join(directory, "operations"), "in the way")
      })
      const error = yield* Effect.flip(add(engine, "a"))
      assert.strictEqual(error._tag, "SystemError")
    }).pipe(Effect.provide(instant))
  )

  it.scopedLive("ends a job whose video cannot be put in its place", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const engine = yield* start(directory)
      yield* Effect.promise(async () => {
        await rm(join(directory, "videos"), { recursive: true })
        await writeFile(join(directory, "videos"), "in the way")
      })
      const { outcome } = yield* Effect.flatMap(add(engine, "a"), (record) => settled(engine, record))
      assert.deepInclude(outcome, { _tag: "Failed", code: 13 })
    }).pipe(Effect.provide(instant))
  )

  it.scoped("keeps a video for its time, and its record for twice as long", () =>
    Effect.gen(function* () {
      const engine = yield* start(yield* folder, { retention: "10 seconds" })
      const record = yield* Effect.flatMap(add(engine, "a"), (added) => settled(engine, added))
      const found = Effect.zip(engine.video(record), engine.find(record.id)).pipe(
        Effect.map(([video, operation]) => [Option.isSome(video), Option.isSome(operation)])
      )
      yield* TestClock.adjust("9 seconds")
      assert.deepStrictEqual(yield* found, [true, true])
      yield* TestClock.adjust("1 second")
      assert.deepStrictEqual(yield* found, [false, true])
      yield* waitUntilGone(engine, record)
      assert.deepStrictEqual(yield* found, [false, false])
    }).pipe(Effect.provide(instant))
  )
})

/** The sweep works on a real disk, so that a clock put forward is not all that it waits for. */
const waitUntilGone = (engine: Engine, { id }: Pick<OperationRecord, "id">): Effect.Effect<void> =>
  Effect.flatMap(engine.find(id), (found) =>
    Option.isNone(found)
      ? Effect.void
      : TestClock.adjust("10 seconds").pipe(
          Effect.zipRight(Effect.promise(() => new Promise((resolve) => setTimeout(resolve, 5)))),
          Effect.zipRight(Effect.suspend(() => waitUntilGone(engine, { id })))
        )
  )
