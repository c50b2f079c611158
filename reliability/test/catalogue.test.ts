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

// Only what stands in quotes: in a title, or in the table that titles are made of.
const titles = ["packages", "apps", "reliability"]
  .flatMap(testsIn)
  .flatMap((text) => text.match(/"[^"\n]*"|`[^`\n]*`/g) ?? [])
  .join("\n")

const isTested = (id: string) => new RegExp(`\\b${id}\\b`).test(titles)

describe("the catalogue", () => {
  it("has 125 cases", () => {
    assert.lengthOf(cases, 125)
  })

  it("has a test of each case, or a reason", () => {
    assert.deepStrictEqual(
      cases.filter((id) => !isTested(id) && reasons[id] === undefined),
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
