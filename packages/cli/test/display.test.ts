/**
 * What is printed where: tables that fit, lines that do not repeat themselves, a list over records in memory.
 */
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { assert, describe, it } from "@effect/vitest"
import * as Generation from "@mutoscope/core/Generation"
import { unlimited } from "@mutoscope/core/GenerationQueue"
import { GenerationStore, layerMemory } from "@mutoscope/core/GenerationStore"
import { nearest } from "@mutoscope/core/Nearest"
import * as Progress from "@mutoscope/core/Progress"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import * as VideoRequest from "@mutoscope/core/VideoRequest"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as FastCheck from "effect/FastCheck"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/TestClock"
import { list } from "../src/actions/list.ts"
import { show } from "../src/actions/show.ts"
import { status } from "../src/actions/status.ts"
import { concise } from "../src/commandLine.ts"
import { Output } from "../src/Output.ts"
import * as ProgressView from "../src/ProgressView.ts"
import { table } from "../src/table.ts"
import { ago, megabytes, seconds } from "../src/wording.ts"
import { world } from "./support/scriptedWorld.ts"

/** An output that remembers. */
const remembering = (columns: Option.Option<number> = Option.none()) => {
  const said = { data: [] as string[], notes: [] as string[] }
  const layer = Layer.succeed(Output, {
    data: (line) => Effect.sync(() => void said.data.push(line)),
    note: (line) => Effect.sync(() => void said.notes.push(line)),
    columns,
    live: false,
    interactive: false,
    paint: (_, text) => text,
    drawn: (text) => text
  })
  return { said, layer }
}

describe("table", () => {
  const columns = [{ heading: "ID" }, { heading: "PROMPT", flexible: true }, { heading: "FILE" }]

  it("never exceeds the width of the terminal, whatever is in it", () => {
    FastCheck.assert(
      FastCheck.property(
        FastCheck.array(
          FastCheck.tuple(
            FastCheck.string(),
            FastCheck.fullUnicodeString({ maxLength: 200 }),
            FastCheck.string()
          )
        ),
        FastCheck.integer({ min: 10, max: 200 }),
        (rows, width) =>
          table(columns, rows, width).every((line) => Array.from(line.replace(/\p{M}/gu, "")).length <= width)
      )
    )
  })

  it("keeps line breaks and escape sequences of a prompt out of its rows", () => {
    const lines = table(columns, [["1", "a\nb\u001b[31m\u202Ec", "f"]], undefined)
    assert.strictEqual(lines.length, 2)
    assert.isFalse(["\n", "\u001b", "\u202E"].some((character) => lines.join("").includes(character)))
  })
})

describe("progress in plain lines", () => {
  const reports = [
    Progress.starting,
    Progress.submitted,
    ...[0, 1, 2, 3, 4, 50, 51, 52, 100].map(Progress.reported),
    Progress.downloading(0, 100),
    Progress.downloading(50, 100),
    Progress.complete
  ]
  const tell = (wish: ProgressView.Wish) => {
    const { said, layer } = remembering()
    return Effect.gen(function* () {
      const listener = yield* ProgressView.make(wish)
      const generationId = yield* Generation.makeId
      yield* Effect.forEach(reports, (report) => listener({ _tag: "Progress", generationId, ...report }))
      return said
    }).pipe(Effect.scoped, Effect.provide(layer))
  }

  it.effect("says each stage and each ten percent once, on stderr, and whether it is an estimate", () =>
    Effect.gen(function* () {
      const { data, notes } = yield* tell({ json: false, quiet: false })
      assert.deepStrictEqual(data, [])
      assert.isBelow(notes.length, reports.length)
      assert.isTrue(notes.some((line) => /^ 50 % {2}rendering video \(reported\)/.test(line)))
      assert.match(notes.at(-1) ?? "", /^100 % {2}complete/)
    })
  )

  it.effect("says nothing with --quiet, and everything on stdout with --json", () =>
    Effect.gen(function* () {
      assert.deepStrictEqual(yield* tell({ json: false, quiet: true }), { data: [], notes: [] })
      const { data, notes } = yield* tell({ json: true, quiet: false })
      assert.deepStrictEqual([data.length, notes.length], [reports.length, 0])
    })
  )
})

describe("the provider's queue", () => {
  it.effect("is a line for each place, and in the events", () =>
    Effect.gen(function* () {
      const reports = [Progress.queued(2), Progress.queued(2), Progress.queued(0), Progress.reported(5)]
      const tell = (wish: ProgressView.Wish, view = ProgressView.make) => {
        const { said, layer } = remembering()
        return Effect.gen(function* () {
          const listener = yield* view(wish)
          const generationId = Generation.GenerationId.make("a")
          yield* Effect.forEach(reports, (report) =>
            listener({ _tag: "Progress", generationId, ...report, log: "step\u001b[31m 1" })
          )
          return said
        }).pipe(Effect.scoped, Effect.provide(layer))
      }
      const plain = { json: false, quiet: false }
      const { notes } = yield* tell(plain)
      assert.deepStrictEqual(notes, [
        " 20 %  initializing, 2 before it in the queue (reported)  0 s  step [31m 1",
        " 20 %  initializing, next in the queue (reported)  0 s  step [31m 1",
        " 23 %  initializing (reported)  0 s  step [31m 1"
      ])
      assert.lengthOf((yield* tell(plain, ProgressView.ofMany)).notes, 3)
      const { data } = yield* tell({ json: true, quiet: false })
      assert.deepInclude(JSON.parse(data[0] ?? ""), { event: "progress", position: 2, percent: 20 })
    })
  )

  it.effect("is told by status, and what the log says once it runs", () => {
    const poll = [
      { _tag: "Pending", position: 3 },
      { _tag: "Running", log: "loading weights" }
    ] as const
    const { data, live } = world([
      { provider: "busy", model: "one", poll: [...poll, ...poll].map((told) => Effect.succeed(told)) }
    ])
    return Effect.gen(function* () {
      const request = yield* VideoRequest.make({ prompt: "a", model: "one", ...VideoRequest.defaults })
      const id = yield* recorded(request)
      const tell = (json: boolean) => status({ reference: id, json })
      yield* tell(false)
      yield* tell(false)
      assert.deepStrictEqual(data.splice(0), [
        `${id}  processing; the provider says: waiting its turn, 3 before it in the queue`,
        `${id}  processing; the provider says: rendering`,
        "its log: loading weights"
      ])
      yield* tell(true)
      yield* tell(true)
      assert.deepStrictEqual(
        data.map((line) => JSON.parse(line).provider),
        [
          { status: "waiting its turn, 3 before it in the queue", position: 3 },
          { status: "rendering", log: "loading weights" }
        ]
      )
    }).pipe(Effect.provide(live))
  })

  /** A record whose job has been sent, and that nobody works on. */
  const recorded = (request: VideoRequest.VideoRequest) =>
    Effect.gen(function* () {
      const records = yield* GenerationStore
      const plan = yield* Effect.flatMap(VideoGenerator, (generator) => generator.plan(request))
      const claim = yield* records.create(plan, "test")
      const at = DateTime.unsafeMake(0)
      const intent = { _tag: "Submitting", attempt: 1, startedAt: at } as const
      const sent = Option.getOrThrow(yield* records.intend(claim, intent, unlimited))
      const operation = { provider: "busy", id: "1", model: "one" }
      yield* records.accept(sent, { _tag: "Rendering", operation, submittedAt: at }, "sent")
      return plan.id
    })
})

describe("list and show", () => {
  const create = (prompt: string) =>
    Effect.gen(function* () {
      const records = yield* GenerationStore
      const now = yield* DateTime.now
      const request = yield* VideoRequest.make({ prompt, model: "veo-3.1", ...VideoRequest.defaults })
      const id = yield* Generation.makeId
      const state = { _tag: "Queued" as const, attempt: 0 }
      const record = { id, request, provider: "veo", model: "veo-3.1", state, createdAt: now, updatedAt: now }
      return yield* records.create(new Generation.Generation(record), "test")
    })

  it.effect("show the newest first, with their age, within the terminal", () => {
    const { said, layer } = remembering(Option.some(60))
    return Effect.gen(function* () {
      yield* create("The first, whose words are far too many for so small a terminal")
      yield* TestClock.adjust("2 hours")
      const { generation } = yield* create("The second")
      yield* list({ limit: 20, state: Option.none(), json: false })
      assert.match(said.data[1] ?? "", /pending {2}just now .*The sec…/)
      assert.match(said.data[2] ?? "", /pending {2}2 hours ago .*…/)
      assert.isTrue(said.data.every((line) => line.length <= 60))
      yield* show({ reference: generation.id.slice(0, 5), json: false })
      assert.isTrue(said.data.some((line) => /^prompt +The second$/.test(line)))
    }).pipe(Effect.provide(Layer.mergeAll(layer, layerMemory, NodeFileSystem.layer)))
  })
})

describe("words", () => {
  it("are short", () => {
    assert.deepStrictEqual([0, 59.6, 65, 7385].map(seconds), ["0 s", "1 min 0 s", "1 min 5 s", "2 h 3 min"])
    assert.deepStrictEqual([12, 34_567, 1_400_000].map(megabytes), ["12 bytes", "35 kB", "1.4 MB"])
    assert.deepStrictEqual([5, 61_000, 7_300_000, 200_000_000].map(ago), [
      "just now",
      "1 min ago",
      "2 hours ago",
      "2 days ago"
    ])
    assert.strictEqual(nearest("polInterval", ["pollTimeout", "pollInterval", "model"]), "pollInterval")
  })

  it("leave completions and other texts as they are", () => {
    const script = "complete -F _mutoscope\n\n\n  (-h)\n\n  x"
    assert.strictEqual(concise(script), script)
  })
})
