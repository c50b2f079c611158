import { readFileSync } from "node:fs"
import { defineConfig } from "tsup"

// One preset for every package: tsup runs with the package as its folder, and the entries follow its package.json.
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly main?: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | null | { readonly "@videogen/source"?: string }>>
}
const modules = Object.values(manifest.exports ?? {}).flatMap((entry) =>
  entry === null || typeof entry === "string" ? [] : (entry["@videogen/source"] ?? [])
)
const sourceOf = (path: string) => path.replace("./dist/", "./src/").replace(/\.js$/, ".ts")
const commands = Object.values(manifest.bin ?? {}).map(sourceOf)
const program = manifest.main === undefined ? [] : [sourceOf(manifest.main)]

export default defineConfig({
  entry: [...modules, ...commands, ...program],
  format: ["esm"],
  target: "node20",
  platform: "node",
  // Declarations come from tsc, which is about ten times faster than the dts plugin.
  dts: false,
  sourcemap: commands.length === 0,
  clean: true
})
