/**
 * What `mutoscope` says of itself. A text of its own, so that asking for help needs nothing to be loaded.
 */
import { meanings } from "./ExitCode.ts"
import { version } from "./version.ts"

const codes = meanings.map(([code, meaning]) => `  ${String(code).padStart(3)}  ${meaning}`).join("\n")

const page = `mutoscope ${version}: a prompt becomes a video file, through any text-to-video API

USAGE
  mutoscope generate "A serene mountain landscape at sunset"
  mutoscope <command> [options]

MAKING VIDEOS
  generate   make a video from a prompt, and print its path
  batch      make the videos of a file of prompts, each once
  queue      what waits; run it, pause it, limit it
  resume     go on with a generation from wherever it stands
  watch      watch a generation until it is finished
  resolve    decide about a submit whose outcome is unknown
  cancel     stop a generation, and say what came of it

LOOKING
  list       the newest generations
  show       all that is on record of a generation
  status     ask the provider how a generation is doing
  models     the models, and what each can do
  providers  the APIs that can be used, and what each wants to be told
  quote      what a video would cost
  costs      what the generations on record cost
  quarantine files that were served in place of videos; empty it

THIS MACHINE
  doctor     check what is configured, reachable and writable
  emulator   run the preview as a video API of its own

Options of a command: mutoscope <command> --help
Every command takes --log-level debug|info|warning|error; most take --json.
A generation is named by its id, any unique beginning of it, or last.
Without a provider configured, mutoscope draws a procedural preview on this
machine. Real models: see mutoscope providers, then mutoscope doctor.

EXIT CODES
${codes}
`

/** The answer to arguments that name no command; none where there is more to do than to answer. */
export const answer = (args: ReadonlyArray<string>): string | undefined => {
  const [first, ...more] = args
  if (first === undefined) return page
  if (more.length > 0) return undefined
  if (["--help", "-h", "help"].includes(first)) return page
  return first === "--version" ? `${version}\n` : undefined
}
