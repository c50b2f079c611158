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
    "Its options: videogen list --help"
  ],
  [
    "list --limit=abc",
    "'abc' is not a integer",
    "--limit: abc is not a whole number",
    "Its options: videogen list --help"
  ],
  ["list abc", "'abc' is not a integer", "abc is not a whole number", "Its options: videogen list --help"],
  [
    "list --state complete",
    "Expected one of the following cases: pending, completed",
    "--state: complete is none of pending, completed",
    "Did you mean completed?",
    "Its options: videogen list --help"
  ],
  [
    "fly",
    "Invalid subcommand for videogen - use one of 'generate', 'list'",
    "There is no command fly",
    "All commands: videogen --help"
  ],
  [
    "lst",
    "Invalid subcommand for videogen - use one of 'generate', 'list'",
    "There is no command lst",
    "Did you mean list?",
    "All commands: videogen --help"
  ],
  [
    "queue fly",
    "Invalid subcommand for videogen - use one of 'generate', 'queue'",
    "There is no videogen queue fly",
    "What there is: videogen queue --help"
  ],
  [
    "models nothing",
    "Invalid subcommand for videogen - use one of 'generate', 'models'",
    "Nothing is known to do with nothing",
    "Its options: videogen models --help"
  ],
  [
    "list --hlep x",
    "Received unknown argument: '--hlep'",
    "videogen list knows no --hlep",
    "Its options: videogen list --help"
  ],
  [
    "list --limit",
    "Received unknown argument: '--limit'",
    "videogen list knows no --limit, or wants a value after it",
    "Its options: videogen list --help"
  ],
  [
    "list --limit 1 --limit 2",
    "Received unknown argument: '--limit'",
    "--limit is given more than once",
    "Its options: videogen list --help"
  ],
  [
    "generate a b",
    "\u001b[31mReceived unknown argument: 'b'\u001b[0m\n",
    "Nothing is known to do with b",
    "A prompt of several words stands in quotes",
    "Its options: videogen generate --help"
  ],
  ["batch", "Missing argument <file>", "videogen batch wants <file>", "Its options: videogen batch --help"],
  ["list", "Something\nelse", "Something else", "Its options: videogen list --help"]
]

describe("wrong arguments", () => {
  it.each(cases)("%s (%j)", (typed, printed, ...told) => {
    assert.deepStrictEqual([...fault(printed, typed.split(" "))], told)
  })
})
