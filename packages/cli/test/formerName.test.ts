/**
 * What an earlier version left under the command's former name is found again, and another company's program of that name
 * is left alone.
 */

import { spawnSync } from "node:child_process"
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  utimesSync,
  writeFileSync
} from "node:fs"
import { dirname, join } from "node:path"
import { fileURLToPath } from "node:url"
import Database from "better-sqlite3"
import { afterEach, assert, describe, it } from "vitest"
import { type RunOptions, world } from "./support/mutoscope.ts"

/** The data folder of the former version, as its processes left it. */
const fixture = fileURLToPath(new URL("../../../reliability/fixtures/former/data", import.meta.url))

/** How many records there are in it. */
const all = 39

const removing: Array<() => void> = []
afterEach(() => {
  for (const remove of removing.splice(0)) remove()
})

/** A user's folders, where nothing says where the data is. */
const user = () => {
  const { cwd, home, remove, run } = world()
  removing.push(remove)
  const data = join(home, "share")
  const env = {
    MUTOSCOPE_DATA_DIR: "",
    XDG_DATA_HOME: data,
    XDG_CACHE_HOME: join(home, "cache"),
    NO_COLOR: "1"
  }
  const [old, present] = [join(data, "videogen"), join(data, "mutoscope")]
  return {
    home,
    cwd,
    config: join(home, "config"),
    old,
    present,
    oldDatabase: join(old, "videogen.db"),
    database: join(present, "mutoscope.db"),
    run: (args: ReadonlyArray<string>, options: RunOptions = {}) =>
      run(args, { ...options, env: { ...env, ...options.env } })
  }
}

type User = ReturnType<typeof user>

/** A user of the former version. */
const formerUser = () => {
  const one = user()
  cpSync(fixture, one.old, { recursive: true })
  return one
}

const list = ["list", "--limit", "100", "--json"]

/** How many records the command lists, which prints nothing else on stdout. */
const listed = async ({ run }: User, options: RunOptions = {}) => {
  const { code, stderr, stdout } = await run(list, options)
  assert.strictEqual(code, 0, stderr)
  return {
    count:
      stdout.trim() === ""
        ? 0
        : stdout
            .trim()
            .split("\n")
            .map((line) => JSON.parse(line)).length,
    stderr
  }
}

/** What the former version asks before it uses a database; it knows the schemas up to 6. */
const schemaOf = (file: string) => {
  const opened = new Database(file)
  try {
    return (
      opened.prepare("SELECT MAX(migration_id) AS schema FROM videogen_migrations").get() as {
        schema: number
      }
    ).schema
  } finally {
    opened.close()
  }
}

const newestOfThen = 6

/** Gives the first record another prompt. */
const rename = (prompt: string) =>
  `UPDATE generations SET request = json_set(request, '$.prompt', '${prompt}') WHERE number = 1`

const lines = (text: string) => text.split("\n").filter((line) => line !== "")

describe.skipIf(process.platform !== "linux")("records of the former name", () => {
  it("move to the present folder at the first command, which says so once on stderr", async () => {
    const one = formerUser()
    const { count, stderr } = await listed(one)
    assert.strictEqual(count, all)
    assert.deepStrictEqual(lines(stderr), [`Your records in ${one.old} are now in ${one.present}.`])
    assert.sameMembers(readdirSync(one.present), moved)
    assert.strictEqual(readdirSync(join(one.present, "spool")).length, 2)
    assert.strictEqual(statSync(one.database).mode & 0o777, 0o600)
    assert.strictEqual(statSync(one.present).mode & 0o777, 0o700)
    assert.deepStrictEqual(await listed(one), { count: all, stderr: "" })
  })

  it("leave a small database behind that the former version refuses, and that never moves again", async () => {
    const one = formerUser()
    await listed(one)
    assert.deepStrictEqual(readdirSync(one.old), ["videogen.db"])
    assert.isAbove(schemaOf(one.oldDatabase), newestOfThen)
    assert.isBelow(statSync(one.oldDatabase).size, 16_384)
    assert.notInclude(readFileSync(one.oldDatabase, "latin1"), "a lamp")
    rmSync(one.present, { recursive: true })
    assert.deepStrictEqual(await listed(one), { count: 0, stderr: "" })
  })

  it("move with what stands in their journal, and leave all that is not theirs", async () => {
    const one = formerUser()
    writeFileSync(join(one.old, "notes.txt"), "mine")
    const writer = new Database(one.oldDatabase)
    writer.pragma("wal_autocheckpoint = 0", { simple: true })
    writer.exec(rename("in the journal"))
    // As a process that is killed leaves it.
    const journal = readFileSync(`${one.oldDatabase}-wal`)
    const database = readFileSync(one.oldDatabase)
    writer.close()
    writeFileSync(one.oldDatabase, database)
    writeFileSync(`${one.oldDatabase}-wal`, journal)
    const { stdout } = await one.run(list)
    assert.strictEqual(lines(stdout).length, all)
    assert.include(stdout, "in the journal")
    assert.sameMembers(readdirSync(one.old), ["notes.txt", "videogen.db"])
    assert.strictEqual(readFileSync(join(one.old, "notes.txt"), "utf8"), "mine")
  })

  it("move beside what the preview has made in the present folder already", async () => {
    const one = formerUser()
    for (const [folder, name] of [
      [one.old, "a"],
      [one.present, "b"]
    ] as const) {
      mkdirSync(join(folder, "emulator", "operations"), { recursive: true })
      writeFileSync(join(folder, "emulator", "operations", `${name}.json`), name)
    }
    assert.strictEqual((await listed(one)).count, all)
    assert.sameMembers(readdirSync(join(one.present, "emulator", "operations")), ["a.json", "b.json"])
    assert.deepStrictEqual(readdirSync(one.old), ["videogen.db"])
  })

  it("stay unread where the present folder has records, as doctor says", async () => {
    const one = formerUser()
    cpSync(fixture, one.present, { recursive: true })
    await listed(one)
    const before = readFileSync(one.oldDatabase)
    const writer = new Database(one.database)
    writer.exec(rename("of the present"))
    writer.close()
    const { stderr, stdout } = await one.run(list)
    assert.include(stdout, "of the present")
    assert.deepStrictEqual(lines(stderr), [
      `${one.oldDatabase} has records that are not read, since ${one.database} comes first; what is in it may be paid for again. To see them: MUTOSCOPE_DATA_DIR=${one.old} mutoscope list.`
    ])
    assert.isTrue(before.equals(readFileSync(one.oldDatabase)))
    const doctor = await one.run(["doctor", "--offline"])
    assert.include(doctor.stdout, `${one.oldDatabase} is not read; to see it: MUTOSCOPE_DATA_DIR=${one.old}`)
  })

  it("move under their new name inside a folder that is named", async () => {
    const one = user()
    const folder = join(one.home, "mine")
    for (const variable of ["MUTOSCOPE_DATA_DIR", "VIDEOGEN_DATA_DIR"]) {
      rmSync(folder, { recursive: true, force: true })
      cpSync(fixture, folder, { recursive: true })
      const { count, stderr } = await listed(one, { env: { [variable]: folder } })
      assert.strictEqual(count, all)
      assert.include(
        stderr,
        `Your records in ${join(folder, "videogen.db")} are now in ${join(folder, "mutoscope.db")}.`
      )
      assert.sameMembers(readdirSync(folder), [...moved, "videogen.db"])
      assert.isAbove(schemaOf(join(folder, "videogen.db")), newestOfThen)
    }
    assert.isFalse(existsSync(one.present))
  })

  it("move once where several processes start at the same moment", async () => {
    const one = formerUser()
    const runs = await Promise.all(Array.from({ length: 5 }, () => listed(one)))
    assert.deepStrictEqual(
      runs.map(({ count }) => count),
      [all, all, all, all, all]
    )
    assert.strictEqual(runs.filter(({ stderr }) => stderr.includes("are now in")).length, 1)
    assert.deepStrictEqual(
      runs.filter(({ stderr }) => stderr.includes("stay at")),
      []
    )
    assert.sameMembers(readdirSync(one.present), moved)
  })
})

describe.skipIf(process.platform !== "linux")("records of the former name that cannot move", () => {
  /** The command works on them where they are, says why in one line, and leaves nothing else behind. */
  const staysFor = async (one: User, reason: RegExp) => {
    const { count, stderr } = await listed(one)
    assert.strictEqual(count, all)
    assert.strictEqual(lines(stderr).length, 1, stderr)
    assert.include(stderr, `Your records stay at ${one.oldDatabase}`)
    assert.match(stderr, reason)
    assert.isFalse(existsSync(one.database))
    assert.strictEqual(schemaOf(one.oldDatabase) >= newestOfThen, true)
    assert.isBelow(schemaOf(one.oldDatabase), 1_000_000)
    assert.isTrue(existsSync(join(one.old, "spool")))
  }

  it("are continued while an older process has them open, and move when it has ended", async () => {
    const one = formerUser()
    const older = new Database(one.oldDatabase)
    older.prepare("SELECT COUNT(*) FROM generations").get()
    await staysFor(one, /another process uses them/)
    await listed(one, { env: {} })
    older.exec(rename("of the older process"))
    const { stdout } = await one.run(list)
    assert.include(stdout, "of the older process")
    older.close()
    const { count, stderr } = await listed(one)
    assert.strictEqual(count, all)
    assert.include(stderr, "are now in")
    assert.sameMembers(readdirSync(one.present), ["mutoscope.db", "spool"])
  })

  it("are continued while an older emulator draws beside them", async () => {
    const one = formerUser()
    const owners = join(one.old, "emulator", "owners")
    mkdirSync(owners, { recursive: true })
    const owner = join(owners, `${process.pid}-a`)
    writeFileSync(owner, "")
    await staysFor(one, /another process draws previews there/)
    const longAgo = new Date("2001-01-01")
    utimesSync(owner, longAgo, longAgo)
    assert.include((await listed(one)).stderr, "are now in")
  })

  it("are continued where their folder, or something in it, is a link to another place", async () => {
    const one = formerUser()
    const elsewhere = join(one.home, "elsewhere")
    cpSync(one.old, elsewhere, { recursive: true })
    rmSync(one.old, { recursive: true })
    symlinkSync(elsewhere, one.old)
    await staysFor(one, /is a link to another place/)
    rmSync(one.old)
    cpSync(fixture, one.old, { recursive: true })
    rmSync(join(one.old, "spool"), { recursive: true })
    symlinkSync(join(elsewhere, "spool"), join(one.old, "spool"))
    await staysFor(one, /spool is a link to another place/)
  })

  it.skipIf(!existsSync("/dev/shm") || statSync("/dev/shm").dev === statSync("/tmp").dev)(
    "are continued where the present folder is on another file system",
    async () => {
      const one = formerUser()
      const there = join("/dev/shm", `mutoscope-${process.pid}`)
      mkdirSync(there)
      removing.push(() => rmSync(there, { recursive: true }))
      symlinkSync(there, one.present)
      await staysFor(one, /they are on another file system/)
    }
  )

  it("are continued where the present folder cannot be created", async () => {
    const one = formerUser()
    writeFileSync(one.present, "a file of that name")
    await staysFor(one, /mutoscope cannot be created/)
  })

  it.skipIf(process.getuid?.() === 0)("are continued where the present folder is read-only", async () => {
    const one = formerUser()
    chmodSync(dirname(one.present), 0o500)
    removing.unshift(() => chmodSync(dirname(one.present), 0o700))
    await staysFor(one, /cannot be created/)
  })

  it("say nothing about it under --quiet, which says that they have moved", async () => {
    const one = formerUser()
    const older = new Database(one.oldDatabase)
    older.prepare("SELECT COUNT(*) FROM generations").get()
    const wrong = ["resume", "nothing-of-that-name", "--quiet"]
    const staying = await one.run(wrong)
    assert.notInclude(staying.stderr, "stay")
    older.close()
    const moving = await one.run(wrong)
    assert.include(moving.stderr, "are now in")
  })
})

describe.skipIf(process.platform !== "linux")("a move that was cut short", { timeout: 180_000 }, () => {
  it.each([
    ["after the copy was written in part", { copy: "part", marked: false, spool: "old" }],
    ["after the copy", { copy: "whole", marked: false, spool: "old" }],
    ["after the mark", { copy: "whole", marked: true, spool: "old" }],
    ["after the spool had moved", { copy: "whole", marked: true, spool: "new" }]
  ] as const)("is finished by the next command: %s", async (_, left) => {
    const one = formerUser()
    mkdirSync(one.present)
    const copy = `${one.database}.moving`
    const old = new Database(one.oldDatabase)
    if (left.copy === "whole") old.exec(`VACUUM INTO '${copy}'`)
    else writeFileSync(copy, readFileSync(one.oldDatabase).subarray(0, 20_000))
    if (left.marked)
      old.exec(
        "INSERT INTO videogen_migrations (migration_id, name) VALUES (1000000000, 'moved_to_mutoscope_6d1f0c52b7e94a83')"
      )
    old.close()
    if (left.spool === "new") {
      cpSync(join(one.old, "spool"), join(one.present, "spool"), { recursive: true })
      rmSync(join(one.old, "spool"), { recursive: true })
    }
    const { count, stderr } = await listed(one)
    assert.strictEqual(count, all)
    assert.include(stderr, "are now in")
    assert.sameMembers(readdirSync(one.present), moved)
    assert.strictEqual(readdirSync(join(one.present, "spool")).length, 2)
    assert.isAbove(schemaOf(one.oldDatabase), newestOfThen)
  })

  const strace = spawnSync("strace", ["-V"]).status === 0

  /** Kills the command at the n-th call of a kind; whether it came so far. */
  const killedAt = (one: User, call: string, n: number) => {
    const bin = fileURLToPath(new URL("../dist/bin.cjs", import.meta.url))
    const { signal, status } = spawnSync(
      "strace",
      [
        "-f",
        "-qq",
        "-o",
        "/dev/null",
        "-e",
        `inject=${call}:signal=KILL:when=${n}`,
        process.execPath,
        bin,
        ...list
      ],
      {
        cwd: one.cwd,
        env: {
          PATH: process.env["PATH"] ?? "",
          HOME: one.home,
          XDG_DATA_HOME: dirname(one.old),
          XDG_CACHE_HOME: join(one.home, "cache")
        }
      }
    )
    return signal === "SIGKILL" || status === 137
  }

  it.skipIf(!strace).each(["rename", "fsync", "unlink"])(
    "loses nothing, whichever %s it is killed at",
    async (call) => {
      for (let n = 1; ; n++) {
        const one = formerUser()
        const killed = killedAt(one, call, n)
        // The former version finds all of its records, or refuses; never an empty world.
        const old = existsSync(one.oldDatabase) ? schemaOf(one.oldDatabase) : undefined
        assert.isDefined(old)
        const { count } = await listed(one)
        assert.strictEqual(count, all, `killed at ${call} ${n}`)
        assert.isAbove(schemaOf(one.oldDatabase), newestOfThen)
        assert.strictEqual(readdirSync(join(one.present, "spool")).length, 2)
        assert.isFalse(existsSync(join(one.old, "spool")))
        if (!killed) return assert.isAbove(n, 1, `there was no ${call}`)
      }
    }
  )
})

/** What there is in the present folder: the records, and their copy from before they were migrated. */
const moved = ["mutoscope.db", "mutoscope.db.schema-6.backup", "spool"]

describe("settings under former names", () => {
  const settingsOf = async ({ run }: User, options: RunOptions = {}) => {
    const { stderr, stdout } = await run(["doctor", "--offline"], options)
    return { stdout, stderr: lines(stderr) }
  }

  const project = (one: User, name: string, content: unknown, folder = one.cwd) => {
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, name), JSON.stringify(content))
  }

  const own = (one: User, product: string, content: unknown) => {
    const folder = join(one.config, product)
    mkdirSync(folder, { recursive: true })
    writeFileSync(join(folder, "config.json"), JSON.stringify(content))
  }

  it("are read from variables, in one line that names the present ones", async () => {
    const { stderr, stdout } = await settingsOf(user(), {
      env: { VIDEOGEN_MODEL: "veo-3.0", VIDEOGEN_RUN_CAP: "5", VIDEOGEN_RETRIES: "" }
    })
    assert.match(stdout, /model +veo-3\.0 /)
    assert.match(stdout, /limit of a run +\$5\.00/)
    assert.deepStrictEqual(stderr, [
      "VIDEOGEN_MODEL, VIDEOGEN_RUN_CAP: old names that are still read; use MUTOSCOPE_MODEL, MUTOSCOPE_RUN_CAP instead."
    ])
  })

  it("give way to present variables, without a word", async () => {
    const { stderr, stdout } = await settingsOf(user(), {
      env: { VIDEOGEN_MODEL: "veo-3.0", MUTOSCOPE_MODEL: "veo-3.1" }
    })
    assert.match(stdout, /model +veo-3\.1 /)
    assert.deepStrictEqual(stderr, [])
  })

  it("are named as they stand where they make no sense", async () => {
    const { code, stderr } = await user().run(["list"], { env: { VIDEOGEN_DURATION: "long" } })
    assert.strictEqual(code, 2)
    assert.match(stderr, /Error: .*VIDEOGEN_DURATION: /)
  })

  it("are read for accounts, whose keys are printed nowhere", async () => {
    const { stderr, stdout } = await settingsOf(user(), {
      env: {
        VIDEOGEN_RUNWAY_API_KEY: "canary-1",
        VIDEOGEN_VEO_URL: "http://127.0.0.1:9",
        VIDEOGEN_VEO_API_KEY: "canary-2"
      }
    })
    assert.match(stdout, /default provider +veo/)
    assert.deepStrictEqual(stderr, [
      "VIDEOGEN_VEO_URL, VIDEOGEN_VEO_API_KEY: old names that are still read; use MUTOSCOPE_VEO_URL, MUTOSCOPE_VEO_API_KEY instead.",
      "VIDEOGEN_RUNWAY_API_KEY: an old name that is still read; use MUTOSCOPE_RUNWAY_API_KEY instead."
    ])
    assert.notInclude(stdout + stderr.join(), "canary")
  })

  it("are read from the project's file, in the folder or above it", async () => {
    const one = user()
    project(one, "videogen.json", { resolution: "480p" })
    const below = join(one.cwd, "a", "b")
    mkdirSync(below, { recursive: true })
    const { stderr, stdout } = await settingsOf(one, { cwd: below })
    assert.match(stdout, /resolution +480p /)
    assert.deepStrictEqual(stderr, [
      `${join(one.cwd, "videogen.json")}: an old name that is still read; move it to ${join(one.cwd, "mutoscope.json")}.`
    ])
  })

  it("give way to a project's file of the present name, wherever that is", async () => {
    const one = user()
    project(one, "mutoscope.json", { resolution: "1080p" })
    project(one, "videogen.json", { resolution: "480p", runCap: 1 })
    const beside = await settingsOf(one)
    assert.match(beside.stdout, /resolution +1080p /)
    assert.notMatch(beside.stdout, /\$1\.00/)
    assert.deepStrictEqual(beside.stderr, [
      `${join(one.cwd, "videogen.json")} is not read, since ${join(one.cwd, "mutoscope.json")} comes first; take over what you still want, then delete it.`
    ])
    const below = join(one.cwd, "below")
    project(one, "videogen.json", { resolution: "480p" }, below)
    const nearer = await settingsOf(one, { cwd: below })
    assert.match(nearer.stdout, /resolution +1080p /)
    assert.deepStrictEqual(nearer.stderr, [
      `${join(below, "videogen.json")} is not read, since ${join(one.cwd, "mutoscope.json")} comes first; move it to ${join(below, "mutoscope.json")} to use it.`
    ])
  })

  it("are read from the user's own file until there is one in the present place", async () => {
    const one = user()
    own(one, "videogen", { model: "veo-3.0", veoApiKey: "canary" })
    const former = await settingsOf(one)
    assert.match(former.stdout, /model +veo-3\.0 /)
    assert.match(former.stdout, /veoApiKey +set /)
    assert.deepStrictEqual(former.stderr, [
      `${join(one.config, "videogen", "config.json")}: an old name that is still read; move it to ${join(one.config, "mutoscope", "config.json")}.`
    ])
    assert.notInclude(former.stdout, "canary")
    own(one, "mutoscope", { model: "veo-3.1" })
    const present = await settingsOf(one)
    assert.match(present.stdout, /model +veo-3\.1 /)
    assert.notMatch(present.stdout, /veoApiKey +set /)
    assert.deepStrictEqual(present.stderr, [
      `${join(one.config, "videogen", "config.json")} is not read, since ${join(one.config, "mutoscope", "config.json")} comes first; take over what you still want, then delete it.`
    ])
  })

  it.each([
    ["has a key of another program", '{"model":"veo-3.0","workspace":"acme"}'],
    ["is no JSON", "model: veo-3.0"],
    ["is a list", '["veo-3.0"]'],
    ["has values that were never valid", '{"duration":"5s"}'],
    ["has accounts of another program", '{"providers":{"acme":{"region":"eu"}}}'],
    ["holds a secret where none may stand", '{"veoApiKey":"canary"}'],
    ["says nothing", "{}"]
  ])("leave alone a project's file that %s", async (_, content) => {
    const one = user()
    writeFileSync(join(one.cwd, "videogen.json"), content)
    const { stderr, stdout } = await settingsOf(one)
    assert.match(stdout, /^settings +0 of /m)
    assert.deepStrictEqual(stderr, [])
    assert.strictEqual(readFileSync(join(one.cwd, "videogen.json"), "utf8"), content)
  })

  it("are told of on stderr alone, once, and not under --quiet", async () => {
    const one = user()
    project(one, "videogen.json", { model: "emulator/veo-3.1", duration: 2, resolution: "480p" })
    own(one, "videogen", { retries: 1 })
    const env = { VIDEOGEN_POLL_TIMEOUT: "100" }
    const plain = await one.run(["quote", "a lamp", "--json"], { env })
    assert.strictEqual(lines(plain.stderr).filter((line) => line.includes("old name")).length, 3)
    for (const line of lines(plain.stdout)) JSON.parse(line)
    assert.notInclude(plain.stdout, "old name")
    for (const flag of ["--quiet", "-q"]) {
      const { code, stderr, stdout } = await one.run(["generate", "a lamp", flag], { env })
      assert.strictEqual(code, 0, stderr)
      assert.strictEqual(stderr, "")
      assert.match(stdout, /^\S+\.mp4\n$/)
    }
  })

  it.each([
    ["--help"],
    ["--version"],
    ["list", "--help"],
    ["--completions", "bash"],
    ["--wizard", "--help"],
    []
  ])("are not looked for by mutoscope %s %s", async (...args) => {
    const one = formerUser()
    project(one, "videogen.json", { model: "veo-3.0" })
    const { stderr } = await one.run(args, { env: { VIDEOGEN_MODEL: "veo-3.0" } })
    assert.strictEqual(stderr, "")
    assert.isFalse(existsSync(one.present))
  })
})

describe.skipIf(process.platform !== "linux")("another company's program of the former name", () => {
  /** Every file below a folder, and what is in it. */
  const contents = (folder: string): Readonly<Record<string, string>> =>
    Object.fromEntries(
      (readdirSync(folder, { recursive: true, encoding: "utf8" }) as ReadonlyArray<string>)
        .filter((name) => statSync(join(folder, name)).isFile())
        .map((name) => [name, readFileSync(join(folder, name), "latin1")])
    )

  it("works beside ours: neither reads, changes or mentions what is the other's", async () => {
    const one = user()
    const command = join(one.home, "bin", "videogen")
    const theirs = join(one.config, "videogen")
    for (const folder of [dirname(command), theirs, one.old]) mkdirSync(folder, { recursive: true })
    writeFileSync(join(theirs, "config.json"), '{"apiKey":"canary-1","baseUrl":"https://videogen.example"}')
    writeFileSync(join(one.cwd, "videogen.json"), '{"workspace":"acme","template":7}')
    // It has a database too, which it has open, and in which our words stand.
    const database = new Database(one.oldDatabase)
    database.pragma("journal_mode = WAL", { simple: true })
    database.exec("CREATE TABLE clips (name TEXT); INSERT INTO clips VALUES ('videogen_migrations')")
    writeFileSync(
      command,
      `#!/usr/bin/env node
const { readFileSync } = require("node:fs")
console.log(readFileSync(process.env.XDG_CONFIG_HOME + "/videogen/config.json", "utf8"))
console.log(readFileSync("videogen.json", "utf8"), process.env.VIDEOGEN_API_KEY, process.env.VIDEOGEN_BASE_URL)
`
    )
    chmodSync(command, 0o755)
    const env = { VIDEOGEN_API_KEY: "canary-2", VIDEOGEN_BASE_URL: "http://127.0.0.1:9/theirs" }
    const theirRun = () =>
      spawnSync(command, [], {
        cwd: one.cwd,
        env: { PATH: process.env["PATH"] ?? "", XDG_CONFIG_HOME: one.config, ...env },
        encoding: "utf8"
      }).stdout
    const [said, ...before] = [
      theirRun(),
      contents(theirs),
      contents(one.old),
      contents(join(one.home, "bin"))
    ]
    assert.include(said, "canary-1")
    const project = readFileSync(join(one.cwd, "videogen.json"))
    const brief = ["--duration", "2", "--resolution", "480p"]
    for (const args of [
      ["list"],
      ["doctor", "--offline"],
      ["providers", "--json"],
      ["models"],
      ["generate", "a lamp", "--quiet", ...brief],
      ["list", "--json"]
    ]) {
      const { code, stderr, stdout } = await one.run(args, { env })
      assert.strictEqual(code, 0, stderr)
      assert.notMatch(stdout + stderr, /videogen|canary|theirs/i, args.join(" "))
    }
    assert.strictEqual(theirRun(), said)
    assert.deepStrictEqual([contents(theirs), contents(one.old), contents(join(one.home, "bin"))], before)
    assert.isTrue(project.equals(readFileSync(join(one.cwd, "videogen.json"))))
    assert.isTrue(existsSync(one.database))
    database.close()
  })

  it("keeps a file that is no database", async () => {
    const one = user()
    mkdirSync(one.old, { recursive: true })
    for (const content of ["", 'CREATE TABLE "videogen_migrations" in a text']) {
      writeFileSync(one.oldDatabase, content)
      assert.deepStrictEqual(await listed(one), { count: 0, stderr: "" })
      assert.strictEqual(readFileSync(one.oldDatabase, "utf8"), content)
      rmSync(one.present, { recursive: true })
    }
  })
})
