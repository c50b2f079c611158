/** What the emulator renders and serves is played by a browser, which has decoders of its own. */
import { tmpdir } from "node:os"
import { fileURLToPath } from "node:url"
import * as FileSystem from "@effect/platform/FileSystem"
import * as NodeFileSystem from "@effect/platform-node/NodeFileSystem"
import { afterAll, assert, beforeAll, beforeEach, describe, it } from "@effect/vitest"
import { Emulator, layer } from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as Schema from "effect/Schema"
import type { Browser, Page } from "playwright-core"
import { rendered } from "./support/api.ts"
import * as Chromium from "./support/chromium.ts"

const FPS = 24
const SECONDS = 2
const player = fileURLToPath(new URL("./support/player.html", import.meta.url))

const Picture = Schema.Struct({ time: Schema.Number, mean: Schema.Number, deviation: Schema.Number })

/** What the page tells: times in seconds, brightness 0-255. */
const Watched = Schema.Struct({
  duration: Schema.Number,
  width: Schema.Number,
  height: Schema.Number,
  end: Schema.Number,
  soundBytes: Schema.Number,
  frames: Schema.Number,
  corrupted: Schema.Number,
  first: Picture,
  middle: Picture,
  last: Picture
})
type Watched = typeof Watched.Type

const Playing = Schema.Struct({
  width: Schema.Number,
  height: Schema.Number,
  duration: Schema.Number,
  time: Schema.Positive
})

const Live = Layer.unwrapScoped(
  Effect.map(
    Effect.flatMap(FileSystem.FileSystem, (fs) =>
      fs.makeTempDirectoryScoped({ directory: tmpdir(), prefix: "mutoscope-playback-" })
    ),
    (directory) => layer({ directory })
  )
).pipe(Layer.provide(NodeFileSystem.layer))

const assertNear = (actual: number, expected: number, tolerance: number, what: string) =>
  assert.isAtMost(Math.abs(actual - expected), tolerance, `${what}: ${actual}, not ${expected}`)

/** Played to the end at its pace, each frame of it, and what can be seen is a picture. */
const assertPlayed = (watched: Watched) => {
  assertNear(watched.duration, SECONDS, 0.1, "duration")
  assertNear(watched.end, watched.duration, 0.05, "where it ended")
  assertNear(watched.frames, FPS * SECONDS, 2, "frames")
  assert.strictEqual(watched.corrupted, 0)
  assertNear(watched.middle.time, SECONDS / 2, 1 / FPS, "the middle")
  for (const { mean, deviation } of [watched.first, watched.middle, watched.last]) {
    assert.isTrue(mean > 10 && mean < 245, `brightness ${mean}`)
    assert.isAbove(deviation, 10)
  }
  assert.notStrictEqual(watched.first.mean, watched.middle.mean)
}

describe("a browser", () => {
  let browser: Browser | undefined
  let missing: string | undefined

  beforeAll(async () => {
    const found = await Chromium.open()
    if (typeof found !== "string") {
      browser = found
    } else {
      missing = found
      console.warn(`Playback in a browser is not tested: ${missing}`)
    }
  }, 60_000)
  afterAll(() => browser?.close())
  beforeEach(({ skip }) => {
    if (missing !== undefined) skip(missing)
  })

  const newPage = Effect.acquireRelease(
    Effect.suspend(() => Effect.fromNullable(browser)).pipe(
      Effect.flatMap((browser) => Effect.promise(() => browser.newPage()))
    ),
    (page) => Effect.promise(() => page.close())
  )

  /** A rendered video, in a player on the emulator's own address: pages of other sites get nothing from it. */
  const watch = (prompt: string, parameters: Record<string, unknown>) =>
    Effect.gen(function* () {
      const { url } = yield* Emulator
      const uri = yield* video(prompt, parameters)
      const page = yield* newPage
      const statuses = statusesOf(page, uri)
      yield* Effect.promise(() => page.route(`${url}/player`, (route) => route.fulfill({ path: player })))
      yield* Effect.promise(() => page.goto(`${url}/player`))
      const told = yield* Effect.promise(() => page.evaluate<unknown>(`watch(${JSON.stringify(uri)})`))
      return { watched: yield* Schema.decodeUnknown(Watched)(told), statuses }
    })

  it.scopedLive(
    "plays a video with its sound to the end, and finds its middle",
    () =>
      Effect.gen(function* () {
        const { statuses, watched } = yield* watch("a lighthouse at sunset", { generateAudio: true })
        assertPlayed(watched)
        assert.deepStrictEqual([watched.width, watched.height], [854, 480])
        assert.isAbove(watched.soundBytes, 0)
        assert.isNotEmpty(statuses)
        assert.isTrue(statuses.every((status) => status === 206))
      }).pipe(Effect.provide(Live)),
    120_000
  )

  it.scopedLive(
    "plays a silent portrait",
    () =>
      Effect.gen(function* () {
        const { watched } = yield* watch("a dog on a meadow", { generateAudio: false, aspectRatio: "9:16" })
        assertPlayed(watched)
        assert.deepStrictEqual([watched.width, watched.height], [480, 854])
        assert.strictEqual(watched.soundBytes, 0)
      }).pipe(Effect.provide(Live)),
    120_000
  )

  it.scopedLive(
    "plays a video whose address is typed into it",
    () =>
      Effect.gen(function* () {
        const uri = yield* video("a dog on a meadow", { aspectRatio: "1:1" })
        const page = yield* newPage
        yield* Effect.promise(() => page.goto(uri))
        const { duration, height, width } = yield* playing(page)
        assert.deepStrictEqual([width, height], [480, 480])
        assertNear(duration, SECONDS, 0.1, "duration")
      }).pipe(Effect.provide(Live)),
    120_000
  )
})

const video = (prompt: string, parameters: Record<string, unknown>) =>
  rendered(prompt, { resolution: "480p", durationSeconds: SECONDS, seed: 7, ...parameters })

const statusesOf = (page: Page, uri: string): ReadonlyArray<number> => {
  const statuses: Array<number> = []
  page.on("response", (response) => {
    if (response.url() === uri) statuses.push(response.status())
  })
  return statuses
}

/** What the page shows, once it moves. */
const playing = (page: Page) =>
  Effect.promise(() => page.evaluate<unknown>(onScreen)).pipe(
    Effect.flatMap(Schema.decodeUnknown(Playing)),
    Effect.retry(Schedule.spaced("50 millis").pipe(Schedule.upTo("20 seconds")))
  )

const onScreen = `(({ videoWidth: width, videoHeight: height, duration, currentTime: time }) =>
  ({ width, height, duration, time }))(document.querySelector("video"))`
