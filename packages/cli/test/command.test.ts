/**
 * The built command from outside, as people and scripts meet it.
 */
import { existsSync, readFileSync, statSync } from "node:fs"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

const tiny = ["--resolution", "480p", "--duration", "2", "--no-audio"]

const lines = (text: string) => text.trimEnd().split("\n")

const events = (text: string): ReadonlyArray<Record<string, unknown>> =>
  lines(text).map((line) => JSON.parse(line))

describe("mutoscope generate, with nothing configured", () => {
  const here = world()
  afterAll(here.remove)

  it("makes a video, prints its path alone on stdout, and says that no AI made it", async () => {
    const { code, stdout, stderr } = await here.run(["generate", "A boat on the sea", ...tiny])
    assert.strictEqual(code, 0, stderr)
    const path = stdout.trimEnd()
    assert.match(path, /_A_boat_on_the_sea\.mp4$/)
    assert.strictEqual(readFileSync(path).toString("latin1", 4, 8), "ftyp")
    assert.match(stderr, /procedural preview drawn on this machine, not an AI model/)
    assert.match(stderr, /Done in \d+ s/)
  })

  it("prints only the path with --quiet, and takes the prompt from stdin and the name from --output", async () => {
    const args = ["generate", "-", ...tiny, "--quiet", "--output", "films/first.mp4"]
    const { code, stdout, stderr } = await here.run(args, { input: "A tree\n" })
    assert.deepStrictEqual([code, stderr], [0, ""])
    assert.match(stdout, /films[/\\]first\.mp4\n$/)
    assert.isTrue(existsSync(stdout.trimEnd()))
    const { stdout: shown } = await here.run(["show", "last", "--json"])
    assert.deepInclude(events(shown)[0]?.["request"], { prompt: "A tree", duration: 2, audio: false })
  })

  it("tells every step as a line of JSON, and the result last", async () => {
    const { code, stdout } = await here.run(["generate", "A lamp", ...tiny, "--json"])
    const told = events(stdout)
    const percents = told.flatMap(({ percent }) => (typeof percent === "number" ? [percent] : []))
    const result = told.at(-1)
    assert.strictEqual(code, 0)
    assert.deepStrictEqual(
      percents,
      [...percents].sort((a, b) => a - b)
    )
    assert.deepStrictEqual([percents[0], percents.at(-1)], [0, 100])
    assert.deepInclude(result, { event: "result", status: "completed", provider: "emulator" })
    assert.strictEqual(result?.["bytes"], statSync(String(result?.["path"])).size)
  })

  it("C04: Ctrl-C stops waiting and says how to resume; resume finishes the very job", async () => {
    const stopped = await here.run(["generate", "A slow river", "--resolution", "480p", "--duration", "3"], {
      onStderr: (said, child) => {
        if (said.includes("initializing") && !child.killed) child.kill("SIGINT")
      }
    })
    const id = /mutoscope resume (\S+)/.exec(stopped.stderr)?.[1] ?? "no id"
    assert.strictEqual(stopped.code, 130)
    assert.strictEqual(stopped.stdout, "")
    assert.include(stopped.stderr, `mutoscope cancel ${id}`)

    const before = events((await here.run(["show", id, "--json"])).stdout)[0]?.["summary"]
    const resumed = await here.run(["resume", "last", "--json"])
    const result = events(resumed.stdout).at(-1)
    assert.strictEqual(resumed.code, 0)
    assert.deepInclude(result, {
      event: "result",
      recordId: id,
      operationId: (before as { operationId: string }).operationId
    })
  })

  it("C09: a killed process leaves a record that resume finishes, with the very job that was paid for", async () => {
    const killed = await here.run(["generate", "A cold wind", ...tiny, "--output", "wind"], {
      onStderr: (said, child) => {
        if (said.includes("initializing")) child.kill("SIGKILL")
      }
    })
    assert.strictEqual(killed.code, null)
    const before = events((await here.run(["status", "last", "--json"])).stdout)[0]
    assert.deepInclude(before, { status: "processing" })
    const resumed = await here.run(["resume", "last", "--json"])
    assert.strictEqual(resumed.code, 0, resumed.stderr)
    const { recordId, operationId } = before ?? {}
    assert.deepInclude(events(resumed.stdout).at(-1), { event: "result", recordId, operationId })
  })

  it("C10: SIGTERM and SIGHUP stop it in the same good order", async () => {
    for (const [signal, expected] of [
      ["SIGTERM", 143],
      ["SIGHUP", 129]
    ] as const) {
      const { code, stderr } = await here.run(["generate", "A hill", ...tiny, "--output", "hill"], {
        onStderr: (said, child) => {
          if (!child.killed && said.includes("request sent")) child.kill(signal)
        }
      })
      assert.strictEqual(code, expected)
      assert.match(stderr, /mutoscope resume \S+/)
      assert.notMatch(stderr, /\n {4}at /)
    }
  })

  it("returns at once with --detach; cancel then stops the job, and resume says so with code 9", async () => {
    const detached = await here.run(["generate", "A slow river", "--duration", "60", "--detach"])
    const id = detached.stdout.trimEnd()
    assert.strictEqual(detached.code, 0, detached.stderr)
    assert.match(id, /^[0-9a-z]{16}$/)
    const status = await here.run(["status", id.slice(0, 6), "--json"])
    assert.deepInclude(events(status.stdout)[0], { recordId: id, status: "processing" })
    const cancelled = await here.run(["cancel", id])
    assert.match(cancelled.stdout, /cancelled: it has stopped/)
    assert.strictEqual((await here.run(["resume", id])).code, 9)
    assert.match((await here.run(["cancel", id])).stdout, /was cancelled already/)
  })

  it("looks on while another process works on it, and ends with it", async () => {
    let watched: ReturnType<typeof here.run> | undefined
    const made = await here.run(["generate", "A shared lake", ...tiny, "--output", "lake"], {
      onStderr: (said) => {
        if (said.includes("initializing")) watched ??= here.run(["watch", "last"])
      }
    })
    const other = await watched
    assert.strictEqual(made.code, 0)
    assert.strictEqual(other?.code, 0, other?.stderr)
    assert.strictEqual(other?.stdout, made.stdout)
    assert.include(other?.stderr, "Another process works on it")
  })

  it("C10: ends quietly when nobody reads on", async () => {
    for (const args of [["list"], ["--help"], ["generate", "A pond", "--json"]]) {
      const { code, stderr } = await here.run(args, { closeStdout: true })
      assert.oneOf(code, [0, 141])
      assert.notMatch(stderr, /EPIPE|Error|level=|\n {4}at /)
    }
    const { code, stderr } = await here.run(["generate", "A pond", ...tiny, "--json"], {
      onStart: ({ stdout }) => stdout?.once("data", () => stdout.destroy())
    })
    assert.strictEqual(code, 141)
    assert.notMatch(stderr, /EPIPE|Error|level=|\n {4}at /)
  })

  it("lists what was made, in lines without escape sequences", async () => {
    const { stdout } = await here.run(["list"])
    assert.match(lines(stdout)[0] ?? "", /^ID +STATE +WHEN +MODEL +PROMPT +VIDEO$/)
    assert.match(stdout, /completed .*A boat on the sea/)
    assert.notInclude(stdout, "\u001b")
    assert.strictEqual(lines((await here.run(["list", "--limit", "2", "--json"])).stdout).length, 2)
  })
})

describe("mutoscope, used wrongly", () => {
  const here = world()
  afterAll(here.remove)

  const usage: ReadonlyArray<readonly [ReadonlyArray<string>, RegExp]> = [
    [["fly"], /^Error: There is no command fly\n {2}All commands: mutoscope --help/],
    [["list", "--hlep"], /^Error: mutoscope list knows no --hlep/],
    [
      ["list", "--limit", "many"],
      /^Error: --limit: many is not a whole number\n {2}Its options: mutoscope list --help/
    ],
    [["batch", "nowhere.txt"], /^Error: The batch file nowhere\.txt cannot be read: there is no such file$/m],
    [["list", "--limit", "0"], /^Error: --limit: one generation is the least/],
    [["list", "--limit", "-1"], /^Error: --limit: one generation is the least/],
    [["list", "--state", "complete"], /^Error: --state: complete is none of .*\n {2}Did you mean completed/],
    [["emulator", "--port", "99999"], /^Error: --port: 99999 is none; they go from 0 \(any\) to 65535/],
    [["emulator", "--port", "-1"], /^Error: --port: -1 is none/],
    [["emulator", "--host", "0.0.0.0"], /MUTOSCOPE_EMULATOR_API_KEY, and --allowed-host/],
    [
      ["emulator", "--host", "0.0.0.0", "--allowed-host", "me:1"],
      /needs a key in MUTOSCOPE_EMULATOR_API_KEY\n$/
    ],
    [["generate"], /There is no prompt/],
    [["generate", ""], /Prompt cannot be empty/],
    [["generate", "x".repeat(2001)], /Prompt too long \(max 2000 characters\)/],
    [
      ["generate", "x", "--duration", "61"],
      /Duration must be between 2 and 60 seconds\n {2}The nearest that works is 60/
    ],
    [["generate", "x", "--resolution", "1440p"], /The nearest that works is 1080p/],
    [["generate", "x", "--audio", "--no-audio"], /Sound is wanted and not wanted/],
    [["generate", "x", "--provider-options", "{"], /--provider-options must be JSON/],
    [["generate", "x", "--provider-options", '{"__proto__":{}}'], /__proto__ is not allowed/],
    [["generate", "x", "--model", "sora"], /sora/],
    [
      ["generate", "x", "--start-image", "nowhere.png"],
      /start image nowhere.png is of no use: there is no such/
    ],
    [["generate", "x", "--last-frame", "."], /last frame \. is of no use: it is no ordinary file/],
    [["generate", "x", "--start-image", "/dev/zero"], /it is no ordinary file|there is no such file/],
    [["generate", "x", "--prompt-file", "nowhere.txt"], /give one of them/],
    [["generate", "--prompt-file", "nowhere.txt"], /prompt file cannot be read/]
  ]

  it.each(usage)("%j: says why, once, and exits with 2", async (args, reason) => {
    const { code, stdout, stderr } = await here.run(args)
    assert.strictEqual(code, 2)
    assert.strictEqual(stdout, "")
    assert.match(stderr, reason)
    const [first = ""] = lines(stderr)
    assert.strictEqual(lines(stderr).filter((line) => line === first).length, 1)
  })

  it("tells wrong requests as JSON too", async () => {
    const { code, stdout } = await here.run(["generate", "", "--json"])
    assert.deepStrictEqual(events(stdout), [
      { event: "error", error: "Prompt cannot be empty", reason: "InvalidRequest", exitCode: code }
    ])
    const wrong: ReadonlyArray<readonly [ReadonlyArray<string>, string, number]> = [
      [["list", "--limit", "x"], "UsageError", 2],
      [["list", "--limit", "0"], "UsageError", 2],
      [["show", "nobody"], "GenerationNotFound", 13],
      [["status", "nobody"], "GenerationNotFound", 13]
    ]
    for (const [args, reason, exitCode] of wrong) {
      const { stdout } = await here.run([...args, "--json"])
      assert.deepInclude(events(stdout)[0], { event: "error", reason, exitCode }, args.join(" "))
    }
  })

  it("exits with 13 where there is no such generation, and says what to do in an empty place", async () => {
    const shown = await here.run(["show", "nothing"])
    assert.strictEqual(shown.code, 13)
    assert.match(shown.stderr, /There is no generation nothing\n {2}All generations: mutoscope list/)
    const newest = await here.run(["show"])
    assert.match(newest.stderr, /There is no generation last\n {2}Make one: mutoscope generate "/)
    const { code, stdout, stderr } = await here.run(["list"])
    assert.deepStrictEqual([code, stdout], [0, ""])
    assert.match(stderr, /No videos yet. Make one: mutoscope generate/)
  })

  it("exits with 10 where the records cannot be kept, and leaves what is there alone", async () => {
    const { code, stderr } = await here.run(["list"], { env: { MUTOSCOPE_DATA_DIR: process.execPath } })
    assert.strictEqual(code, 10)
    assert.notMatch(stderr, /\n {4}at /)
  })
})

describe("mutoscope --help", () => {
  const here = world()
  afterAll(here.remove)

  const commands = [
    "generate",
    "list",
    "show",
    "status",
    "watch",
    "resume",
    "cancel",
    "models",
    "emulator",
    "doctor"
  ]

  it("names every command and every exit code", async () => {
    const { code, stdout } = await here.run(["--help"])
    assert.strictEqual(code, 0)
    for (const command of commands) assert.match(stdout, new RegExp(`^  ${command} `, "m"))
    for (const exitCode of [0, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 130])
      assert.match(stdout, new RegExp(`^ +${exitCode}  `, "m"))
    assert.strictEqual((await here.run(["--version"])).stdout, "0.1.0\n")
  })

  it("names a command of a command in full", async () => {
    const { stdout } = await here.run(["queue", "limit", "--help"])
    assert.include(stdout, "$ mutoscope queue limit <provider[/model]> <jobs>")
  })

  it.each(["generate", "emulator"])(
    "%s --help: one sentence a flag, no escape sequences in a pipe",
    async (command) => {
      const { code, stdout } = await here.run([command, "--help"])
      assert.strictEqual(code, 0)
      assert.include(stdout, `$ mutoscope ${command}`)
      assert.notInclude(stdout, "\u001b")
      assert.notMatch(stdout, /A user-defined piece of text|A directory\.|This setting is optional/)
      assert.match(
        stdout,
        new RegExp(`^mutoscope [\\d.]+\\n\\nUSAGE\\n\\n\\$ mutoscope ${command} \\[options\\]`)
      )
    }
  )
})
