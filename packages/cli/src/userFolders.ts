/**
 * Where this user's files of the command are, as each platform has it.
 */
import { dirname, join } from "node:path"
import envPaths from "env-paths"

const name = "mutoscope"

/**
 * The folders for settings, data, what can be made again, and what is remembered of the data, as the environment says now. They
 * need not be there. The last is in none of the others: who puts an older copy of the data back leaves it as it is.
 */
export const userFolders = () => {
  const { cache, config, data, log } = envPaths(name, { suffix: "" })
  return { cache, config, data, state: stateFolder(data, log) }
}

/** Linux has a place for state, where the library puts logs. */
const stateFolder = (data: string, log: string): string => {
  switch (process.platform) {
    case "darwin":
      return join(dirname(data), `${name}-state`)
    case "win32":
      return join(dirname(data), "State")
    default:
      return log
  }
}
