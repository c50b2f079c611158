/**
 * Batches over all dialects, under random kills and the world's faults at once; then everything that a user can do to finish
 * them, and an oracle that asks the vendors' ledger.
 */
import { writeFileSync } from "node:fs"
import { join } from "node:path"
import { PCGRandom } from "effect/Utils"
import * as Oracle from "./oracle.ts"
import * as Records from "./records.ts"
import * as Vendors from "./vendors.ts"
import * as World from "./world.ts"

export interface Plan {
  readonly seed: number
  readonly jobs: number
  /** The least kills that hit something; the campaign goes on for them, but not without end. */
  readonly kills: number
}

/** In how many kills the work stood at each of these points. */
export interface Exposure {
  kills: number
  posts: number
  polling: number
  downloads: number
  /** Runs that their cap held back. */
  capped: number
}

/** What became of the jobs of one dialect. */
export interface Tally {
  completed: number
  blocked: number
  failed: number
  unreachable: number
  /** Unknown submits that waited for a person, and how many of them the ledger knows. */
  unknown: number
  unknownPaid: number
  open: number
}

/** What the oracle judges: it needs nothing else, so that a doctored one can be shown to it. */
export interface Evidence {
  readonly ledger: ReadonlyArray<Vendors.Entry>
  /** Before a person did anything about a single record. */
  readonly accounts: ReadonlyArray<Account>
  readonly videos: string
  /** The cap of each run that had one, in dollars. */
  readonly caps: ReadonlyMap<number, number>
}

type Account = ReturnType<typeof Records.accounts>[number] & { readonly state: string }

export interface Outcome {
  readonly seed: number
  readonly exposure: Exposure
  readonly met: ReadonlyMap<Vendors.FaultName, number>
  readonly tallies: Readonly<Record<string, Tally>>
  readonly submits: number
  readonly faults: ReadonlyArray<string>
  /** What the same oracle says of evidence that was doctored, by what was done to it. */
  readonly doctored: Readonly<Record<string, ReadonlyArray<string>>>
}

const key = "canary-of-the-bad-day"

const patience = {
  MUTOSCOPE_POLL_INTERVAL: "0.2",
  MUTOSCOPE_POLL_TIMEOUT: "120",
  MUTOSCOPE_RETRIES: "1",
  MUTOSCOPE_RETRY_DELAY: "0.1",
  MUTOSCOPE_DOWNLOAD_TIMEOUT: "10",
  MUTOSCOPE_OUTPUT_TIMEOUT: "4",
  MUTOSCOPE_UNREACHABLE_AFTER: "3"
}

/** Runs one campaign in a world of its own, which stays on disk where its oracle finds something. */
export const run = async ({ jobs, kills, seed }: Plan): Promise<Outcome> => {
  const draws = Vendors.draw(seed, jobs)
  const vendors = await Vendors.open(draws, seed)
  const world = World.make({ url: `${vendors.url}/veo`, apiKey: key })
  const env = { ...Vendors.environment(vendors.url, key), ...patience }
  const file = join(world.folder, "prompts.jsonl")
  writeFileSync(
    file,
    draws.map(({ dialect, prompt }) => JSON.stringify({ prompt, model: Vendors.models[dialect] })).join("\n")
  )
  const start = (...args: ReadonlyArray<string>) => world.mutoscope(args, { env })
  const batch = ["batch", file, "--concurrency", "32", "--snap", "--quiet"]
  const dialectOf = new Map(draws.map(({ dialect, prompt }) => [prompt, dialect]))
  let isClean = false
  try {
    const { caps, exposure } = await killed({ seed, kills, jobs }, vendors, world, (cap) =>
      start(...batch, "--max-cost", cap.toFixed(2))
    )
    vendors.hurry()
    vendors.run++
    await settled(world, async () => {
      await start(...batch).ended
      // A provider that had trouble with many in a row takes nothing new until a person says so.
      const waiting = Records.rows(world.database).filter(({ state }) => state === "Queued")
      const dialects = new Set(waiting.map(({ prompt }) => dialectOf.get(prompt) ?? ""))
      for (const dialect of dialects) await start("queue", "continue", "--provider", dialect).ended
      if (dialects.size > 0) await start(...batch).ended
      await start("resume", "--all", "--quiet").ended
    })
    const before = accountsOf(world)
    await helped(vendors, world, start)
    const evidence = { ledger: vendors.ledger, accounts: accountsOf(world), videos: world.videos, caps }
    const found = [
      ...judge(evidence),
      ...leftOver(draws, evidence.accounts).map((what) => `left over: ${what}`),
      ...Oracle.crashes(world).map((what) => `crash: ${what}`),
      ...Oracle.leaks(world, [key]).map((what) => `leak: ${what}`)
    ]
    isClean = found.length === 0
    return {
      seed,
      exposure,
      met: vendors.met,
      tallies: tallied(draws, vendors, before),
      submits: vendors.ledger.length,
      faults: isClean ? found : [...found, `the world is kept in ${world.folder}`],
      doctored: doctoredOnes(evidence)
    }
  } finally {
    await vendors.close()
    if (isClean) world.remove()
  }
}

// Where a kill waits for its moment: a submit, a run that spent its cap, a download.
const aims = ["posts", "cap", "downloads"] as const

/** Kills run after run until enough of them hit the work, or nothing is left to do. */
const killed = async (
  { jobs, kills, seed }: Plan,
  vendors: Vendors.Vendors,
  world: World.World,
  start: (cap: number) => World.Running
) => {
  const random = new PCGRandom(seed + 2)
  const exposure: Exposure = { kills: 0, posts: 0, polling: 0, downloads: 0, capped: 0 }
  const caps = new Map<number, number>()
  // A share of the jobs a run, so that there is something left for the next.
  const share = Math.max(2, Math.ceil(jobs / (kills * 1.2)))
  for (let round = 0; round < kills * 3 && exposure.kills < kills; round++) {
    const run = ++vendors.run
    caps.set(run, share * Vendors.charge)
    const asked = vendors.requests()
    const running = start(share * Vendors.charge)
    await until(() => vendors.requests() > asked || running.isOver(), 30_000)
    const aim = aims[round % aims.length] ?? "cap"
    const paid = () => vendors.ledger.filter((entry) => entry.run === run).length
    const isThere = () => (aim === "cap" ? paid() >= share : vendors.activity()[aim] > 0)
    await until(() => isThere() || running.isOver(), 15_000)
    const from = performance.now()
    const delay = random.number() * (aim === "cap" ? 2_000 : 50)
    await until(() => performance.now() - from > delay || running.isOver(), 5_000)
    const seen = vendors.activity()
    const wasOver = running.isOver()
    await running.kill()
    const rows = Records.rows(world.database)
    const held = rows.filter(({ lease_owner, state }) => lease_owner !== null && state === "Rendering").length
    if (paid() >= share) exposure.capped++
    if (!wasOver && seen.posts + seen.downloads + held > 0) {
      exposure.kills++
      if (seen.posts > 0) exposure.posts++
      if (held > 0) exposure.polling++
      if (seen.downloads > 0) exposure.downloads++
    }
    // A request that outlives its process belongs to it.
    await until(() => vendors.activity().posts === 0, 5_000)
  }
  return { caps, exposure }
}

/** Again and again, until a round changes no record. */
const settled = async (world: World.World, round: () => Promise<void>) => {
  const most = 8
  for (let count = 0, before = ""; count < most; count++) {
    await round()
    const after = Records.rows(world.database)
      .map(({ state }) => state)
      .join()
    if (after === before) return
    before = after
  }
}

/** What a person does for what is left: adopts what the vendor's console shows, and resumes each by its id. */
const helped = async (
  vendors: Vendors.Vendors,
  world: World.World,
  start: (...args: ReadonlyArray<string>) => World.Running
) => {
  const served = new Map(
    vendors.ledger.filter(({ isServed }) => isServed).map((entry) => [entry.prompt, entry])
  )
  const open = () =>
    Records.rows(world.database).flatMap(({ id, prompt, state }) => {
      const entry = served.get(prompt)
      if (entry === undefined || state === "Completed") return []
      return state === "SubmitUnknown"
        ? [["resolve", id, "--adopt", entry.operation, "--quiet"]]
        : [["resume", id, "--quiet"]]
    })
  // Once for an unknown submit, and again for what its file does wrong.
  const tries = 3
  for (let count = 0; count < tries; count++) {
    const todo = open()
    const worker = async () => {
      for (let next = todo.shift(); next !== undefined; next = todo.shift()) await start(...next).ended
    }
    await Promise.all(Array.from({ length: 4 }, worker))
  }
}

const accountsOf = ({ database }: World.World): ReadonlyArray<Account> => {
  const states = Records.rows(database).map(({ state }) => state)
  return Records.accounts(database).map((account, index) => ({ ...account, state: states[index] ?? "" }))
}

/** Every fault that the evidence shows; none where the promises hold. */
export const judge = ({ accounts, caps, ledger, videos }: Evidence): ReadonlyArray<string> => {
  const known = new Map(accounts.map((account) => [account.prompt, account]))
  const lost = ledger.flatMap(({ dialect, fault, isServed, operation, prompt }) => {
    const account = known.get(prompt)
    if (account === undefined) return [`${prompt} (${dialect}, ${fault}): paid, and there is no record of it`]
    if (fault === "forgotten" && account.end === "ended")
      return [`${prompt} (${dialect}): a job that its vendor forgot was given up (${account.state})`]
    if (!isServed || account.end === "done") return []
    return [`${prompt} (${dialect}, ${fault}): ${operation} is served, and the record is ${account.state}`]
  })
  const passed = Array.from(caps).flatMap(([run, cap]) => {
    const sum = ledger.reduce((sum, entry) => sum + (entry.run === run ? entry.charge : 0), 0)
    return sum > cap + 1e-9 ? [`run ${run}: ${sum.toFixed(2)} dollars with a cap of ${cap.toFixed(2)}`] : []
  })
  return [
    ...Oracle.paidTwice({ ledger }).map((what) => `paid twice: ${what}`),
    ...lost.map((what) => `lost: ${what}`),
    ...Oracle.badFiles({ videos }, { ledger }, accounts).map((what) => `bad file: ${what}`),
    ...passed.map((what) => `cap passed: ${what}`)
  ]
}

/** Jobs that were never tried, wait for ever, or failed where nothing had blocked them. */
const leftOver = (draws: ReadonlyArray<Vendors.Draw>, accounts: ReadonlyArray<Account>) => {
  const states = new Map(accounts.map(({ prompt, state }) => [prompt, state]))
  return draws.flatMap(({ dialect, fault, prompt }) => {
    const state = states.get(prompt) ?? "on no record"
    const isWrong =
      state === "Failed" ? !isBlocked(fault) : ["Queued", "Submitting", "on no record"].includes(state)
    return isWrong ? [`${prompt} (${dialect}, ${fault}) is ${state}`] : []
  })
}

const isBlocked = (fault: Vendors.FaultName) => fault === "blocked submit" || fault === "withheld video"

/** The same evidence with one lie each: an oracle that finds nothing in them is worth nothing. */
const doctoredOnes = (evidence: Evidence) => {
  const { accounts, caps, ledger } = evidence
  const done = new Set(accounts.filter(({ end }) => end === "done").map(({ prompt }) => prompt))
  const one = ledger.find(({ isServed, prompt }) => isServed && done.has(prompt))
  if (one === undefined) return {}
  const without = <A extends { readonly prompt: string }>(all: ReadonlyArray<A>, change: (found: A) => A) =>
    all.map((each) => (each.prompt === one.prompt ? change(each) : each))
  const capped = ledger.find(({ run }) => caps.has(run))
  const dear = ledger.map((entry) => (entry === capped ? { ...entry, charge: 1_000 } : entry))
  return {
    "paid twice": judge({ ...evidence, ledger: [...ledger, { ...one, run: 0 }] }),
    lost: judge({
      ...evidence,
      accounts: without(accounts, (account) => ({ ...account, end: "ended", state: "Failed" }))
    }),
    "bad file": judge({ ...evidence, ledger: without(ledger, (entry) => ({ ...entry, sha256: "other" })) }),
    "cap passed": judge({ ...evidence, ledger: dear })
  }
}

const tallied = (
  draws: ReadonlyArray<Vendors.Draw>,
  { ledger }: Vendors.Vendors,
  accounts: ReadonlyArray<Account>
): Readonly<Record<string, Tally>> => {
  const paid = new Set(ledger.map(({ prompt }) => prompt))
  const byPrompt = new Map(draws.map((drawn) => [drawn.prompt, drawn]))
  const tallies = Object.fromEntries(
    Vendors.dialects.map((dialect): readonly [string, Tally] => [
      dialect,
      { completed: 0, blocked: 0, failed: 0, unreachable: 0, unknown: 0, unknownPaid: 0, open: 0 }
    ])
  )
  for (const { prompt, state } of accounts) {
    const drawn = byPrompt.get(prompt)
    const tally = tallies[drawn?.dialect ?? ""]
    if (drawn === undefined || tally === undefined) continue
    tally[endOf(state, drawn.fault)]++
    if (state === "SubmitUnknown" && paid.has(prompt)) tally.unknownPaid++
  }
  return tallies
}

const endOf = (state: string, fault: Vendors.FaultName): keyof Tally => {
  switch (state) {
    case "Completed":
      return "completed"
    case "Failed":
      return isBlocked(fault) ? "blocked" : "failed"
    case "Unreachable":
      return "unreachable"
    case "SubmitUnknown":
      return "unknown"
    default:
      return "open"
  }
}

const until = async (isSo: () => boolean, patience: number) => {
  const end = performance.now() + patience
  while (!isSo() && performance.now() < end) await new Promise((resolve) => setTimeout(resolve, 5))
}
