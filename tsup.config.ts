import { readFileSync } from "node:fs"
import { defineConfig } from "tsup"

// One preset for every package: tsup runs with the package as its folder, and the entries follow its package.json.
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | null | { readonly "@videogen/source"?: string }>>
}
const modules = Object.values(manifest.exports ?? {}).flatMap((entry) =>
  entry === null || typeof entry === "string" ? [] : (entry["@videogen/source"] ?? [])
)
const commands = Object.values(manifest.bin ?? {}).map((path) =>
  path.replace("./dist/", "./src/").replace(/\.js$/, ".ts")
)

export default defineConfig({
  entry: [...modules, ...commands],
  format: ["esm"],
  target: "node20",
  platform: "node",
  // Declarations come from tsc, which is about ten times faster than the dts plugin.
  dts: false,
  sourcemap: commands.length === 0,
  clean: true
})
