/** What holds in every dialect: its scenarios, its keys, its downloads. A dialect joins with a driver of its own. */
import { assert, describe, it } from "@effect/vitest"
import { all, at, type DialectName, dialects, urlOf } from "@mutoscope/emulator/Dialects"
import { Emulator, layerTest } from "@mutoscope/emulator/Emulator"
import { type ScenarioName, scenarios } from "@mutoscope/emulator/Faults"
import * as Effect from "effect/Effect"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import { type Driver, type State, type Statuses, usual } from "./drivers/Driver.ts"
import { drivers } from "./drivers/registry.ts"
import { bytesOf, call, json } from "./support/api.ts"

const names = Object.keys(dialects) as ReadonlyArray<DialectName>

const acceptedCount = Effect.flatMap(Emulator, ({ accepted }) => Effect.map(accepted, (list) => list.length))

const statusIn = (driver: Driver, what: keyof Statuses) => driver.statuses?.[what] ?? usual[what]

/** The name of a new job. */
const submitted = (driver: Driver, scenario?: string, prompt = "a cat") =>
  Effect.gen(function* () {
    const response = yield* driver.submit(prompt, scenario === undefined ? {} : { scenario })
    assert.strictEqual(response.status, statusIn(driver, "accepted"))
    return driver.jobIn(yield* json(response))
  })

const stateOf = (driver: Driver, job: string, headers = {}) =>
  Effect.map(Effect.flatMap(driver.poll(job, headers), json), driver.stateIn)

/** Asks until the job has ended, in real time. */
const ended = (driver: Driver, job: string, headers = {}): Effect.Effect<State, unknown, Emulator> =>
  Effect.flatMap(stateOf(driver, job, headers), (state) =>
    state === "waiting" ? Effect.delay(ended(driver, job, headers), "5 millis") : Effect.succeed(state)
  )

const rendered = (driver: Driver, scenario?: string) =>
  Effect.tap(submitted(driver, scenario), (job) => ended(driver, job))

/** The answer is no, in the shape that the dialect has for it. */
const saysNo = (driver: Driver, response: Response, status: number) =>
  Effect.gen(function* () {
    assert.strictEqual(response.status, status)
    assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
    yield* Schema.decodeUnknown(driver.Refusal, { onExcessProperty: "ignore" })(yield* json(response))
  })

const refuses = (scenario: ScenarioName & keyof Statuses) => (driver: Driver) =>
  Effect.gen(function* () {
    const response = yield* driver.submit("a cat", { scenario })
    yield* saysNo(driver, response, statusIn(driver, scenario))
    assert.strictEqual(yield* acceptedCount, 0)
    return response
  })

const endsAs = (scenario: ScenarioName, state: State) => (driver: Driver) =>
  Effect.gen(function* () {
    assert.strictEqual(yield* Effect.flatMap(submitted(driver, scenario), (job) => ended(driver, job)), state)
  })

/** What every scenario looks like in every dialect that has it. */
const happenings: {
  readonly [Name in ScenarioName]: (driver: Driver) => Effect.Effect<unknown, unknown, Emulator>
} = {
  quota: refuses("quota"),
  "rate-limit": (driver) =>
    Effect.gen(function* () {
      const response = yield* refuses("rate-limit")(driver)
      assert.match(response.headers.get("retry-after") ?? "", /^[1-9]\d*$/)
    }),
  unavailable: refuses("unavailable"),
  unauthorized: refuses("unauthorized"),
  "retired-model": refuses("retired-model"),
  reset: (driver) =>
    Effect.gen(function* () {
      yield* Effect.flip(driver.submit("a cat", { scenario: "reset" }))
      assert.strictEqual(yield* acceptedCount, 0)
    }),
  "lost-response": (driver) =>
    Effect.gen(function* () {
      yield* Effect.flip(driver.submit("a cat", { scenario: "lost-response" }))
      const [entry] = yield* (yield* Emulator).accepted
      assert.strictEqual(yield* ended(driver, entry?.operation ?? ""), "done")
      assert.strictEqual(yield* acceptedCount, 1)
    }),
  "malformed-json": (driver) =>
    Effect.gen(function* () {
      const response = yield* driver.submit("a cat", { scenario: "malformed-json" })
      assert.strictEqual(response.status, statusIn(driver, "accepted"))
      assert.match(response.headers.get("content-type") ?? "", /^application\/json/)
      yield* Effect.flip(json(response))
      assert.strictEqual(yield* acceptedCount, 1)
    }),
  failure: endsAs("failure", "failed"),
  "content-block": endsAs("content-block", "refused"),
  "empty-result": endsAs("empty-result", "empty"),
  stuck: (driver) =>
    Effect.gen(function* () {
      const job = yield* submitted(driver, "stuck")
      assert.strictEqual(yield* ended(driver, yield* submitted(driver)), "done")
      assert.strictEqual(yield* stateOf(driver, job), "waiting")
    }),
  slow: (driver) =>
    Effect.gen(function* () {
      const job = yield* submitted(driver, "slow:1")
      assert.strictEqual(yield* stateOf(driver, job), "waiting")
      assert.strictEqual(yield* ended(driver, job), "done")
    }),
  "poll-unavailable": (driver) =>
    Effect.gen(function* () {
      const job = yield* submitted(driver, "poll-unavailable:2")
      yield* saysNo(driver, yield* driver.poll(job), 503)
      yield* saysNo(driver, yield* driver.poll(job), 503)
      assert.strictEqual(yield* ended(driver, job), "done")
    }),
  "truncated-download": (driver) =>
    Effect.gen(function* () {
      const job = yield* rendered(driver, "truncated-download:1")
      const cut = yield* driver.download(job)
      yield* Effect.flip(bytesOf(cut))
      const whole = yield* Effect.flatMap(driver.download(job), bytesOf)
      assert.strictEqual(Number(cut.headers.get("content-length")), whole.length)
    }),
  "expired-file": (driver) =>
    Effect.gen(function* () {
      const job = yield* rendered(driver, "expired-file")
      assert.strictEqual(yield* stateOf(driver, job), "done")
      yield* saysNo(driver, yield* driver.download(job), statusIn(driver, "expired"))
    })
}

describe.each(names)("the dialect %s", (name) => {
  const driver = drivers[name]
  const dialect = dialects[name]

  it.scopedLive.each(Object.keys(scenarios) as ReadonlyArray<ScenarioName>)("scenario %s", (scenario) =>
    Effect.gen(function* () {
      const lack = dialect.lacks[scenario]
      if (lack === undefined) return yield* happenings[scenario](driver)
      const response = yield* driver.submit("a cat", { scenario })
      yield* saysNo(driver, response.clone(), 400)
      assert.include(yield* Effect.promise(() => response.text()), lack)
      assert.strictEqual(yield* acceptedCount, 0)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("goes from a prompt to a saved video, whole and by the range", () =>
    Effect.gen(function* () {
      const job = yield* submitted(driver)
      assert.strictEqual(yield* ended(driver, job), "done")
      const response = yield* driver.download(job)
      const bytes = yield* bytesOf(response)
      assert.strictEqual(response.headers.get("content-type"), "video/mp4")
      assert.strictEqual(bytes.subarray(4, 8).toString(), "ftyp")
      assert.match(bytes.subarray(bytes.lastIndexOf("free")).toString(), /^free\d+ a cat$/)
      const rest = yield* driver.download(job, {
        range: "bytes=10-",
        "if-range": response.headers.get("etag") ?? ""
      })
      assert.strictEqual(rest.status, 206)
      assert.isTrue((yield* bytesOf(rest)).equals(bytes.subarray(10)))
      assert.strictEqual((yield* driver.download(job, { range: "bytes=999999-" })).status, 416)
      const [entry] = yield* (yield* Emulator).accepted
      assert.deepInclude(entry, { dialect: name, operation: job, prompt: "a cat" })
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("asks for the key where its clients put it", () =>
    Effect.gen(function* () {
      const headers = driver.keyed("s3cret")
      for (const wrong of [{}, driver.keyed("guess")]) {
        yield* saysNo(driver, yield* driver.submit("a cat", { headers: wrong }), 401)
      }
      assert.strictEqual(yield* acceptedCount, 0)
      const job = driver.jobIn(yield* Effect.flatMap(driver.submit("a cat", { headers }), json))
      yield* saysNo(driver, yield* driver.poll(job), 401)
      assert.strictEqual(yield* ended(driver, job, headers), "done")
      assert.strictEqual((yield* driver.download(job, headers)).status, 200)
    }).pipe(Effect.provide(layerTest({ apiKey: Redacted.make("s3cret") })))
  )

  const { cancel } = driver
  it.scopedLive.skipIf(cancel === undefined)("cancels a job that runs", () =>
    Effect.gen(function* () {
      if (cancel === undefined) return
      const job = yield* submitted(driver, "stuck")
      assert.isBelow((yield* cancel(job)).status, 300)
      if (driver.afterCancel === undefined) assert.strictEqual(yield* stateOf(driver, job), "cancelled")
      else assert.strictEqual((yield* driver.poll(job)).status, driver.afterCancel)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("tells nothing of jobs that are not there, or another dialect's", () =>
    Effect.gen(function* () {
      const others = yield* Effect.forEach(
        names.filter((other) => other !== name),
        (other) => submitted(drivers[other])
      )
      for (const job of [driver.unknownJob, ...others.map((other) => sameId(driver.unknownJob, other))]) {
        yield* saysNo(driver, yield* driver.poll(job), statusIn(driver, "unknownJob"))
      }
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("says of unknown addresses that they are, in its own shape", () =>
    Effect.gen(function* () {
      const { urlOf } = yield* Emulator
      yield* saysNo(driver, yield* call(`${urlOf(name)}/no/such/address`), 404)
      yield* saysNo(driver, yield* call(`${urlOf(name)}/no/such/address`, { method: "PUT" }), 404)
    }).pipe(Effect.provide(layerTest()))
  )

  it.scopedLive("refuses pages of other sites, in its own shape", () =>
    Effect.gen(function* () {
      const headers = { origin: "https://evil.example" }
      yield* saysNo(driver, yield* driver.submit("a cat", { headers }), 403)
      assert.strictEqual(yield* acceptedCount, 0)
    }).pipe(Effect.provide(layerTest()))
  )
})

/** A job's name of one dialect with the id of another's job. */
const sameId = (like: string, other: string) =>
  `${like.slice(0, -32)}${/[0-9a-f]{32}$/.exec(other.replaceAll("-", ""))?.[0]}`

describe("the registry", () => {
  it("knows every dialect by its own name, at an address of its own", () => {
    assert.deepStrictEqual(
      all.map(({ name }) => name),
      [...names]
    )
    // Google's two are one server.
    assert.strictEqual(new Set(all.map(({ prefix }) => prefix)).size, all.length - 1)
    for (const name of names) {
      const { prefix } = dialects[name]
      assert.strictEqual(at(`${prefix}/anything?else`).name, prefix === "" ? "veo" : name)
      assert.strictEqual(urlOf("http://localhost:1", name), `http://localhost:1${prefix}`)
    }
    assert.strictEqual(at("/openaiish/v1").name, "veo")
  })

  it("says why a scenario is lacking", () => {
    for (const { lacks } of all)
      for (const why of Object.values(lacks)) assert.match(why, /^[a-z].{10,}[^.]$/)
  })
})
