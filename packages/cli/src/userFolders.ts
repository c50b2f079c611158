/**
 * Where this user's files of the command are, as each platform has it.
 */
import envPaths from "env-paths"

/** The folders for settings, data and what can be made again, as the environment says now. They need not be there. */
export const userFolders = () => envPaths("mutoscope", { suffix: "" })
