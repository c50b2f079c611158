/**
 * What is said of wrong arguments: which flag, what instead, where to read on.
 */
import { assert, describe, it } from "@effect/vitest"
import { fault } from "../src/usage.ts"

const cases: ReadonlyArray<readonly [string, string, string, ...ReadonlyArray<string>]> = [
  [
    "list --limit abc",
    "'abc' is not a integer",
    "--limit: abc is not a whole number",
    "Its options: mutoscope list --help"
  ],
  [
    "list --limit=abc",
    "'abc' is not a integer",
    "--limit: abc is not a whole number",
    "Its options: mutoscope list --help"
  ],
  ["list abc", "'abc' is not a integer", "abc is not a whole number", "Its options: mutoscope list --help"],
  [
    "list --state complete",
    "Expected one of the following cases: pending, completed",
    "--state: complete is none of pending, completed",
    "Did you mean completed?",
    "Its options: mutoscope list --help"
  ],
  [
    "fly",
    "Invalid subcommand for mutoscope - use one of 'generate', 'list'",
    "There is no command fly",
    "All commands: mutoscope --help"
  ],
  [
    "lst",
    "Invalid subcommand for mutoscope - use one of 'generate', 'list'",
    "There is no command lst",
    "Did you mean list?",
    "All commands: mutoscope --help"
  ],
  [
    "queue fly",
    "Invalid subcommand for mutoscope - use one of 'generate', 'queue'",
    "There is no mutoscope queue fly",
    "What there is: mutoscope queue --help"
  ],
  [
    "models nothing",
    "Invalid subcommand for mutoscope - use one of 'generate', 'models'",
    "Nothing is known to do with nothing",
    "Its options: mutoscope models --help"
  ],
  [
    "list --hlep x",
    "Received unknown argument: '--hlep'",
    "mutoscope list knows no --hlep",
    "Its options: mutoscope list --help"
  ],
  [
    "list --limit",
    "Received unknown argument: '--limit'",
    "mutoscope list knows no --limit, or wants a value after it",
    "Its options: mutoscope list --help"
  ],
  [
    "list --limit 1 --limit 2",
    "Received unknown argument: '--limit'",
    "--limit is given more than once",
    "Its options: mutoscope list --help"
  ],
  [
    "generate a b",
    "\u001b[31mReceived unknown argument: 'b'\u001b[0m\n",
    "Nothing is known to do with b",
    "A prompt of several words stands in quotes",
    "Its options: mutoscope generate --help"
  ],
  ["batch", "Missing argument <file>", "mutoscope batch wants <file>", "Its options: mutoscope batch --help"],
  ["list", "Something\nelse", "Something else", "Its options: mutoscope list --help"]
]

describe("wrong arguments", () => {
  it.each(cases)("%s (%j)", (typed, printed, ...told) => {
    assert.deepStrictEqual([...fault(printed, typed.split(" "))], told)
  })
})
