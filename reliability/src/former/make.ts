/**
 * Makes the fixture with a built checkout of the command's last version under its former name: real processes, killed
 * where a record of each kind is to be left behind. See `fixtures/README.md`.
 */
import { spawn } from "node:child_process"
import {
  closeSync,
  cpSync,
  mkdirSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync
} from "node:fs"
import { join, resolve } from "node:path"
import Database from "better-sqlite3"
import * as Api from "./api.ts"
import { batches, files, origin, place } from "./contents.ts"

/** Where the fixture is made: the folder and the port are in its records, so they are the same on every machine. */
const port = Number(new URL(origin).port)

/** Makes the fixture and puts it into a folder, in place of what is there. */
export const make = async (checkout: string, target: string): Promise<void> => {
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place)
  const [data, videos, work] = ["data", "videos", "work"].map((name) => join(place, name))
  if (data === undefined || videos === undefined || work === undefined) throw new Error("unreachable")
  for (const folder of [data, videos, join(work, "images")]) mkdirSync(folder, { recursive: true })
  for (const [name, content] of Object.entries(files)) writeFileSync(join(work, name), content)

  let unlock: (() => void) | undefined
  const api = await Api.open({
    era: "then",
    port,
    running: ["rendering", "stopping", "cancelled", "spooled"],
    onAccepted: (role) => {
      if (role === "spooled") unlock = lock(join(data, "videogen.db"))
    }
  })
  const env = {
    PATH: process.env["PATH"] ?? "",
    HOME: place,
    VIDEOGEN_DATA_DIR: data,
    VIDEOGEN_OUTPUT: videos,
    ...Object.fromEntries(
      Object.entries(Api.settings(api.url)).map(([name, value]) => [`VIDEOGEN_${name}`, value])
    )
  }
  const command = join(resolve(checkout), "packages/cli/dist/bin.cjs")
  const program = join(resolve(checkout), "reliability/dist/main.js")

  const start = (args: ReadonlyArray<string>, { input, more = {}, script = command }: Start = {}) => {
    const stdin = input === undefined ? "ignore" : openSync(join(work, input), "r")
    const child = spawn(process.execPath, [script, ...args], {
      cwd: work,
      env: { ...env, ...more },
      stdio: [stdin, "pipe", "pipe"]
    })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) stream?.on("data", (text) => (said += text))
    const ended = new Promise<number | null>((done) => child.on("close", done))
    if (typeof stdin === "number") closeSync(stdin)
    return { ended, said: () => said, kill: () => child.kill("SIGKILL") }
  }
  /** Runs to its end, which has this code. */
  const run = async (code: number | null, args: ReadonlyArray<string>, options?: Start) => {
    const running = start(args, options)
    const ended = await running.ended
    if (ended !== code)
      throw new Error(`${args.join(" ")} ended with ${ended}, not ${code}: ${running.said()}`)
  }
  /** Runs until something is so, and is killed then. */
  const killed = async (isSo: () => boolean, args: ReadonlyArray<string>, options?: Start) => {
    const running = start(args, options)
    let isOver = false
    void running.ended.then(() => (isOver = true))
    const end = performance.now() + 60_000
    while (!isSo()) {
      if (isOver || performance.now() > end) throw new Error(`${args.join(" ")}: ${running.said()}`)
      await new Promise((later) => setTimeout(later, 20))
    }
    running.kill()
    await running.ended
  }
  const states = () => statesIn(join(data, "videogen.db"))
  const isIn = (role: string, state: string) => () =>
    states().some((one) => one.role === role && one.state === state)
  const generate = (prompt: string, model: string) => ["generate", prompt, "--model", model, "--no-input"]
  const openai = "openai/wan2.2"
  const fal = "fal/veo-3.1-fast"

  // What is finished, well or badly.
  await run(0, generate("done: a lamp in the window", openai))
  await run(0, [...generate("done: a poster of a lamp", fal), "--key", "poster", "--seed", "7"])
  await run(6, generate("expired: a lamp that was put out", openai))
  await run(6, generate("page: a lamp behind a door", openai))
  await run(6, generate("failed: a lamp that broke", openai))
  await run(5, generate("blocked: a lamp of bad taste", openai))

  // What its provider works on.
  await run(0, [...generate("rendering: a lamp far away", openai), "--detach"])
  await run(0, [...generate("rendering: a trailer of a lamp", fal), "--detach", "--key", "trailer"])
  await run(0, [...generate("cancelled: a lamp too many", fal), "--detach"])
  await run(0, ["cancel", "last"])
  await run(0, [...generate("stopping: a lamp to put out", fal), "--detach"])
  await run(16, ["cancel", "last", "--detach"])

  // What a process left in the middle of it.
  await run(8, generate("lost: a lamp in the fog", openai))
  await killed(() => api.held() === 1, generate("hanging: a lamp on a thread", openai))
  await killed(isIn("waiting", "Queued"), generate("waiting: a lamp in a queue", openai))
  await killed(() => api.held() === 1, generate("part: a lamp half drawn", openai))
  await run(null, ["job", "generate", "verified: a lamp before it is hung", "after verified"], {
    script: program
  })
  await killed(() => spoolOf(join(data, "spool")) !== "", generate("spooled: a lamp in a drawer", openai))
  unlock?.()

  // Batches: as many lines are sent as are not about to wait, and the process is killed when all is as it should be.
  for (const { args, input, sent, name } of batches)
    await killed(
      () => isSent(states(), name, sent),
      ["batch", ...args, "--max-jobs", String(sent)],
      input === undefined ? {} : { input }
    )
  await run(0, ["batch", "changed-first.txt", "--batch", "changed", "--model", openai, "--enqueue-only"])
  await run(0, ["batch", "changed.txt", "--batch", "changed", "--model", openai, "--enqueue-only"])

  await api.close()
  tidy(data)
  rmSync(target, { recursive: true, force: true })
  mkdirSync(target, { recursive: true })
  for (const name of ["data", "videos", "work"])
    cpSync(join(place, name), join(target, name), { recursive: true })
  rmSync(place, { recursive: true })
}

interface Start {
  /** The file that is its stdin. */
  readonly input?: string
  readonly more?: Readonly<Record<string, string>>
  readonly script?: string
}

interface Standing {
  readonly role: string
  readonly state: string
  readonly batch: string | null
}

const statesIn = (database: string): ReadonlyArray<Standing> => {
  const connection = new Database(database, { readonly: true, timeout: 5_000 })
  try {
    const rows = connection.prepare("SELECT prompt, state, batch FROM generations").all() as ReadonlyArray<{
      readonly prompt: string
      readonly state: string
      readonly batch: string | null
    }>
    return rows.map(({ prompt, ...rest }) => ({ ...rest, role: Api.roleOf(prompt) }))
  } finally {
    connection.close()
  }
}

/** Every line that is sent has come as far as it ever will. */
const isSent = (all: ReadonlyArray<Standing>, name: RegExp, sent: number) => {
  const mine = all.filter(({ batch }) => batch !== null && name.test(batch))
  const arrived = mine.filter(
    ({ role, state }) => state === "Completed" || (role === "rendering" && state === "Rendering")
  )
  return arrived.length === sent
}

/** Keeps everybody else from writing, until the answer is called. */
const lock = (database: string): (() => void) => {
  const connection = new Database(database, { timeout: 5_000 })
  connection.exec("BEGIN IMMEDIATE")
  return () => {
    connection.exec("ROLLBACK")
    connection.close()
  }
}

const spoolOf = (folder: string): string =>
  readdirSync(folder)
    .map((name) => readFileSync(join(folder, name), "utf8").trim())
    .join("")

/** The journal goes into the database, and of the spools that hold nothing one stays. */
const tidy = (data: string) => {
  const connection = new Database(join(data, "videogen.db"))
  connection.pragma("wal_checkpoint(TRUNCATE)", { simple: true })
  connection.close()
  const [, ...more] = readdirSync(join(data, "spool")).filter(
    (name) => readFileSync(join(data, "spool", name), "utf8").trim() === ""
  )
  for (const name of more) rmSync(join(data, "spool", name))
}
