/**
 * THE ORACLE: what may not be true at the end, whatever was done in between. It trusts the ledger and the disk, not the
 * product.
 */
import { existsSync, readdirSync, readFileSync, statSync } from "node:fs"
import { join } from "node:path"
import type { Job, Provider } from "./provider.ts"
import { hashOf } from "./video.ts"
import type { World } from "./world.ts"

/** What a client says became of a prompt. */
export interface Account {
  readonly prompt: string
  readonly end: "done" | "unknown" | "open" | "ended"
  /** The video, where it is done. */
  readonly path?: string
  /** The operation it was made by, where the client keeps such a thing. */
  readonly operation?: string
}

/** What is wrong. All lists are empty where the promises hold; each line is for a person. */
export interface Verdict {
  /** O1: jobs with more than one accepted submit. */
  readonly paidTwice: ReadonlyArray<string>
  /** O2: accepted submits that nobody knows of. */
  readonly lost: ReadonlyArray<string>
  /** O3: videos that are not there, not whole, or another job's; and leftovers. */
  readonly badFiles: ReadonlyArray<string>
  /** O4: where a secret was found. */
  readonly leaks: ReadonlyArray<string>
  /** O5: processes that ended as none should. */
  readonly crashes: ReadonlyArray<string>
  /** O6: what was left open. */
  readonly leftOpen: ReadonlyArray<string>
}

/** Judges a world in which nothing runs any more. Prompts are unique in it. */
export const judge = (world: World, provider: Provider, accounts: ReadonlyArray<Account>): Verdict => ({
  paidTwice: paidTwice(provider),
  lost: lost(provider, accounts),
  badFiles: badFiles(world, provider, accounts),
  leaks: leaks(world, [provider.apiKey]),
  crashes: crashes(world),
  leftOpen: provider.sockets() === 0 ? [] : [`${provider.sockets()} sockets at the provider`]
})

/** How many accepted submits each prompt has. */
export const payments = ({
  ledger
}: {
  readonly ledger: ReadonlyArray<Pick<Job, "prompt">>
}): ReadonlyMap<string, number> => {
  const counts = new Map<string, number>()
  for (const { prompt } of ledger) counts.set(prompt, (counts.get(prompt) ?? 0) + 1)
  return counts
}

/** Jobs with more than one accepted submit. */
export const paidTwice = (provider: Parameters<typeof payments>[0]): ReadonlyArray<string> =>
  Array.from(payments(provider)).flatMap(([prompt, count]) =>
    count > 1 ? [`${prompt}: paid ${count} times`] : []
  )

const lost = ({ ledger }: Provider, accounts: ReadonlyArray<Account>) => {
  const known = new Map(accounts.map((account) => [account.prompt, account]))
  return ledger.flatMap(({ operation, prompt }) => {
    const account = known.get(prompt)
    if (account === undefined) return [`${operation}: no account of it`]
    if (account.end === "unknown") return []
    if (account.end !== "done") return [`${operation}: paid, and the account says ${account.end}`]
    return account.operation === undefined || account.operation === operation
      ? []
      : [`${operation}: the account names ${account.operation}`]
  })
}

/** Videos that are not what their job's ledger says, and files that are nobody's. */
export const badFiles = (
  { videos }: Pick<World, "videos">,
  { ledger }: { readonly ledger: ReadonlyArray<Pick<Job, "prompt" | "sha256">> },
  accounts: ReadonlyArray<Account>
): ReadonlyArray<string> => {
  const hashes = new Map(ledger.map(({ prompt, sha256 }) => [prompt, sha256]))
  const done = accounts.filter(({ end }) => end === "done")
  const bad = done.flatMap(({ path = "", prompt }) => {
    if (!existsSync(path)) return [`${prompt}: its video ${path} is not there`]
    return hashOf(readFileSync(path)) === hashes.get(prompt)
      ? []
      : [`${prompt}: ${path} is not what was served`]
  })
  const named = new Set(done.map(({ path }) => path))
  const others = readdirSync(videos, { recursive: true, encoding: "utf8" })
    .map((name) => join(videos, name))
    .filter((path) => !named.has(path) && statSync(path).isFile())
    .filter((path) => done.length === accounts.length || !quarantined.test(path))
  return [...bad, ...others.map((path) => `${path}: nobody's`)]
}

// What was refused is kept on purpose, until its job is done.
const quarantined = /[/\\]\.mutoscope-quarantine[/\\][a-z0-9_-]+-[0-9a-f]{12}\.bin$/

/** Every place in the world where one of the secrets stands: files, their names, and what the processes said. */
export const leaks = (world: World, secrets: ReadonlyArray<string>): ReadonlyArray<string> => {
  const files = readdirSync(world.folder, { recursive: true, encoding: "utf8" })
    .map((name) => join(world.folder, name))
    .filter((path) => statSync(path).isFile())
  return secrets.flatMap((secret) => [
    ...files.filter((path) => path.includes(secret) || readFileSync(path).includes(secret)),
    ...world.ends.flatMap(({ stderr, stdout }, index) =>
      (stdout + stderr).includes(secret) ? [`what process ${index + 1} said`] : []
    )
  ])
}

// A stack trace, a defect, or words of Node's own about what nobody caught.
const crash = /^\s+at .+:\d+:\d+\)?$|unhandled|uncaught|FiberFailure|ERR_[A-Z_]+/im

/** Processes that ended as none should. */
export const crashes = ({ ends }: Pick<World, "ends">): ReadonlyArray<string> =>
  ends.flatMap(({ code, stderr }, index) => {
    const found = crash.exec(stderr)
    if (found !== null) return [`process ${index + 1}: ${found[0].trim()}`]
    return code === 1 ? [`process ${index + 1} ended with 1: ${stderr.slice(-300)}`] : []
  })

/** Every fault of a verdict in one list. */
export const faults = (verdict: Verdict): ReadonlyArray<string> =>
  Object.entries(verdict).flatMap(([kind, found]: readonly [string, ReadonlyArray<string>]) =>
    found.map((what) => `${kind}: ${what}`)
  )
