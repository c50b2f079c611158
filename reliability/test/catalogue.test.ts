/**
 * That nothing of the catalogue is skipped in silence; and X16, what the lock file lets in.
 */
import { readdirSync, readFileSync } from "node:fs"
import { join } from "node:path"
import { fileURLToPath } from "node:url"
import * as Schema from "effect/Schema"
import { assert, describe, it } from "vitest"
import { cases, reasons } from "../src/catalogue.ts"

const root = fileURLToPath(new URL("../..", import.meta.url))

const testsIn = (folder: string): ReadonlyArray<string> =>
  readdirSync(join(root, folder), { recursive: true, encoding: "utf8" })
    .filter((name) => name.endsWith(".test.ts") && !name.includes("node_modules"))
    .map((name) => readFileSync(join(root, folder, name), "utf8"))

const quoted = '("[^"\\n]*"|`[^`\\n]*`)'

/** Where a title stands, or what it is made of, in a file that calls its tests by such names. What a test says is no title. */
const placesWhere = (names: string) =>
  [
    `\\b(?:${names})(?:\\.\\w+)*\\(\\s*${quoted}`,
    // After a table or a condition.
    `\\)\\(\\s*${quoted}`,
    // The first two fields of a row of a table.
    `\\[\\s*${quoted}`,
    `\\[\\s*"[^"\\n]*",\\s*${quoted}`,
    `\\bid: ${quoted}`
  ].map((place) => new RegExp(place, "g"))

/** What a file of tests calls in the place of `it`. */
const inPlaceOfIt = /const (\w+) = (?:<[^\n]*>)?\((?:(?!\bconst\b)[\s\S]){0,300}?\) =>[\s{]*(?:return )?it\b/g

const titlesIn = (text: string): ReadonlyArray<string> => {
  const own = Array.from(text.matchAll(inPlaceOfIt), ([, name]) => name)
  return placesWhere(["it", "describe", "test", ...own].join("|")).flatMap((place) =>
    Array.from(text.matchAll(place), ([, title = ""]) => title.slice(1, -1))
  )
}

const titles = ["packages", "apps", "reliability"].flatMap(testsIn).flatMap(titlesIn)

const isTested = (id: string) => titles.some((title) => new RegExp(`\\b${id}\\b`).test(title))

describe("the catalogue", () => {
  it("takes no sentence of a test for its title", () => {
    const text = `
      note("Q01 is left out")
      const refused = (title: string) => it(title, () => {})
      it("Q11 is told", () => assert.strictEqual(said, "Q02"))
      it.effect.each(rows)("Q12 %s", ([, why]) => why)
      it.each([["Q13 a row", "no"]] as const)("%s", () => assert.fail("Q03"))
      describe.skipIf(!posix)("Q14 only here", () => {})
      const cases = [{ id: "Q15 by its id", says: "Q04" }]
      refused("Q16 by a name of its own", { message: "Q05" })
    `
    const found = titlesIn(text).filter((title) => title.startsWith("Q"))
    assert.deepStrictEqual(found.map((title) => title.slice(0, 3)).sort(), [
      "Q11",
      "Q12",
      "Q13",
      "Q14",
      "Q15",
      "Q16"
    ])
  })

  it("has 125 cases", () => {
    assert.lengthOf(cases, 125)
  })

  it("has a test of each case, or a reason", () => {
    assert.deepStrictEqual(
      cases.filter((id) => !isTested(id) && reasons[id] === undefined),
      []
    )
  })

  it("has a test of each window in which a process may die, and of each rule", () => {
    const windows = Array.from({ length: 14 }, (_, index) => `W${index}`)
    const rules = Array.from({ length: 10 }, (_, index) => `R${index + 1}`)
    assert.deepStrictEqual(
      [...windows, ...rules].filter((id) => !isTested(id)),
      []
    )
  })

  it("gives no reason for what has a test, and none for what is no case", () => {
    assert.deepStrictEqual(
      Object.keys(reasons).filter((id) => !cases.includes(id) || isTested(id)),
      []
    )
  })
})

const Lock = Schema.parseJson(
  Schema.Struct({
    packages: Schema.Record({
      key: Schema.String,
      value: Schema.Struct({
        link: Schema.optional(Schema.Boolean),
        integrity: Schema.optional(Schema.String),
        resolved: Schema.optional(Schema.String),
        hasInstallScript: Schema.optional(Schema.Boolean)
      })
    })
  })
)

describe("the lock file", () => {
  const { packages } = Schema.decodeSync(Lock)(readFileSync(join(root, "package-lock.json"), "utf8"))
  const installed = Object.entries(packages).filter(
    ([path, { link }]) => path.includes("node_modules/") && link !== true
  )

  it("X16 knows what each package hashes to, and takes none from anywhere but a registry", () => {
    assert.isAbove(installed.length, 100)
    assert.deepStrictEqual(
      installed
        .filter(([, { integrity }]) => integrity?.startsWith("sha512-") !== true)
        .map(([path]) => path),
      []
    )
    assert.deepStrictEqual(
      installed.filter(([, { resolved }]) => resolved !== undefined && !resolved.endsWith(".tgz")),
      []
    )
  })

  it("X16 lets no new package run a script when it is installed", () => {
    const known = [
      "@google/genai",
      // Says on the terminal whether its types fit; it is here for tests alone.
      "@openrouter/sdk",
      "@parcel/watcher",
      "better-sqlite3",
      "esbuild",
      "msgpackr-extract",
      "nx",
      "protobufjs"
    ]
    assert.deepStrictEqual(
      installed
        .filter(([, { hasInstallScript }]) => hasInstallScript === true)
        .map(([path]) => path.replace(/^.*node_modules\//, ""))
        .filter((name) => !known.includes(name)),
      []
    )
  })
})
