import { mkdtemp, readFile, rm } from "node:fs/promises"
import { createServer } from "node:http"
import { tmpdir } from "node:os"
import { join } from "node:path"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServer from "@effect/platform/HttpServer"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import { assert, describe, it } from "@effect/vitest"
import { urlOf } from "@mutoscope/emulator/Dialects"
import * as Emulation from "@mutoscope/emulator/Emulator"
import { layerInstant, VideoRenderer } from "@mutoscope/emulator/VideoRenderer"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { bytesOf, call, ended, poll, post, rendered, submit, uriOf } from "./support/api.ts"

const folder = Effect.acquireRelease(
  Effect.promise(() => mkdtemp(join(tmpdir(), "mutoscope-emulator-test-"))),
  (path) => Effect.promise(() => rm(path, { recursive: true, force: true }))
)

/** An emulator whose renderer never finishes. */
const layerEndless = (directory: string) =>
  Layer.provide(
    Emulation.layerRenderer({ directory }),
    Layer.succeed(VideoRenderer, { render: () => Effect.never })
  )

describe("an emulator", () => {
  it.scopedLive("finishes after a restart what it began before, under the same name", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const names = yield* Effect.provide(
        Effect.gen(function* () {
          const finished = yield* submit("a", { emulatorScenario: "failure" })
          yield* ended(finished)
          return { finished, running: yield* submit("b", { seed: 3 }), waiting: yield* submit("c") }
        }),
        layerEndless(directory)
      )
      yield* Effect.gen(function* () {
        assert.strictEqual((yield* poll(names.finished)).error?.code, 13)
        const uri = yield* Effect.flatMap(ended(names.running), uriOf)
        assert.include((yield* Effect.flatMap(call(uri), bytesOf)).toString("latin1"), "free3 b")
        assert.isDefined((yield* ended(names.waiting)).response)
        assert.deepStrictEqual(yield* (yield* Emulation.Emulator).accepted, [])
      }).pipe(Effect.provide(Emulation.layerTest({ directory })))
    })
  )

  it.scopedLive("stops although a client hangs on", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      const { url } = yield* Effect.provide(
        Effect.tap(Emulation.Emulator, () =>
          Effect.ignore(Effect.timeout(submit("a", { emulatorScenario: "stuck" }), "5 seconds"))
        ),
        layerEndless(directory)
      )
      yield* Effect.flip(Effect.tryPromise(() => fetch(url)))
    })
  )

  it.scopedLive("writes what it accepts into a file, too", () =>
    Effect.gen(function* () {
      const file = join(yield* folder, "accepted.jsonl")
      yield* Effect.provide(
        Effect.zipRight(submit("a"), submit("b", { emulatorScenario: "quota" })),
        Emulation.layerTest({ ledger: file })
      )
      const lines = (yield* Effect.promise(() => readFile(file, "utf8"))).trim().split("\n")
      assert.strictEqual(lines.length, 1)
      assert.match(lines[0] ?? "", /"prompt":"a"/)
    })
  )

  it.scopedLive("takes its time where it is told to", () =>
    Effect.gen(function* () {
      const name = yield* submit("a")
      const { metadata, done } = yield* Effect.repeat(Effect.delay(poll(name), "20 millis"), {
        until: (answer) => Number(answer.metadata?.["progressPercent"]) >= 10
      })
      assert.isUndefined(done)
      assert.strictEqual(metadata?.["state"], "RUNNING")
      yield* post(`/v1beta/${name}:cancel`, {})
      assert.isTrue((yield* poll(name)).done)
    }).pipe(Effect.provide(Emulation.layerTest({ renderTime: "5 seconds" })))
  )

  it.scopedLive("cannot start where its folder is a file", () =>
    Effect.gen(function* () {
      const error = yield* Effect.flip(
        Effect.provide(Emulation.Emulator, Emulation.layerTest({ directory: process.execPath }))
      )
      assert.strictEqual(error._tag, "EmulatorFailed")
    })
  )

  it.scopedLive("cannot start where its port is taken", () =>
    Effect.gen(function* () {
      const { port } = yield* Emulation.Emulator
      const error = yield* Effect.flip(
        Effect.provide(Emulation.Emulator, Layer.fresh(Emulation.layerTest({ port })))
      )
      assert.match(error.message, /EADDRINUSE/)
    }).pipe(Effect.provide(Emulation.layerTest()))
  )

  it.scopedLive("can be mounted in another server, and knows where it is", () =>
    Effect.gen(function* () {
      const { router } = yield* Emulation.make({ directory: yield* folder })
      yield* HttpServer.serveEffect(Effect.orDie(HttpRouter.mount(HttpRouter.empty, "/fake/veo", router)))
      const { address } = yield* HttpServer.HttpServer
      const url = `http://127.0.0.1:${address._tag === "TcpAddress" ? address.port : 0}/fake/veo`
      yield* Effect.gen(function* () {
        const uri = yield* rendered("a")
        assert.isTrue(uri.startsWith(`${url}/v1beta/files/`), uri)
        assert.strictEqual((yield* call(uri)).status, 200)
      }).pipe(
        Effect.provideService(Emulation.Emulator, {
          url,
          port: 0,
          urlOf: (dialect) => urlOf(url, dialect),
          accepted: Effect.succeed([])
        })
      )
    }).pipe(
      Effect.provide(Layer.provideMerge(layerInstant(), NodeContext.layer)),
      Effect.provide(NodeHttpServer.layer(createServer, { host: "127.0.0.1", port: 0 }))
    )
  )

  it.scopedLive("renders for real", () =>
    Effect.gen(function* () {
      const directory = yield* folder
      yield* Effect.gen(function* () {
        const uri = yield* rendered("waves at sunset", {
          aspectRatio: "1:1",
          resolution: "480p",
          durationSeconds: 2,
          seed: 1
        })
        const bytes = yield* Effect.flatMap(call(uri), bytesOf)
        assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
        assert.isAbove(bytes.length, 10_000)
      }).pipe(Effect.provide(Emulation.layer({ directory })))
    })
  )
})
