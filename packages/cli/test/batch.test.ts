/**
 * A batch from its file to its report, over records in memory and a provider that answers at once.
 */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs"
import { tmpdir } from "node:os"
import { join } from "node:path"
import { pathToFileURL } from "node:url"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import * as NodePath from "@effect/platform-node/NodePath"
import { afterAll, assert, describe, it } from "@effect/vitest"
import type { Capabilities } from "@mutoscope/core/Capabilities"
import { AuthenticationFailed, type SubmitError } from "@mutoscope/core/GenerationError"
import { layerMemory } from "@mutoscope/core/GenerationStore"
import type { Operation } from "@mutoscope/core/Operation"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as FileVideoStore from "@mutoscope/storage/FileVideoStore"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { operation, provider } from "../../core/test/scripted.ts"
import { batch, type Flags } from "../src/actions/batch.ts"
import { canonical, keysOf } from "../src/batch/keys.ts"
import * as Configuration from "../src/Configuration.ts"
import { Output } from "../src/Output.ts"
import { png } from "./support/png.ts"

const folder = mkdtempSync(join(tmpdir(), "mutoscope-batch-"))
afterAll(() => rmSync(folder, { recursive: true, force: true }))

const none = Option.none()

const flags: Flags = {
  file: join(folder, "clips.jsonl"),
  format: none,
  batch: none,
  request: {
    model: Option.some("scripted-1"),
    aspectRatio: none,
    duration: none,
    resolution: none,
    negativePrompt: none,
    seed: none,
    audio: false,
    noAudio: false,
    startImage: none,
    lastFrame: none,
    referenceImage: [],
    extend: none,
    providerOptions: none,
    snap: false,
    fallback: [],
    fallbackUnclear: false
  },
  output: Option.some(folder),
  strict: false,
  enqueueOnly: false,
  concurrency: 8,
  maxJobs: none,
  maxCost: none,
  priority: 0,
  json: true,
  quiet: false
}

const world = (
  answer: Effect.Effect<Operation, SubmitError> = Effect.succeed(operation),
  able: Partial<Capabilities> = {}
) => {
  const sent: Array<string> = []
  const said = { data: [] as string[], notes: [] as string[] }
  const api = Layer.map(provider({ capabilities: able }, []), (context) =>
    Context.make(VideoProvider, {
      ...Context.get(context, VideoProvider),
      submit: ({ request: { prompt } }) =>
        Effect.suspend(() => {
          sent.push(prompt)
          const id = `${prompt} ${sent.length}`
          return Effect.map(answer, (one) => ({ ...one, id }))
        })
    })
  )
  const output = Layer.succeed(Output, {
    data: (line) => Effect.sync(() => void said.data.push(line)),
    note: (line) => Effect.sync(() => void said.notes.push(line)),
    columns: none,
    live: false,
    interactive: false,
    paint: (_, text) => text,
    drawn: (text) => text
  })
  const platform = Layer.merge(NodeFileSystem.layer, NodePath.layer)
  const live = VideoGenerator.layer.pipe(
    Layer.provideMerge(Layer.mergeAll(api, layerMemory, videos, output)),
    Layer.provideMerge(Layer.provideMerge(Configuration.layer, platform))
  )
  const run = (lines: ReadonlyArray<unknown>, other: Partial<Flags> = {}) =>
    Effect.gen(function* () {
      writeFileSync(flags.file, lines.map((line) => JSON.stringify(line)).join("\n"))
      for (const list of Object.values(said)) list.length = 0
      const code = yield* batch({ ...flags, ...other }).pipe(
        Effect.as(0),
        Effect.catchTag("SomeLeft", ({ code }) => Effect.succeed(code))
      )
      return {
        code,
        report: other.json === false ? undefined : JSON.parse(said.data.at(-1) ?? "{}"),
        notes: [...said.notes],
        data: [...said.data]
      }
    })
  return { sent, live, run }
}

/** Videos are forgotten, but where one would go is looked at as ever. */
const videos = Layer.effect(
  VideoStore.VideoStore,
  Effect.gen(function* () {
    const { prepare } = yield* FileVideoStore.make({ directory: folder })
    return VideoStore.VideoStore.of({ ...(yield* VideoStore.VideoStore), prepare })
  })
).pipe(Layer.provide(VideoStore.layerMemory))

const clips = (...prompts: ReadonlyArray<string>) => prompts.map((prompt) => ({ prompt }))

describe("mutoscope batch", () => {
  it.live("makes each line once: the same file again sends nothing, a new line alone is made", () => {
    const here = world()
    return Effect.gen(function* () {
      const first = yield* here.run(clips("a", "b", "a"))
      assert.strictEqual(first.code, 0)
      assert.deepInclude(first.report, { event: "report", exitCode: 0 })
      assert.deepInclude(first.report.counts, { completed: 3 })
      assert.strictEqual((yield* here.run(clips("a", "b", "a"))).code, 0)
      assert.deepStrictEqual([...here.sent].sort(), ["a", "a", "b"])
      const changed = yield* here.run(clips("new", "a", "b"))
      assert.deepStrictEqual([...here.sent].sort(), ["a", "a", "b", "new"])
      assert.include(changed.notes.join("\n"), "1 of an earlier run are not among its good lines any more")
      assert.include(changed.notes.join("\n"), "left as they are: 1")
    }).pipe(Effect.provide(here.live))
  })

  it.live("pays for no line that was removed or changed before it was sent, until it is back", () => {
    const here = world()
    return Effect.gen(function* () {
      yield* here.run(clips("a", "gone", "old"), { enqueueOnly: true })
      const { code, notes, report } = yield* here.run(clips("a", "new"))
      assert.deepStrictEqual([...here.sent].sort(), ["a", "new"])
      assert.deepInclude(report.counts, { completed: 2, pending: 0 })
      assert.strictEqual(code, 0)
      assert.include(notes.join("\n"), "not sent, so set aside until their lines are back: 2")
      const { drain, resumeAll } = yield* VideoGenerator.VideoGenerator
      yield* drain()
      const { heldBack } = yield* resumeAll()
      assert.deepStrictEqual(
        heldBack.map(({ why }) => why),
        ["aside", "aside"]
      )
      assert.lengthOf(here.sent, 2)
      assert.strictEqual((yield* here.run(clips("a", "new", "gone"))).code, 0)
      assert.deepStrictEqual([...here.sent].sort(), ["a", "gone", "new"])
    }).pipe(Effect.provide(here.live))
  })

  it.live("says what is wrong with each bad line and makes the others", () => {
    const here = world()
    return Effect.gen(function* () {
      const lines = [
        { prompt: "a" },
        { prompt: "" },
        { prompt: "b", duration: 50 },
        { prompt: "c", key: "k" }
      ]
      const { code, notes, report } = yield* here.run([...lines, { prompt: "d", key: "k" }])
      assert.deepStrictEqual([...here.sent].sort(), ["a", "c"])
      assert.strictEqual(code, 2)
      assert.deepInclude(report.counts, { completed: 2, invalid: 3 })
      assert.include(notes.join("\n"), "clips.jsonl:2: Prompt cannot be empty")
      assert.match(notes.join("\n"), /clips\.jsonl:3: .*50/)
      assert.include(notes.join("\n"), "clips.jsonl:5: The key is that of line 4 already")
    }).pipe(Effect.provide(here.live))
  })

  it.live("a line whose image cannot be read is a bad line, until there is one", () => {
    const here = world(undefined, { startImage: true })
    return Effect.gen(function* () {
      const startImage = join(folder, "first.png")
      const file = [{ prompt: "a" }, { prompt: "b", startImage }]
      const bad = yield* here.run(file)
      assert.deepStrictEqual([bad.code, here.sent], [2, ["a"]])
      assert.include(bad.notes.join("\n"), "first.png is of no use: there is no such file")
      writeFileSync(startImage, png(64, 64))
      assert.deepStrictEqual([(yield* here.run(file)).code, here.sent], [0, ["a", "b"]])
      rmSync(startImage)
      assert.deepStrictEqual([(yield* here.run(file)).code, here.sent], [0, ["a", "b"]])
    }).pipe(Effect.provide(here.live))
  })

  it.live("an image that no provider could use makes its line bad, and no job", () => {
    const here = world(undefined, { startImage: true, inputLimits: { image: 1_000_000 } })
    const file = (name: string, content: string | Uint8Array) => {
      writeFileSync(join(folder, name), content)
      return join(folder, name)
    }
    const address = (bytes: Uint8Array) => `data:image/png;base64,${Buffer.from(bytes).toString("base64")}`
    return Effect.gen(function* () {
      const images = [
        file("text.png", "PNG, believe me"),
        file("small.png", png(63, 64)),
        file("drawing.png", "<svg/>"),
        file("heavy.png", Buffer.concat([png(64, 64), Buffer.alloc(2_000_000)])),
        "file://elsewhere/a.png",
        "data:image/png,raw",
        address(png(1, 1)),
        file("good.png", png(64, 64)),
        pathToFileURL(join(folder, "good.png")).href,
        address(png(64, 64))
      ]
      const lines = images.map((startImage, index) => ({ prompt: String(index + 1), startImage }))
      const { code, notes, report } = yield* here.run(lines)
      assert.deepStrictEqual([code, [...here.sent].sort()], [2, ["10", "8", "9"]])
      assert.deepInclude(report.counts, { completed: 3, invalid: 7, failed: 0 })
      const said = notes.join("\n")
      for (const reason of [
        /:1: .*text\.png is of no use: it is no PNG/,
        /:2: .*expected at least 64 pixels on each side, got 63x64/,
        /:3: .*got SVG: convert it/,
        /:4: .*expected at most 1 MB, got 2 MB/,
        /:5: file:\/\/elsewhere\/a\.png cannot be used: expected a file: address of this machine/,
        /:6: data:image\/png,raw cannot be used: expected a data: address in base64/,
        /:7: .*got 1x1/
      ])
        assert.match(said, reason)
    }).pipe(Effect.provide(here.live))
  })

  it.live("an image that changed is a new job, and one in the home folder is found there", () => {
    const here = world(undefined, { startImage: true })
    const home = { HOME: process.env["HOME"], USERPROFILE: process.env["USERPROFILE"] }
    Object.assign(process.env, { HOME: folder, USERPROFILE: folder })
    return Effect.gen(function* () {
      writeFileSync(join(folder, "home.png"), png(64, 64))
      const file = [
        { prompt: "a", startImage: "~/home.png" },
        { prompt: "b", key: "own", startImage: "~/home.png" }
      ]
      yield* here.run([...file, file[0]])
      assert.strictEqual((yield* here.run([...file, file[0]])).code, 0)
      assert.deepStrictEqual(here.sent.toSorted(), ["a", "a", "b"])
      writeFileSync(join(folder, "home.png"), png(64, 65))
      yield* here.run([...file, file[0]])
      assert.deepStrictEqual(here.sent.toSorted(), ["a", "a", "a", "a", "b"])
    }).pipe(Effect.ensuring(Effect.sync(() => Object.assign(process.env, home))), Effect.provide(here.live))
  })

  it.live("a job of an earlier build, which knew an image by its path alone, is still its line's", () => {
    const here = world(undefined, { startImage: true })
    return Effect.gen(function* () {
      const startImage = join(folder, "former.png")
      writeFileSync(startImage, "an image that is not even looked at")
      const { plan, enqueue } = yield* VideoGenerator.VideoGenerator
      const request = yield* VideoRequest.make({
        ...{ prompt: "a", model: "scripted-1", aspectRatio: "16:9", duration: 5, resolution: "720p" },
        startImage: { _tag: "Path", path: startImage }
      })
      const content = canonical([Schema.encodeSync(VideoRequest.VideoRequest)(request), null])
      const key = keysOf(flags.file)({ key: undefined, content })
      const queue = { batch: flags.file, priority: 0 }
      yield* enqueue([yield* plan(request, { key, output: folder, queue })])
      const line = { prompt: "a", startImage }
      const { code, report } = yield* here.run([line])
      assert.deepStrictEqual([code, here.sent], [0, ["a"]])
      assert.deepInclude(report.counts, { completed: 1 })
      const second = yield* here.run([line, line])
      assert.deepInclude(second.report.counts, { completed: 1, invalid: 1 })
      writeFileSync(startImage, png(64, 64))
      assert.strictEqual((yield* here.run([line, line])).code, 0)
      assert.deepStrictEqual(here.sent, ["a", "a"])
    }).pipe(Effect.provide(here.live))
  })

  it.live("a line whose place takes no video is a bad line, is not queued, and stops no other", () => {
    const here = world()
    return Effect.gen(function* () {
      const file = join(folder, "file")
      writeFileSync(file, "")
      const lines = [{ prompt: "a", output: join(file, "x.mp4") }, { prompt: "b" }]
      const { code, notes, report } = yield* here.run(lines)
      assert.deepStrictEqual([code, here.sent], [2, ["b"]])
      assert.deepInclude(report.counts, { completed: 1, invalid: 1 })
      assert.match(notes.join("\n"), /clips\.jsonl:1: Storage: could not create the folder .*file/)
      rmSync(file)
      assert.strictEqual((yield* here.run(lines)).code, 0)
      // What waits already is looked at too, since its place may be gone by now.
      yield* here.run([...lines, { prompt: "c", output: join(file, "y", "x.mp4") }], { enqueueOnly: true })
      rmSync(file, { recursive: true })
      writeFileSync(file, "")
      const later = yield* here.run([...lines, { prompt: "c", output: join(file, "y", "x.mp4") }])
      assert.deepStrictEqual([later.code, here.sent], [2, ["b", "a"]])
    }).pipe(Effect.provide(here.live))
  })

  it.live("a file without a prompt is a mistake, which costs nothing", () => {
    const here = world()
    return Effect.gen(function* () {
      yield* here.run(clips("a"), { enqueueOnly: true })
      const error = yield* Effect.flip(here.run([]))
      assert.deepInclude(error, { _tag: "UsageError", message: `There are no prompts in ${flags.file}` })
      yield* Effect.flatMap(VideoGenerator.VideoGenerator, ({ drain }) => drain())
      assert.deepStrictEqual(here.sent, [])
      assert.strictEqual((yield* here.run(clips("a"))).code, 0)
    }).pipe(Effect.provide(here.live))
  })

  it.live("--strict makes nothing of a file with a bad line", () => {
    const here = world()
    return Effect.gen(function* () {
      const { code } = yield* here.run([{ prompt: "a" }, { prompt: "" }], { strict: true })
      assert.deepStrictEqual([code, here.sent], [2, []])
    }).pipe(Effect.provide(here.live))
  })

  it.live("a key of one's own that asks for something else is a bad line, not a second clip", () => {
    const here = world()
    return Effect.gen(function* () {
      yield* here.run([{ prompt: "a", key: "k" }])
      const { code, notes } = yield* here.run([{ prompt: "b", key: "k" }])
      assert.deepStrictEqual([code, here.sent], [2, ["a"]])
      assert.match(
        notes.join("\n"),
        /clips\.jsonl:1: Its key belongs to generation \w+, which asks for something else/
      )
    }).pipe(Effect.provide(here.live))
  })

  it.live("--enqueue-only sends nothing, --max-jobs stops and says so; running it again goes on", () => {
    const here = world()
    return Effect.gen(function* () {
      const file = clips("a", "b", "c")
      assert.strictEqual((yield* here.run(file, { enqueueOnly: true })).code, 0)
      assert.deepStrictEqual(here.sent, [])
      const stopped = yield* here.run(file, { maxJobs: Option.some(2) })
      assert.deepStrictEqual([stopped.code, here.sent.length], [15, 2])
      assert.match(stopped.report.halted, /The limit of 2 jobs for this run is reached/)
      assert.strictEqual((yield* here.run(file)).code, 0)
      assert.deepStrictEqual([...here.sent].sort(), ["a", "b", "c"])
    }).pipe(Effect.provide(here.live))
  })

  it.live("a limit that is reached is no mishap: no line that was not sent is told as stopped", () => {
    const here = world()
    return Effect.gen(function* () {
      const { code, notes } = yield* here.run(clips("a", "b", "c", "d"), {
        json: false,
        maxJobs: Option.some(2)
      })
      assert.strictEqual(code, 15)
      const said = notes.join("\n")
      assert.match(said, /2 done, 0 stopped, of 4/)
      assert.notMatch(said, /[1-9] stopped|Go on with it|Nothing was sent/)
      assert.match(
        said,
        /What was not sent waits in the queue[\s\S]*To spend as much once more: run the same command/
      )
    }).pipe(Effect.provide(here.live))
  })

  it.live("--snap takes the nearest, and what is ignored is told once; both are in the report", () => {
    const here = world(undefined, { ignored: ["seed"] })
    return Effect.gen(function* () {
      const file = [
        { prompt: "a", duration: 60 },
        { prompt: "b", seed: 1 },
        { prompt: "c", seed: 1 }
      ]
      const request = { ...flags.request, snap: true }
      const { code, notes, data } = yield* here.run(file, { json: false, request })
      assert.strictEqual(code, 0)
      assert.include(notes.join("\n"), "clips.jsonl:1: warning: scripted-1 does not support duration 60 s")
      assert.include(notes.join("\n"), "clips.jsonl:2: warning: scripted-1 ignores the seed (1) (and 1 more)")
      const again = yield* here.run(file, { request })
      assert.deepInclude(JSON.parse(again.data[0] ?? ""), {
        status: "completed",
        warnings: ["scripted-1 does not support duration 60 s: 10 s was taken instead"]
      })
      assert.strictEqual(here.sent.length, 3)
      assert.lengthOf(data, 4)
    }).pipe(Effect.provide(here.live))
  })

  it.live("a default that the model cannot do is its nearest; what a line says is held against it", () => {
    const here = world(undefined, { resolutions: ["480p"] })
    return Effect.gen(function* () {
      const file = [{ prompt: "a" }, { prompt: "b", resolution: "720p" }]
      const { notes, report } = yield* here.run(file)
      assert.deepInclude(report.counts, { completed: 1, invalid: 1 })
      assert.match(notes.join("\n"), /clips\.jsonl:2: .*resolution 720p; supported: 480p/)
      assert.notInclude(notes.join("\n"), "warning")
      assert.deepStrictEqual([(yield* here.run([{ prompt: "a" }])).code, here.sent.length], [0, 1])
    }).pipe(Effect.provide(here.live))
  })

  it.live("what is done stays done when its model is retired; what is new is a bad line", () => {
    const here = world()
    return Effect.gen(function* () {
      yield* here.run(clips("a"))
      yield* Effect.map(VideoProvider, ({ models }) =>
        Object.assign(models[0] ?? {}, { retiredOn: "2026-01-01" })
      )
      const { code, notes, report } = yield* here.run(clips("a", "b"))
      assert.deepInclude(report.counts, { completed: 1, invalid: 1 })
      assert.strictEqual(code, 2)
      assert.match(notes.join("\n"), /clips\.jsonl:2: .*retired on 2026-01-01/)
    }).pipe(Effect.provide(here.live))
  })

  it.live("a wrong key is told once, with what is left", () => {
    const here = world(Effect.fail(new AuthenticationFailed({ provider: "scripted", reason: "wrong" })))
    return Effect.gen(function* () {
      const { code, notes, data } = yield* here.run(clips("a", "b", "c"), { json: false, concurrency: 1 })
      assert.deepStrictEqual([code, here.sent.length], [3, 1])
      assert.strictEqual(notes.filter((note) => note.startsWith("Stopped:")).length, 1)
      assert.include(notes.join("\n"), "3 pending")
      assert.strictEqual(data.length, 4)
    }).pipe(Effect.provide(here.live))
  })
})
