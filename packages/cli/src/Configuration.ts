/**
 * What the user has settled in advance, and where: in the environment, in the project's file, in the user's own. The
 * first that has a setting decides; a flag comes before them all.
 */

import { homedir } from "node:os"
import * as FileSystem from "@effect/platform/FileSystem"
import * as Path from "@effect/platform/Path"
import * as Money from "@mutoscope/core/Money"
import { nearest } from "@mutoscope/core/Nearest"
import * as Prices from "@mutoscope/core/Prices"
import { AspectRatio, durationRange, Resolution } from "@mutoscope/core/VideoRequest"
import * as Arr from "effect/Array"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as ParseResult from "effect/ParseResult"
import * as Schema from "effect/Schema"
import * as FormerFiles from "./formerName/files.ts"
import { formerFolders, formerProjectFile } from "./formerName/names.ts"
import { variables } from "./formerName/variables.ts"
import { userFolders } from "./userFolders.ts"

const text = Schema.NonEmptyTrimmedString
const secret = Schema.Redacted(Schema.String)
const seconds = Schema.Positive
const count = Schema.NonNegativeInt

/** A bucket of Google's storage, and a folder in it. */
const bucket = text.pipe(
  Schema.pattern(/^gs:\/\/[a-z0-9][a-z0-9._-]+(\/\S*)?$/, { message: () => "it is like gs://bucket/folder" })
)

/** US dollars: `12.50` in the environment, in a file also as a number. */
const dollars = Schema.compose(
  Schema.transform(Schema.Union(Schema.String, Schema.Number), Schema.String, {
    strict: true,
    decode: String,
    encode: (text) => text
  }),
  Money.FromText
)

// The name of an account is a kind of provider, and which of several: `fal`, `fal@work`.
const accountName = /^[a-z][a-z0-9-]*(@[a-z0-9][a-z0-9-]*)?$/

const Accounts = Schema.Record({
  key: Schema.String,
  value: Schema.Record({ key: Schema.String, value: Schema.Unknown })
}).pipe(
  Schema.filter((accounts) => Object.keys(accounts).every((name) => accountName.test(name)), {
    message: () => "an account is named like fal or fal@work"
  })
)
/** The settings of accounts, by their names. */
export type Accounts = typeof Accounts.Type

/** Every setting, by the name it has in a file. In the environment `pollInterval` is `MUTOSCOPE_POLL_INTERVAL`. */
export const Settings = Schema.Struct({
  /** The folder for records and for the preview's jobs. */
  dataDir: text,
  /** The folder that remembers how far each database has got; to be kept out of copies of `dataDir`. */
  stateDir: text,
  /** The folder for videos, or a file ending in .mp4. */
  output: text,
  model: text,
  /** The models to try next, in their order: a list, or with commas between them. */
  fallback: Schema.Union(Schema.Array(text), Schema.compose(Schema.split(","), Schema.Array(Schema.Trim))),
  /** Whether the next model is tried also after a refusal that may be about the content: false. */
  fallbackUnclear: Schema.Union(Schema.Boolean, Schema.BooleanFromString),
  aspectRatio: AspectRatio,
  duration: Schema.Int.pipe(Schema.between(durationRange.minimum, durationRange.maximum)),
  resolution: Resolution,
  vertexProject: text,
  vertexLocation: text,
  /** Where Vertex AI puts videos, in a bucket of the user's. Omni is there with one only. */
  vertexStorageUri: bucket,
  vertexOmniLocation: text,
  vertexToken: secret,
  veoUrl: text,
  veoApiKey: secret,
  /** The settings of accounts at providers, by account. `mutoscope providers` tells what there is to set. */
  providers: Schema.Union(Accounts, Schema.parseJson(Accounts)),
  /** What clients of `mutoscope emulator` have to send. */
  emulatorApiKey: secret,
  pollInterval: seconds,
  pollAttempts: Schema.Int.pipe(Schema.positive()),
  pollTimeout: seconds,
  retries: count,
  retryDelay: seconds,
  /** The longest pause that is made because a provider asks for one (`Retry-After`), in seconds: 3600. */
  retryAfterLimit: seconds,
  downloadTimeout: seconds,
  /** How long one run asks for a finished video that its provider does not serve, in seconds: 600. */
  outputTimeout: seconds,
  /** How long a provider may not know a job before its record is unreachable, in seconds: 180. */
  unreachableAfter: seconds,
  /** What to do with a submit whose outcome is unknown: `reconcile` unless it says otherwise. */
  unknownSubmit: Schema.Literal("park", "reconcile", "resubmit"),
  /** The most that all runs of one day (UTC) may cost. */
  dailyCap: dollars,
  /** The most that one run may cost. */
  runCap: dollars,
  /** What may cost more than this, or an unknown sum, is asked about before it is sent. */
  askAbove: dollars,
  /** The most that is kept of refused files beside the videos of a folder, in MiB: 1024. 0 keeps none. */
  quarantineLimit: Schema.NonNegative,
  /** How long refused files are kept, in days: 7. 0 keeps none. */
  quarantineDays: Schema.NonNegative,
  /** The user's own prices, by patterns of models' names: they come before those of tables and of providers' lists. */
  prices: Prices.FromWritten
})
export type Settings = typeof Settings.Type

/** The name of a setting. */
export type Key = keyof Settings

/** The names of all settings. */
export const keys = Object.keys(Settings.fields) as ReadonlyArray<Key>

/** The settings that are never shown, never taken from a flag, and not from a file that others get to see. */
export const secrets: ReadonlySet<Key> = new Set<Key>(["vertexToken", "veoApiKey", "emulatorApiKey"])

/** The environment variable of a setting. */
export const variable = (key: Key): string => `MUTOSCOPE_${upperCase(key)}`

/** The environment variable of an account's setting: `MUTOSCOPE_FAL_API_KEY`, `MUTOSCOPE_FAL_WORK_API_KEY`. */
export const accountVariable = (account: string, setting: string): string =>
  `MUTOSCOPE_${upperCase(account)}_${upperCase(setting)}`

const upperCase = (name: string) =>
  name
    .replace(/[A-Z]/g, (letter) => `_${letter}`)
    .replace(/[^A-Za-z0-9]+/g, "_")
    .toUpperCase()

/** A setting that cannot be used; `source` is the file or variable it stands in. */
export class ConfigurationInvalid extends Data.TaggedError("ConfigurationInvalid")<{
  readonly source: string
  readonly reason: string
}> {
  override get message() {
    return `${this.source}: ${this.reason}`
  }
}

/** Where settings were found: a file, or the environment. */
export interface Source {
  readonly name: string
  readonly settings: Partial<Settings>
}

/** The settings in force. */
export class Configuration extends Context.Tag("@mutoscope/cli/Configuration")<
  Configuration,
  {
    /** What was settled, by whichever source came first. */
    readonly settings: Partial<Settings>
    /** The name of the source that settled it. */
    readonly origin: (key: Key) => Option.Option<string>
    /** The folder for records and for the preview's jobs, as an absolute path. */
    readonly dataDir: string
    /** The file with the records, as an absolute path. */
    readonly database: string
    /** The folder that remembers how far each database has got, as an absolute path. */
    readonly stateDir: string
    /** Where videos go: an absolute path, the current folder unless settled. */
    readonly output: string
    /** The user's own file, whether it is there or not. */
    readonly userFile: string
  }
>() {}

/** The settings of this process, folder and user. Fails where one of them makes no sense. */
export const layer: Layer.Layer<Configuration, ConfigurationInvalid, FileSystem.FileSystem | Path.Path> =
  Layer.effect(
    Configuration,
    Effect.gen(function* () {
      const path = yield* Path.Path
      const paths = userFolders()
      const userFile = path.join(paths.config, "config.json")
      const sources = [yield* environment, ...(yield* project), ...(yield* own(userFile))]
      const declared = together(
        sources.flatMap(({ settings: { providers } }) => (providers ? [providers] : []))
      )
      const prices = ofPatterns(sources.flatMap(({ settings: { prices = [] } }) => prices))
      const settings: Partial<Settings> = Object.assign(
        {},
        ...sources.map((one) => one.settings).reverse(),
        Object.keys(declared).length === 0 ? {} : { providers: declared },
        prices.length === 0 ? {} : { prices }
      )
      const dataDir = path.resolve(home(settings.dataDir ?? paths.data))
      return {
        settings,
        origin: (key) => Option.fromNullable(sources.find((one) => one.settings[key] !== undefined)?.name),
        dataDir,
        database: path.join(dataDir, "mutoscope.db"),
        stateDir: path.resolve(home(settings.stateDir ?? paths.state)),
        output: path.resolve(home(settings.output ?? ".")),
        userFile
      }
    })
  )

/** An account's settings may stand in several places: its key in the user's file, the rest in the project's. */
const together = (sources: ReadonlyArray<Accounts>): Accounts => {
  const names = new Set(sources.flatMap((accounts) => Object.keys(accounts)))
  const settingsOf = (name: string) =>
    Object.assign({}, ...sources.map((accounts) => accounts[name]).reverse())
  return Object.fromEntries(Array.from(names, (name) => [name, settingsOf(name)]))
}

/** Of a pattern that stands in several places the first decides. */
const ofPatterns = (prices: Prices.Prices): Prices.Prices =>
  Arr.dedupeWith(prices, (one, other) => one.pattern === other.pattern)

// In a file nobody else would put the home folder in its place.
const home = (path: string) => path.replace(/^~(?=$|[/\\])/, homedir())

const environment: Effect.Effect<Source, ConfigurationInvalid> = Effect.gen(function* () {
  const found = yield* Effect.mapError(
    variables(keys.map(variable)),
    (error) => new ConfigurationInvalid({ source: "environment", reason: String(error) })
  )
  const entries = yield* Effect.forEach(keys, (key) => {
    const one = found.get(variable(key))
    return one === undefined ? Effect.succeed({}) : decode(one.name, key, unquote(key, one.value))
  })
  return { name: "environment", settings: Object.assign({}, ...entries) }
})

const numeric: ReadonlySet<string> = new Set<Key>([
  "duration",
  "pollInterval",
  "pollAttempts",
  "pollTimeout",
  "retries",
  "retryDelay",
  "retryAfterLimit",
  "downloadTimeout",
  "outputTimeout",
  "unreachableAfter",
  "quarantineLimit",
  "quarantineDays"
])

const unquote = (key: Key, value: string): unknown => (numeric.has(key) ? Number(value) : value)

/** The settings of the nearest folder that has any: the current one, or one above it. */
const project: Effect.Effect<
  ReadonlyArray<Source>,
  ConfigurationInvalid,
  FileSystem.FileSystem | Path.Path
> = Effect.gen(function* () {
  const path = yield* Path.Path
  const folders = [path.resolve(".")]
  for (let next = path.dirname(folders[0] ?? ""); !folders.includes(next); next = path.dirname(next))
    folders.push(next)
  const at = (folder: string) => path.join(folder, "mutoscope.json")
  const [present] = yield* firstIn(folders, (folder) => file(at(folder), false))
  // One beside the present file is passed over as well, and that is said.
  const nearer = folders.slice(
    0,
    present === undefined ? folders.length : 1 + folders.indexOf(present.folder)
  )
  const [former] = yield* firstIn(nearer, (folder) =>
    FormerFiles.ours(path.join(folder, formerProjectFile), (name) => file(name, false))
  )
  if (former === undefined) return present === undefined ? [] : [present.source]
  const { folder, source } = former
  if (present !== undefined) {
    yield* FormerFiles.tellPassedOver(source.name, present.source.name, at(folder))
    return [present.source]
  }
  yield* FormerFiles.tellRead(source.name, at(folder))
  return [source]
})

/** The first of some folders in which there is something, and what that is. */
const firstIn = <E, R>(
  folders: ReadonlyArray<string>,
  read: (folder: string) => Effect.Effect<ReadonlyArray<Source>, E, R>
) =>
  Effect.gen(function* () {
    for (const folder of folders) {
      const [source] = yield* read(folder)
      if (source !== undefined) return [{ folder, source }]
    }
    return []
  })

/** The user's own settings. */
const own = (userFile: string) =>
  Effect.gen(function* () {
    const path = yield* Path.Path
    const [present] = yield* file(userFile, true)
    const former = yield* FormerFiles.ours(path.join(formerFolders().config, "config.json"), (name) =>
      file(name, true)
    )
    if (present !== undefined) {
      for (const { name } of former) yield* FormerFiles.tellPassedOver(name, present.name, userFile)
      return [present]
    }
    for (const { name } of former) yield* FormerFiles.tellRead(name, userFile)
    return former
  })

const file = (name: string, mayHoldSecrets: boolean) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const content = yield* Effect.option(fs.readFileString(name))
    if (Option.isNone(content)) return []
    const fields = yield* decodeFile(name, content.value)
    const settings = yield* Effect.forEach(Object.entries(fields), ([key, value]) =>
      isKey(key)
        ? secrets.has(key) && !mayHoldSecrets
          ? refuse(name, `${key} does not belong in a project's file; set ${variable(key)} instead`)
          : decode(name, key, value)
        : refuse(name, `there is no setting ${JSON.stringify(key)}; did you mean ${nearest(key, keys)}?`)
    )
    const found: Partial<Settings> = Object.assign({}, ...settings)
    if (!mayHoldSecrets) yield* refuseSecrets(name, found.providers ?? {})
    return [{ name, settings: found }]
  })

/** Which settings of an account are secret is known to its provider alone, so the name decides. */
const refuseSecrets = (source: string, accounts: Accounts) =>
  Effect.forEach(
    Object.entries(accounts).flatMap(([account, settings]) =>
      Object.keys(settings).flatMap((key) =>
        /key|token|secret|password/i.test(key) ? [[account, key] as const] : []
      )
    ),
    ([account, key]) =>
      refuse(
        source,
        `providers.${account}.${key} does not belong in a project's file; set ${accountVariable(account, key)} instead`
      ),
    { discard: true }
  )

const isKey = (key: string): key is Key => Object.hasOwn(Settings.fields, key)

const refuse = (source: string, reason: string) => Effect.fail(new ConfigurationInvalid({ source, reason }))

const JsonObject = Schema.parseJson(Schema.Record({ key: Schema.String, value: Schema.Unknown }))

/** What a crash left of a file may be nothing, and with it the limits of money would go without a word. */
const decodeFile = (name: string, content: string) =>
  content.trim() === ""
    ? refuse(name, "it is empty. Write {} into it if it is to hold no settings, or remove it")
    : Effect.mapError(
        Schema.decode(JsonObject)(content.replace(/^\uFEFF/, "")),
        () => new ConfigurationInvalid({ source: name, reason: "it is not a JSON object" })
      )

// The value of a secret must not appear in what is said about it.
const decode = (
  source: string,
  key: Key,
  value: unknown
): Effect.Effect<Partial<Settings>, ConfigurationInvalid> =>
  Schema.decodeUnknown(Schema.partialWith(Settings.pipe(Schema.pick(key)), { exact: true }))({
    [key]: value
  }).pipe(
    Effect.mapError(
      (error) =>
        new ConfigurationInvalid({
          source,
          reason: `${key}: ${
            secrets.has(key)
              ? "must be a text"
              : (ParseResult.ArrayFormatter.formatErrorSync(error)[0]?.message ?? "cannot be used")
          }`
        })
    )
  )
