import { readdirSync, readFileSync } from "node:fs"
import { transform } from "esbuild"
import { defineConfig, type Options } from "tsup"

// One preset for every package: tsup runs with the package as its folder, and the entries follow its package.json.
const manifest = JSON.parse(readFileSync("package.json", "utf8")) as {
  readonly main?: string
  readonly bin?: Readonly<Record<string, string>>
  readonly exports?: Readonly<Record<string, string | null | { readonly "@mutoscope/source"?: string }>>
  readonly dependencies?: Readonly<Record<string, string>>
}
const modules = Object.values(manifest.exports ?? {}).flatMap((entry) =>
  entry === null || typeof entry === "string" ? [] : (entry["@mutoscope/source"] ?? [])
)
const sourceOf = (path: string) => path.replace("./dist/", "./src/").replace(/\.c?js$/, ".ts")
const commands = Object.values(manifest.bin ?? {}).map(sourceOf)
const program = manifest.main === undefined ? [] : [sourceOf(manifest.main)]

const common: Options = {
  format: ["esm"],
  target: "node20",
  platform: "node",
  // Declarations come from tsc, which is about ten times faster than the dts plugin.
  dts: false
}

const library: Options = { ...common, entry: [...modules, ...program], sourcemap: true, clean: true }

/** What its package.json calls a dependency stays outside a bundle: native code, and libraries under other licences. */
const outside = Object.keys(manifest.dependencies ?? {})

/** A command is bundled, since loading a thousand modules takes longer than most commands do. */
const bundle: Options = {
  ...common,
  noExternal: [new RegExp(`^(?!(?:${outside.join("|")})(?:/|$))`)],
  external: outside,
  splitting: true,
  minify: true,
  esbuildOptions: (options) => {
    options.conditions = ["@mutoscope/source"]
  }
}

/** What has one byte a character is read sooner; of what esbuild leaves as it is, in comments and patterns, none means more. */
const ascii = (code: string) =>
  code.replace(/[^\0-\x7f]/g, (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`)

/**
 * The command and its program are CommonJS: of that, Node 20 too can keep what was compiled, and loads it sooner. esbuild
 * cuts only ES modules into pieces, so it does that first, and translates each piece then.
 */
const command: Options = {
  ...bundle,
  entry: [...commands, "src/main.ts"],
  outExtension: () => ({ js: ".cjs" }),
  plugins: [
    {
      name: "as-commonjs",
      renderChunk: async (code) => {
        const piece = await transform(code, {
          format: "cjs",
          platform: "node",
          target: "node20",
          minify: true,
          define: { "import.meta.url": "__url" },
          banner: 'const __url=require("node:url").pathToFileURL(__filename).href;',
          supported: { "dynamic-import": false }
        })
        return { code: ascii(piece.code) }
      }
    }
  ],
  clean: ["!**/*.js"]
}

/** The scripts of its worker threads, which lie beside it. */
const workers: Options = {
  ...bundle,
  entry: readdirSync("src").flatMap((name) => (name.endsWith("-worker.ts") ? [`src/${name}`] : [])),
  clean: ["!**/*.cjs"]
}

export default defineConfig(commands.length === 0 ? library : [command, workers])
