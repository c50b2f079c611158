/**
 * Where the command-line library reads or writes other than people expect.
 */

import { plain } from "./terminalText.ts"

/** What stands for `-` behind the parser, which takes a lone dash for the beginning of a flag. */
export const stdin = "\u0000stdin"

/** The arguments as the parser should see them. */
export const readable = (argv: ReadonlyArray<string>): ReadonlyArray<string> =>
  argv.map((argument) => (argument === "-" ? stdin : argument))

/** Whether the person at the terminal asked for logs. */
export const wantsLogs = (argv: ReadonlyArray<string>): boolean =>
  argv.some((argument) => argument === "--log-level" || argument.startsWith("--log-level="))

const filler =
  /^ *(A user-defined piece of text\.|A true or false value\.|An integer\.|A directory\.|A file\.|This setting is optional\.|This option may be repeated zero or more times\.)(?:\n\n?|$)/gm

/**
 * Help without what it says of every flag, and with a flag and its sentence on neighbouring lines. `argv` are the
 * arguments of the command, of which the library names the last alone.
 */
export const concise = (printed: string, argv: ReadonlyArray<string> = []): string => {
  const help = plain(printed)
  return help.includes("\nUSAGE\n") ? shortened(help, argv) : printed
}

const shortened = (help: string, [first, second]: ReadonlyArray<string>): string =>
  help
    .replace(/^mutoscope\n\n(?=mutoscope )/, "")
    .replace(filler, "")
    .replace(/^ *One of the following: .*\n\n?/gm, "")
    .replace(/^((?:\(?-|<).*)\n\n(?= )/gm, "$1\n")
    .replace(/^USAGE\n\n\$ (\S+)/m, (_, name: string) =>
      name === second ? `USAGE\n\n$ mutoscope ${first} ${name}` : `USAGE\n\n$ mutoscope ${name}`
    )
    .replace(/^(\$ mutoscope(?: [a-z]+)*) (.*--.*)$/m, (_, command: string, rest: string) =>
      usage(command, rest)
    )
    .replace(/\n{3,}/g, "\n\n")
    .trimEnd()

/** Each option has its own lines below, so only the arguments are named. */
const usage = (command: string, rest: string) => {
  const named = /(?: \[?<[^>]*>\]?)+$/.exec(` ${rest}`)?.[0] ?? ""
  return `${command} [options]${named}`
}
