/**
 * Where the command-line library reads or writes other than people expect.
 */

import { plain } from "./escapes.ts"

/** What stands for `-` behind the parser, which takes a lone dash for the beginning of a flag. */
export const stdin = "\u0000stdin"

/** The arguments as the parser should see them. */
export const readable = (argv: ReadonlyArray<string>): ReadonlyArray<string> =>
  argv.map((argument) => (argument === "-" ? stdin : argument))

/** Whether the person at the terminal asked for logs. */
export const wantsLogs = (argv: ReadonlyArray<string>): boolean =>
  argv.some((argument) => argument === "--log-level" || argument.startsWith("--log-level="))

const filler =
  /^ *(A user-defined piece of text\.|A true or false value\.|An integer\.|This setting is optional\.|This option may be repeated zero or more times\.)\n\n?/gm

/** Help without what it says of every flag, and with a flag and its sentence on neighbouring lines. */
export const concise = (printed: string): string => {
  const help = plain(printed)
  return help.includes("\nUSAGE\n") ? shortened(help) : printed
}

const shortened = (help: string): string =>
  help
    .replace(filler, "")
    .replace(/^ *One of the following: .*\n\n?/gm, "")
    .replace(/^((?:\(?-|<).*)\n\n(?= )/gm, "$1\n")
    .replace(/^USAGE\n\n\$ /m, "USAGE\n\n$ videogen ")
    .replace(/\n{3,}/g, "\n\n")
