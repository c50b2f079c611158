import { readdirSync, readFileSync } from "node:fs"
import { defineConfig, type Options } from "tsup"

// One preset for every package: tsup runs with the package as its folder, and the entries follow its package.json.
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly main?: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | null | { readonly "@videogen/source"?: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
}
const modules = Object.values(manifest.exports ?? {}).flatMap((entry) =>
  entry === null || typeof entry === "string" ? [] : (entry["@videogen/source"] ?? [])
)
const sourceOf = (path: string) => path.replace("./dist/", "./src/").replace(/\.js$/, ".ts")
const commands = Object.values(manifest.bin ?? {}).map(sourceOf)
const program = manifest.main === undefined ? [] : [sourceOf(manifest.main)]

/**
 * A command is one bundle, since loading a thousand modules takes longer than most commands do. Only what its
 * package.json calls a dependency stays outside: native code, and libraries under other licences. The scripts of
 * worker threads lie beside the bundle. What was CommonJS before needs a `require`.
 */
const bundle = (outside: ReadonlyArray<string>): Options => ({
  noExternal: [new RegExp(`^(?!(?:${outside.join("|")})(?:/|$))`)],
  external: [...outside],
  splitting: true,
  minify: true,
  banner: {
    js: 'import{createRequire as __createRequire}from"node:module";const require=__createRequire(import.meta.url);'
  },
  esbuildOptions: (options) => {
    options.conditions = ["@videogen/source"]
  }
})

const workers = readdirSync("src")
  .filter((name) => commands.length > 0 && name.endsWith("-worker.ts"))
  .map((name) => `src/${name}`)

export default defineConfig({
  entry: [...modules, ...commands, ...workers, ...program],
  format: ["esm"],
  target: "node20",
  platform: "node",
  // Declarations come from tsc, which is about ten times faster than the dts plugin.
  dts: false,
  sourcemap: commands.length === 0,
  clean: true,
  ...(commands.length === 0 ? {} : bundle(Object.keys(manifest.dependencies ?? {})))
})
