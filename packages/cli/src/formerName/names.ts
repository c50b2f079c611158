/**
 * The names that the command had before it was called Mutoscope. Everything that still knows them is in this folder, which
 * can be deleted once nobody has such files and variables any more; see `docs/decisions/0013-a-name-of-our-own.md`.
 */
import envPaths from "env-paths"

/** The folders for settings and data under the former name, as the environment says now. They need not be there. */
export const formerFolders = () => envPaths("videogen", { suffix: "" })

/** The file of a project's settings. */
export const formerProjectFile = "videogen.json"

/** The file with the records, in the folder for data. */
export const formerDatabase = "videogen.db"

/** The table by which a database is known to be ours: no other program has one of this name. */
export const migrationsTable = "videogen_migrations"

/** Variables of another company's program, which has the former name too. They are never read. */
const theirs: ReadonlySet<string> = new Set(["VIDEOGEN_API_KEY", "VIDEOGEN_BASE_URL"])

/** What the names of variables began with. */
export const formerPrefix = "VIDEOGEN"

/** The former name of a variable; none where another program has it. */
export const formerVariable = (name: string): string | undefined => {
  const former = name.replace(/^MUTOSCOPE(?=_)/, formerPrefix)
  return former === name || theirs.has(former) ? undefined : former
}

/** The kinds of accounts that there were. A file that names another is not one of ours. */
export const formerAccounts: ReadonlySet<string> = new Set([
  "vertex",
  "veo",
  "gemini",
  "openai",
  "openrouter",
  "runway",
  "xai",
  "seedance",
  "comfyui",
  "fal",
  "replicate"
])
