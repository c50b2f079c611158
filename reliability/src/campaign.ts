/**
 * Kill -9 at random moments, again and again, of processes that do real work; then let one finish, and ask the oracle.
 * How exposed the work was at each kill is counted: a run whose kills hit nothing proves nothing.
 */
import { existsSync, watch, writeFileSync } from "node:fs"
import { join } from "node:path"
import { PCGRandom } from "effect/Utils"
import { type Account, judge, payments, type Verdict } from "./oracle.ts"
import * as Provider from "./provider.ts"
import * as Records from "./records.ts"
import * as World from "./world.ts"

/** What is killed: a program that makes a clip of each prompt of a file, and goes on with it when it is run again. */
export interface Client {
  readonly start: (world: World.World, prompts: string) => World.Running
  readonly accounts: (world: World.World, prompts: ReadonlyArray<string>) => ReadonlyArray<Account>
  /** Whether its records can be locked by somebody else, to widen the gap between a video's name and its record. */
  readonly hasRecords: boolean
}

/** In how many kills of a run the work stood at each of these points. One kill can hit several. */
export interface Exposure {
  readonly kills: number
  /** A submit was accepted or on its way, and not answered. */
  readonly posts: number
  /** A job was being waited for. */
  readonly polling: number
  /** A video was on its way. */
  readonly downloads: number
  /** A video had its name, and its record did not know. */
  readonly renamed: number
}

export interface Outcome {
  readonly exposure: Exposure
  readonly verdict: Verdict
  readonly jobs: { readonly done: number; readonly unknown: number; readonly unknownPaid: number }
  readonly posts: number
  readonly seed: number
}

export interface Plan {
  readonly kills: number
  readonly seed: number
  readonly client: Client
}

/** So many jobs more than kills, so that there is always something to interrupt. */
const jobsPerKill = 8

/** Runs one campaign in a world of its own. */
export const run = async ({ client, kills, seed }: Plan): Promise<Outcome> => {
  const random = new PCGRandom(seed)
  const between = (least: number, most: number) => least + random.number() * (most - least)
  const pace = {
    submit: () => between(50, 400),
    render: () => (random.number() < 0.6 ? 0 : between(0, 8_000)),
    look: () => between(10, 120),
    download: () => between(100, 700)
  }
  const provider = await Provider.open(`canary-${seed}-do-not-tell`, pace)
  const world = World.make(provider)
  try {
    const prompts = Array.from(
      { length: kills * jobsPerKill },
      (_, index) => `Clip ${index + 1} of a long day`
    )
    const file = join(world.folder, "prompts.txt")
    writeFileSync(file, prompts.join("\n"))
    const exposure = { kills: 0, posts: 0, polling: 0, downloads: 0, renamed: 0 }
    const owners = new Set<string>()
    while (exposure.kills < kills) {
      const running = client.start(world, file)
      if (World.argumentsOf(running).includes(provider.apiKey)) throw new Error("the key is in the arguments")
      await atWork(provider, running)
      const release =
        client.hasRecords && random.number() < 0.2
          ? await lockedAtName(world, running)
          : await after(between(0, 1_800), running)
      const seen = provider.activity()
      const wasOver = running.isOver()
      await running.kill()
      release()
      if (wasOver) throw new Error(`it ended before it could be killed: ${(await running.ended).stderr}`)
      const held = client.hasRecords ? heldBy(world, owners) : { polling: seen.looks, renamed: 0 }
      if (seen.posts + seen.downloads + held.polling + held.renamed === 0) continue
      exposure.kills++
      if (seen.posts > 0) exposure.posts++
      if (held.polling > 0) exposure.polling++
      if (seen.downloads > 0) exposure.downloads++
      if (held.renamed > 0) exposure.renamed++
    }
    Object.assign(pace, Provider.prompt)
    await client.start(world, file).ended
    const accounts = client.accounts(world, prompts)
    const unknown = accounts.filter(({ end }) => end === "unknown")
    const paid = payments(provider)
    return {
      exposure,
      seed,
      verdict: judge(world, provider, accounts),
      posts: provider.ledger.length,
      jobs: {
        done: accounts.filter(({ end }) => end === "done").length,
        unknown: unknown.length,
        unknownPaid: unknown.filter(({ prompt }) => paid.has(prompt)).length
      }
    }
  } finally {
    await provider.close()
    world.remove()
  }
}

/** Until the process has asked the provider for something: before that there is nothing to interrupt. */
const atWork = async (provider: Provider.Provider, running: World.Running) => {
  const before = provider.requests()
  await until(() => provider.requests() > before || running.isOver(), 30_000)
}

const nothing = () => {}

const after = async (millis: number, running: World.Running) => {
  const from = performance.now()
  await until(() => performance.now() - from >= millis || running.isOver(), millis + 1_000)
  return nothing
}

/** Nobody can write a record from the moment that a video was given its name, before its record knows. */
const lockedAtName = async ({ database, videos }: World.World, running: World.Running) => {
  let release: (() => void) | undefined
  const watcher = watch(videos, (_, name) => {
    if (name?.endsWith(".mp4")) release ??= Records.lock(database)
  })
  await until(() => running.isOver() || release !== undefined, 2_500)
  watcher.close()
  return release ?? nothing
}

/** What the process that was just killed had in its hands, told by owners that no one saw before. */
const heldBy = (world: World.World, owners: Set<string>) => {
  const records = Records.rows(world.database)
  const held = records.filter(({ lease_owner }) => lease_owner !== null && !owners.has(lease_owner))
  for (const { lease_owner } of held) owners.add(lease_owner ?? "")
  return {
    polling: held.filter(({ state }) => state === "Rendering").length,
    renamed: held.filter(({ verified }) => verified !== null && existsSync(verified)).length
  }
}

const until = async (isSo: () => boolean, patience: number) => {
  const end = performance.now() + patience
  while (!isSo()) {
    if (performance.now() > end) return
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}

/** The command with a batch of prompts. */
export const mutoscope: Client = {
  start: (world, prompts) => world.mutoscope(["batch", prompts, "--concurrency", "6", "--quiet"], patience),
  accounts: (world) => Records.accounts(world.database),
  hasRecords: true
}

const patience = { env: { MUTOSCOPE_POLL_TIMEOUT: "600" } }

/** What most programs do: a loop that skips the clips that are there, and starts again with all others. */
export const naive: Client = {
  start: (world, prompts) => world.run(World.main, ["naive", prompts]),
  accounts: (world, prompts) =>
    prompts.map((prompt) => {
      const path = join(world.videos, `${prompt}.mp4`)
      return existsSync(path) ? { prompt, end: "done", path } : { prompt, end: "open" }
    }),
  hasRecords: false
}
