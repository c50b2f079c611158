/**
 * What the command-line library says of wrong arguments, in the words of this command: which flag, and what to do.
 */
import { nearest } from "@mutoscope/core/Nearest"
import { plain } from "./terminalText.ts"
import { oneLine } from "./wording.ts"

/** What is wrong, and hints. `argv` are the arguments of the command alone. */
export const fault = (printed: string, argv: ReadonlyArray<string>): readonly [string, ...Array<string>] => {
  const said = oneLine(plain(printed), Number.POSITIVE_INFINITY).trim()
  const command = commandOf(argv)
  const options = `Its options: ${command} --help`
  for (const [pattern, told] of rows) {
    const found = pattern.exec(said)
    if (found !== null) return told(found[1] ?? "", { argv, command, options })
  }
  return [said, options]
}

interface Place {
  readonly argv: ReadonlyArray<string>
  /** `mutoscope list` */
  readonly command: string
  readonly options: string
}

const unknown = (
  argument: string,
  { argv, command, options }: Place
): readonly [string, ...Array<string>] => {
  if (argument.startsWith("-"))
    return [
      argv.filter((one) => one === argument).length > 1
        ? `${argument} is given more than once`
        : argv.at(-1) === argument
          ? `${command} knows no ${argument}, or wants a value after it`
          : `${command} knows no ${argument}`,
      options
    ]
  return [
    `Nothing is known to do with ${oneLine(argument, 40)}`,
    ...(/^mutoscope (generate|quote)$/.test(command) ? ["A prompt of several words stands in quotes"] : []),
    options
  ]
}

type Row = readonly [
  pattern: RegExp,
  told: (what: string, place: Place) => readonly [string, ...Array<string>]
]

const rows: ReadonlyArray<Row> = [
  [
    /^'(.*)' is not an? integer$/,
    (value, { argv, options }) => [`${before(argv, value)}${value} is not a whole number`, options]
  ],
  [
    /^Expected one of the following cases: (.*)$/,
    (cases, { argv, options }) => {
      const known = cases.split(", ")
      const [flag, value] = wrongChoice(argv, known)
      const meant = value === undefined ? undefined : nearest(value, known)
      return [
        value === undefined ? `It is one of ${cases}` : `${flag}: ${value} is none of ${cases}`,
        ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
        options
      ]
    }
  ],
  [
    /^Invalid subcommand for \S+ - use one of (.*)$/,
    (quoted, place) => {
      const { argv, command } = place
      const known = quoted.replaceAll("'", "").split(", ")
      const [first = "", second] = argv
      // Of a command with commands of its own, the library names those of the whole.
      if (first === "queue" || first === "quarantine")
        return [`There is no ${command} ${second ?? ""}`.trimEnd(), `What there is: ${command} --help`]
      if (known.includes(first))
        return unknown(argv.find((one, at) => at > 0 && !one.startsWith("-")) ?? "", place)
      // What does not even begin alike was not meant.
      const meant = nearest(
        first,
        known.filter((name) => name[0] === first[0])
      )
      return [
        `There is no command ${oneLine(first, 40)}`,
        ...(meant === undefined ? [] : [`Did you mean ${meant}?`]),
        "All commands: mutoscope --help"
      ]
    }
  ],
  [/^Received unknown argument: '(.*)'$/, unknown],
  [/^Missing argument (.*)$/, (name, { command, options }) => [`${command} wants ${name}`, options]]
]

const commandOf = ([first]: ReadonlyArray<string>) =>
  first === undefined || first.startsWith("-") ? "mutoscope" : `mutoscope ${first}`

/** The flag that a value was given to, where it is one: `--limit: `. */
const before = (argv: ReadonlyArray<string>, value: string) => {
  const flag = argv
    .flatMap((argument, index) => [
      ...(argument === value ? [argv[index - 1] ?? ""] : []),
      ...(argument.endsWith(`=${value}`) ? [argument.slice(0, -value.length - 1)] : [])
    ])
    .find((argument) => argument.startsWith("-"))
  return flag === undefined ? "" : `${flag}: `
}

/** The flags whose values are to be chosen from a list. */
const choices = ["--state", "--by", "--format", "--input"]

const wrongChoice = (argv: ReadonlyArray<string>, known: ReadonlyArray<string>) =>
  argv
    .flatMap((argument, index) =>
      choices.flatMap((flag): ReadonlyArray<readonly [string, string]> => {
        if (argument === flag) return [[flag, argv[index + 1] ?? ""]]
        return argument.startsWith(`${flag}=`) ? [[flag, argument.slice(flag.length + 1)]] : []
      })
    )
    .find(([, value]) => !known.includes(value)) ?? []
