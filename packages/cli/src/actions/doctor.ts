/**
 * `mutoscope doctor`: what is configured and where, what can be reached, what can be written.
 */
import { dirname } from "node:path"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpClient from "@effect/platform/HttpClient"
import type * as Path from "@effect/platform/Path"
import * as Proxies from "@mutoscope/client/Proxies"
import * as Generation from "@mutoscope/core/Generation"
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { placeKind } from "@mutoscope/core/Media"
import * as Money from "@mutoscope/core/Money"
import * as SqliteGenerationStore from "@mutoscope/storage/SqliteGenerationStore"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Account, accounts } from "../accounts.ts"
import * as Breakers from "../breakers.ts"
import { Configuration, type Key, keys, secrets, variable } from "../Configuration.ts"
import * as Database from "../database.ts"
import { telling } from "../ErrorEvent.ts"
import { leftBehind } from "../formerName/dataFolder.ts"
import { CheckFailed } from "../Outcome.ts"
import { Output } from "../Output.ts"
import { previewName } from "../Preview.ts"
import { indented } from "../wording.ts"

export interface Flags {
  readonly offline: boolean
  readonly acceptRestored: boolean
  readonly json: boolean
}

/** The records are built as a part of the check, since they may be what is wrong. */
type Records = Layer.Layer<GenerationStore, Error, Configuration | Output | FileSystem.FileSystem | Path.Path>

/** What the check is about. */
interface Checked {
  readonly records: Records
  readonly database: Effect.Effect<SqliteGenerationStore.Options, never, Configuration | Output>
}

/** One finding: `bad` ones make the command fail. */
interface Finding {
  readonly good: boolean
  readonly what: string
  readonly detail: string
}

/** Something does not work. */
class Faulty extends Data.TaggedError("Faulty")<{ readonly reason: string }> {
  override get message() {
    return this.reason
  }
}

export const doctor = ({ acceptRestored, json, offline, ...checked }: Flags & Checked) =>
  Effect.gen(function* () {
    if (acceptRestored) return yield* telling({ json })(accept(checked, json))
    yield* checkUp(checked, { json, offline })
  })

const checkUp = ({ database, records }: Checked, { json, offline }: Pick<Flags, "json" | "offline">) =>
  Effect.gen(function* () {
    const output = yield* Output
    if (!json) {
      yield* Effect.forEach(yield* settled, output.data, { discard: true })
      yield* output.data("")
      yield* Effect.forEach(yield* limits, output.data, { discard: true })
      yield* output.data("")
    }
    const isRead = yield* check("records", newestOf(records))
    // After the records, which may have to be migrated, and in a connection of its own.
    const inspected = yield* Effect.either(Effect.flatMap(database, SqliteGenerationStore.inspect))
    const findings = yield* Effect.all([
      check("Node", Effect.succeed(process.version)),
      Effect.succeed(isRead),
      // What keeps it from being opened has been said.
      ...(Either.isRight(inspected) ? [check("database", Database.describe(inspected.right))] : []),
      check("videos", writable(yield* Effect.map(Configuration, ({ output }) => output))),
      check("preview renderer", renderer),
      ...(yield* accounts).flatMap(({ entry, name }) =>
        Either.isLeft(entry) ? [check(name, new Faulty({ reason: String(entry.left) }))] : []
      ),
      ...(yield* proxies),
      ...(offline ? [] : (yield* addresses).map(([name, url]) => check(name, reachable(url))))
    ])
    const isWell = findings.every(({ good }) => good)
    if (json) yield* output.data(event(isWell, findings, inspected))
    else yield* Effect.forEach(findings, (finding) => output.data(line(finding)), { discard: true })
    if (!isWell) return yield* new CheckFailed()
  })

const event = (
  ok: boolean,
  findings: ReadonlyArray<Finding>,
  inspected: Either.Either<SqliteGenerationStore.Inspection, Error>
) =>
  JSON.stringify({
    event: "doctor",
    ok,
    findings,
    ...(Either.isRight(inspected) ? { database: Database.summary(inspected.right) } : {})
  })

/** Says what it means before it is done, since nothing else will. */
const accept = ({ database }: Checked, json: boolean) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    const options = yield* database
    const before = yield* SqliteGenerationStore.inspect(options)
    if (Database.isRestored(before))
      yield* Effect.forEach(Database.whatItMeans(before), note, { discard: true })
    const after = yield* SqliteGenerationStore.acceptRestored(options)
    if (json)
      return yield* data(
        JSON.stringify({
          event: "accepted",
          accepted: before.id !== after.id,
          database: Database.summary(after)
        })
      )
    yield* note(
      before.id === after.id
        ? `Nothing to accept: ${after.path} is no older copy that this user's state folder knows of.`
        : `Accepted: ${after.path} is sent from again.`
    )
  })

const line = ({ good, what, detail }: Finding) => `${good ? "ok  " : "BAD "} ${what.padEnd(18)} ${detail}`

const check = <R>(what: string, test: Effect.Effect<string, Error, R>): Effect.Effect<Finding, never, R> =>
  test.pipe(
    Effect.match({
      onSuccess: (detail) => ({ good: true, what, detail }),
      onFailure: ({ message }) => ({ good: false, what, detail: message })
    })
  )

// --- what is configured ------------------------------------------------------------------------------------------

const settled = Effect.map(Effect.all([Configuration, accounts]), ([configuration, known]) => {
  const { settings, origin, userFile, dataDir, stateDir } = configuration
  const former = leftBehind(configuration)
  return [
    `settings           ${keys.filter((key) => settings[key] !== undefined).length} of ${keys.length} set; your own file is ${userFile}`,
    `data folder        ${dataDir}`,
    `state folder       ${stateDir}`,
    ...(former === undefined
      ? []
      : [
          `former records     ${former} is not read; to see it: MUTOSCOPE_DATA_DIR=${dirname(former)} mutoscope list`
        ]),
    `default provider   ${defaultProvider(known.filter(({ entry }) => Either.isRight(entry)))}`,
    ...keys.flatMap((key) =>
      Option.match(origin(key), {
        onNone: () => (secrets.has(key) ? [`  ${key.padEnd(18)} not set (${variable(key)})`] : []),
        onSome: (from) => [`  ${key.padEnd(18)} ${shown(key, settings[key])}  (from ${from})`]
      })
    )
  ]
})

const shown = (key: Key, value: Configuration["Type"]["settings"][Key]) =>
  key === "prices" && Array.isArray(value)
    ? value.map(({ pattern }) => pattern).join(", ")
    : typeof value === "object" && key === "providers"
      ? Object.keys(value).join(", ")
      : secrets.has(key)
        ? "set"
        : amounts.has(key) && typeof value === "number"
          ? inDollars(value)
          : String(value)

const amounts: ReadonlySet<Key> = new Set<Key>(["dailyCap", "runCap", "askAbove"])

const inDollars = (micros: number) => Money.format(Money.MicroUsd.make(micros))

const defaultProvider = ([first]: ReadonlyArray<Account>) =>
  first?.name ?? `${previewName}: procedural previews drawn on this machine, since no provider is configured`

const limits = Effect.map(
  Configuration,
  ({ settings: { askAbove, dailyCap, runCap, unknownSubmit = "reconcile" } }) => [
    `daily limit        ${amount(dailyCap)}`,
    `limit of a run     ${amount(runCap)}`,
    `asks above         ${amount(askAbove)}`,
    `unknown submits    ${unknownSubmits[unknownSubmit]}`
  ]
)

const amount = (cap: Money.MicroUsd | undefined) => (cap === undefined ? "none" : Money.format(cap))

const unknownSubmits = {
  park: "parked until somebody decides",
  reconcile: "looked for at the provider and adopted on proof, else parked until somebody decides",
  resubmit: "sent again, which may be charged twice"
}

// --- what works --------------------------------------------------------------------------------------------------

const newestOf = (layer: Records) =>
  Effect.gen(function* () {
    const { database } = yield* Configuration
    const context = yield* Layer.build(layer)
    const records = Context.get(context, GenerationStore)
    const [newest] = yield* records.list({ limit: 1 })
    const place = `${database}${newest === undefined ? " (empty)" : `, newest ${newest.id}`}`
    const { breakers } = yield* records.queue.state
    return [
      place,
      ...left(yield* records.list({ states: unfinishedStates })),
      ...breakers.map(Breakers.line)
    ].join(indented)
  }).pipe(Effect.scoped)

const unfinishedStates = [
  "Queued",
  "Submitting",
  "SubmitUnknown",
  "Rendering",
  "Unreachable",
  "Downloading"
] as const

/** What waits for somebody, and the command that goes on with it. */
const left = (unfinished: ReadonlyArray<Generation.Generation>): ReadonlyArray<string> => {
  const undecided = unfinished.filter(Generation.isIn("SubmitUnknown"))
  const unreachable = unfinished.filter(Generation.isIn("Unreachable"))
  const unsent = unfinished.filter(({ queue, state }) => state._tag === "Queued" && queue !== undefined)
  const others = unfinished.length - undecided.length - unreachable.length - unsent.length
  return [
    ...(others === 0 ? [] : [`${others} unfinished: mutoscope resume --all`]),
    ...(unsent.length === 0 ? [] : [`${unsent.length} waiting to be sent: mutoscope queue`]),
    ...(undecided.length === 0 ? [] : [`${undecided.length} undecided: mutoscope list --state unknown`]),
    ...(unreachable.length === 0
      ? []
      : [`${unreachable.length} unreachable: mutoscope list --state unreachable`])
  ]
}

const writable = (folder: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const isFile = placeKind(folder) === "file"
    yield* fs.access(isFile ? "." : folder, { writable: true })
    return folder
  })

const renderer = Effect.tryPromise({
  try: async () => {
    await Promise.all([import("mediabunny"), import("h264-mp4-encoder")])
    return "its libraries load"
  },
  catch: (cause) => new Faulty({ reason: `its libraries do not load: ${String(cause)}` })
})

const addresses = Effect.map(accounts, (known) =>
  known.flatMap(({ entry, name }) =>
    Option.match(
      Option.flatMapNullable(Either.getRight(entry), ({ address }) => address),
      { onNone: () => [], onSome: (address) => [[name, address] as const] }
    )
  )
)

/** What an error comes from, in the words of where it arose. */
const innermost = (error: Error): string =>
  error.cause instanceof Error ? innermost(error.cause) : error.message

/** What the environment says of proxies; nothing where it names none. */
const proxies = Effect.gen(function* () {
  const named = Proxies.fromEnvironment(yield* Effect.sync(() => process.env))
  if (Either.isLeft(named)) return [check("proxy", new Faulty({ reason: named.left }))]
  const { except, http, https } = named.right
  if (Proxies.isEmpty(named.right)) return []
  const ways = [
    ...(https === undefined ? [] : [`https through ${Proxies.shown(https)}`]),
    ...(http === undefined ? [] : [`http through ${Proxies.shown(http)}`]),
    `not for this machine${except === "" ? "" : ` and ${except}`}`
  ]
  return [check("proxy", Effect.succeed(ways.join(", ")))]
})

// Any answer will do, and no credential goes along.
const reachable = (url: string) =>
  Effect.gen(function* () {
    const http = yield* HttpClient.HttpClient
    const { status } = yield* http.get(url)
    return `${url} answers (HTTP ${status})`
  }).pipe(
    Effect.scoped,
    Effect.mapError((error) => new Faulty({ reason: `${url} cannot be reached: ${innermost(error)}` })),
    Effect.timeoutFail({
      duration: "5 seconds",
      onTimeout: () => new Faulty({ reason: `${url} does not answer` })
    })
  )
