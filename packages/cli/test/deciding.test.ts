/**
 * What a person decides, and what is said to them: unknown submits, cancels in every state, everything that is left,
 * the clip that is there already, and what may be spent.
 */
import { appendFileSync, readFileSync, rmSync } from "node:fs"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { type Api, open } from "./support/api.ts"
import { world } from "./support/mutoscope.ts"

const tiny = ["--resolution", "720p", "--duration", "4"]

const last = (text: string): Record<string, unknown> => JSON.parse(text.trimEnd().split("\n").at(-1) ?? "")

describe("mutoscope, decided by a person", () => {
  let api: Api
  let here: ReturnType<typeof world>
  beforeEach(async () => {
    here = world()
    api = await open()
  })
  afterEach(async () => {
    await api.close()
    here.remove()
  })

  const run = (args: ReadonlyArray<string>, env: Readonly<Record<string, string>> = {}) =>
    here.run(args, { env: { ...api.env, ...env } })
  const summary = async (id = "last") =>
    last((await run(["show", id, "--json"])).stdout)["summary"] as Record<string, unknown>
  const unknown = async () => {
    api.loseNext()
    const ended = await run(["generate", "A lamp", ...tiny])
    assert.strictEqual(ended.code, 8, ended.stderr)
    return { ...ended, id: String((await summary())["recordId"]) }
  }
  const preview = ["--model", "emulator/veo-3.1", "--resolution", "480p", "--duration", "2", "--no-audio"]

  it("shows an unknown submit wherever it is met: what was sent, what it may cost, and the three ways on", async () => {
    const { id, stderr } = await unknown()
    const { stdout: shown } = await run(["show", id])
    const resumed = await run(["resume", id])
    assert.strictEqual(resumed.code, 8)
    for (const told of [stderr, shown, resumed.stderr]) {
      assert.match(told, /began +\d{4}-\d\d-\d\dT.*attempt 1/)
      assert.match(told, /sent +A lamp/)
      assert.match(told, new RegExp(`named +${id}-1,`))
      assert.include(told, `mutoscope resolve ${id}\n`)
      assert.match(told, /to +veo\/veo-3\.1/)
      assert.match(told, /settings +4 s, 720p, 16:9/)
      assert.match(told, /cost +/)
      assert.match(told, /answer +none came/)
      for (const way of ["--adopt OPERATION", "--resubmit", "--abandon"])
        assert.include(told, `mutoscope resolve ${id} ${way}`)
      const screen = told
        .split("\n")
        .filter((line) => /^ *(began|sent|named|to|settings|answer|what is|it is|send|give) /.test(line))
      assert.isTrue(
        screen.every((line) => line.length <= 80),
        told
      )
    }
    const listed = await run(["list"])
    assert.match(listed.stdout, /unknown \(!\)/)
    assert.include(listed.stderr, `mutoscope show ${id}`)
    const doctor = await run(["doctor", "--offline"])
    assert.match(doctor.stdout, /1 undecided: mutoscope list --state unknown/)
    assert.strictEqual(api.count("submit"), 1)
  })

  it("adopts an operation and goes on with it to its end; one that nobody knows is refused", async () => {
    const { id } = await unknown()
    for (const slip of ["models/veo-3.1/operations/nobody", "nonsense", "../etc"]) {
      const wrong = await run(["resolve", id, "--adopt", slip])
      assert.strictEqual(wrong.code, 2, wrong.stderr)
      assert.include(wrong.stderr, `veo does not know the operation ${slip}`)
      assert.notMatch(wrong.stderr, /charged|try again/i)
      assert.deepInclude(await summary(id), { status: "unknown" })
    }
    const lost = String(api.operations.at(-1))
    const made = await run(["generate", "fine", ...tiny, "--detach"])
    assert.strictEqual(made.code, 0, made.stderr)
    const taken = await run(["resolve", id, "--adopt", String(api.operations.at(-1))])
    assert.strictEqual(taken.code, 2)
    assert.include(taken.stderr, `It belongs to generation ${made.stdout.trim()}`)
    const adopted = await run(["resolve", id, "--adopt", lost, "--json"])
    assert.strictEqual(adopted.code, 0, adopted.stderr)
    assert.deepInclude(last(adopted.stdout), { event: "result", recordId: id, operationId: lost })
    assert.strictEqual(api.count("submit"), 2)
  })

  it("lists what the provider has of that time, but for what other records have, and adopts none of it unasked", async () => {
    const { id } = await unknown()
    const lost = String(api.operations.at(-1))
    const made = await run(["generate", "fine", ...tiny])
    assert.strictEqual(made.code, 0, made.stderr)
    assert.strictEqual((await run(["resume", id])).code, 8)
    const { code, stderr } = await run(["resolve", id])
    assert.strictEqual(code, 2)
    assert.include(stderr, `any of them may be it, or none):\n    ${lost}\n`)
    assert.notInclude(stderr, String(api.operations.at(-1)))
    assert.deepInclude(await summary(id), { status: "unknown" })
    await api.close()
    const silent = await run(["resolve", id])
    assert.strictEqual(silent.code, 2)
    assert.include(silent.stderr, "could not be asked for its jobs")
    assert.include(silent.stderr, `mutoscope resolve ${id} --abandon`)
    api = await open()
  })

  it("sends it again only where somebody says yes, and then goes on to the end", async () => {
    const { id } = await unknown()
    const asked = await run(["resolve", id, "--resubmit"])
    assert.strictEqual(asked.code, 2)
    assert.match(asked.stderr, /may be charged twice\.\n {2}If that is wanted, add --yes/)
    assert.strictEqual(api.count("submit"), 1)
    const sent = await run(["resolve", id, "--resubmit", "--yes", "--quiet"])
    assert.strictEqual(sent.code, 0, sent.stderr)
    assert.match(sent.stdout, /\.mp4\n$/)
    assert.strictEqual(api.count("submit"), 2)
    const again = await run(["resolve", id, "--resubmit", "--yes"])
    assert.strictEqual(again.code, 2)
    assert.match(again.stderr, /there is nothing to decide/)
  })

  it("returns from a decision once the job is known to run, with --detach", async () => {
    const { id } = await unknown()
    const sent = await run(["resolve", id, "--resubmit", "--yes", "--detach"])
    assert.deepStrictEqual([sent.code, sent.stdout], [0, `${id}\n`], sent.stderr)
    assert.deepInclude(await summary(id), { status: "processing" })
  })

  it("gives it up, and wants exactly one decision", async () => {
    const { id } = await unknown()
    for (const flags of [[], ["--abandon", "--resubmit", "--yes"]]) {
      const { code, stderr } = await run(["resolve", id, ...flags])
      assert.strictEqual(code, 2)
      assert.include(stderr, "Give one of --adopt OPERATION, --resubmit and --abandon")
    }
    const { code, stdout } = await run(["resolve", id, "--abandon"])
    assert.deepStrictEqual([code, stdout], [0, `${id}  given up; it may have been charged\n`])
    assert.deepInclude(await summary(id), { status: "failed" })
  })

  it("sends an unknown submit again by itself only where that was settled in advance", async () => {
    const { id } = await unknown()
    const { code, stderr } = await run(["resume", id], {
      MUTOSCOPE_UNKNOWN_SUBMIT: "resubmit",
      MUTOSCOPE_RETRIES: "1"
    })
    assert.strictEqual(code, 0, stderr)
    assert.strictEqual(api.count("submit"), 2)
    assert.strictEqual((await run(["list"], { MUTOSCOPE_UNKNOWN_SUBMIT: "perhaps" })).code, 2)
  })

  it("C12: cancels in every state with an answer of its own, once and twice", async () => {
    const { id } = await unknown()
    for (const _ of [1, 2]) {
      const { code, stderr } = await run(["cancel", id])
      assert.strictEqual(code, 8)
      assert.match(stderr, /Nothing can be asked until it is decided; that it is to stop is noted/)
    }
    // The wish outlives the decision: nothing is sent any more.
    const sent = await run(["resolve", id, "--resubmit", "--yes"])
    assert.strictEqual(sent.code, 9, sent.stderr)
    assert.strictEqual(api.count("submit"), 1)
    assert.match((await run(["cancel", id])).stdout, /was cancelled already/)

    const finished = await run(["generate", "fine", ...preview, "--quiet"])
    const late = await run(["cancel", "last"])
    assert.strictEqual(late.code, 0)
    assert.match(late.stdout, /was finished already; the clip is kept\n/)
    assert.include(late.stdout, finished.stdout)

    await run(["generate", "failure! x", ...tiny])
    assert.match((await run(["cancel", "last"])).stdout, /had ended already: veo could not render/)
    assert.strictEqual((await run(["cancel", "nobody"])).code, 13)
  })

  it("C12: waits for what becomes of a job that another process holds, and stops it there", async () => {
    let cancelled: ReturnType<typeof run> | undefined
    const made = await here.run(
      ["generate", "A slow river", "--model", "emulator/veo-3.1", "--duration", "60"],
      {
        env: api.env,
        onStderr: (said) => {
          if (said.includes("initializing")) cancelled ??= run(["cancel", "last"])
        }
      }
    )
    const ended = await cancelled
    assert.strictEqual(made.code, 9, made.stderr)
    assert.strictEqual(ended?.code, 0, ended?.stderr)
    assert.match(ended?.stdout ?? "", /cancelled: it has stopped/)
    assert.strictEqual(made.stdout, "")
  })

  it("keeps what it goes on with in the background to itself, and ends with its own", async () => {
    const killed = await here.run(["generate", "slow:20! x", ...tiny], {
      env: api.env,
      onStderr: (said, child) => {
        if (said.includes("request sent")) child.kill("SIGKILL")
      }
    })
    assert.strictEqual(killed.code, null)
    const orphan = String((await summary())["recordId"])
    await new Promise((resolve) => setTimeout(resolve, 12_500))
    const made = await run(["generate", "slow:4! y", ...tiny])
    assert.strictEqual(made.code, 0, made.stderr)
    assert.match(made.stdout, /^[^\n]+\.mp4\n$/)
    assert.notInclude(made.stdout + made.stderr, orphan)
    const resumed = await run(["resume", orphan, "--quiet"])
    assert.strictEqual(resumed.code, 0, resumed.stderr)
    assert.strictEqual(api.count("submit"), 2)
  }, 60_000)

  it("C12: says truly that a provider cannot stop a job", async () => {
    const made = await run(["generate", "slow:2! x", ...tiny, "--detach"])
    const id = made.stdout.trim()
    const cancelled = await run(["cancel", id])
    assert.strictEqual(cancelled.code, 16, cancelled.stderr)
    assert.match(cancelled.stdout, /cannot be stopped.* It goes on, and will be charged/)
    assert.strictEqual((await run(["resume", id])).code, 0)
  })

  it("goes on with everything that is left, and gives a receipt", async () => {
    await unknown()
    api.hold("poll", 1_000)
    const ids = [
      (await run(["generate", "fine", ...tiny, "--detach"])).stdout.trim(),
      (await run(["generate", "failure! x", ...tiny, "--detach"])).stdout.trim()
    ]
    api.hold("poll", 0)
    const { code, stdout, stderr } = await run(["resume", "--all", "--json"])
    assert.strictEqual(code, 8, stderr)
    const receipt = last(stdout)
    assert.deepInclude(receipt, { event: "receipt" })
    assert.deepStrictEqual(receipt["counts"], {
      unfinished: 3,
      resumed: 2,
      finished: 1,
      failed: 1,
      undecided: 1,
      elsewhere: 0,
      heldBack: 0
    })
    assert.deepInclude(await summary(ids[0]), { status: "completed" })
    assert.deepInclude(await summary(ids[1]), { status: "failed" })
    const again = await run(["resume", "--all"])
    assert.strictEqual(again.code, 8)
    assert.match(again.stderr, /1 unfinished, 0 resumed:[\s\S]*1 need a decision\n +mutoscope show/)
    assert.strictEqual(api.count("submit"), 3)
  })

  it("uses the clip of the same seed where it is there, whole, and is not to be made afresh", async () => {
    const args = ["generate", "A kite", ...preview, "--seed", "7"]
    const first = await run(args)
    const second = await run(args)
    assert.strictEqual(second.stdout, first.stdout)
    assert.match(second.stderr, /This very clip was rendered on .*\n {2}It is used again; --fresh/)
    const fresh = await run([...args, "--fresh"])
    assert.notStrictEqual(fresh.stdout, first.stdout)
    appendFileSync(fresh.stdout.trimEnd(), "x")
    rmSync(first.stdout.trimEnd())
    const third = await run(args)
    assert.strictEqual(third.code, 0)
    assert.notInclude([first.stdout, fresh.stdout], third.stdout)
    const unseeded = ["generate", "A kite", ...preview]
    assert.notStrictEqual((await run(unseeded)).stdout, (await run(unseeded)).stdout)
  })

  it("fetches a video again whose file is gone, leaves one that was changed, and says so of both", async () => {
    const args = ["generate", "fine", ...tiny, "--key", "scene-1"]
    const made = await run(args)
    assert.strictEqual(made.code, 0, made.stderr)
    const path = made.stdout.trimEnd()
    const bytes = readFileSync(path)
    for (const again of [args, ["resume", "last"], ["watch", "scene-1", "--json"]]) {
      rmSync(path)
      const { code, stderr, stdout } = await run(again)
      assert.strictEqual(code, 0, stderr)
      assert.include(stdout, path)
      assert.include(
        stderr,
        `its file is there no longer: ${path}\n  It is fetched again, which is not charged.`
      )
      assert.isTrue(bytes.equals(readFileSync(path)))
    }
    const whole = await run(["resume", "last"])
    assert.notMatch(whole.stderr, /no longer|changed/)
    appendFileSync(path, "x")
    const changed = await run(["resume", "last"])
    assert.deepStrictEqual([changed.code, changed.stdout], [0, made.stdout])
    assert.include(changed.stderr, `It has been changed since it was made: ${path}`)
    assert.strictEqual(readFileSync(path).length, bytes.length + 1)
    assert.strictEqual(api.count("submit"), 1)
    rmSync(path)
    const away = await run(["resume", "last"], { MUTOSCOPE_VEO_URL: "http://127.0.0.1:9" })
    assert.deepStrictEqual([away.code, away.stdout], [12, ""])
    assert.notMatch(away.stderr, /Done|nothing was charged/i)
  })

  it("does a job with a key once, and refuses another one under the same key", async () => {
    const args = ["generate", "A door", ...preview, "--key", "scene-1"]
    const first = await run(args)
    assert.strictEqual(first.code, 0, first.stderr)
    assert.strictEqual((await run(args)).stdout, first.stdout)
    const other = await run(["generate", "A gate", ...preview, "--key", "scene-1"])
    assert.strictEqual(other.code, 2)
    assert.match(other.stderr, /The key belongs to generation/)
    const detached = await run([...args, "--detach"])
    assert.deepStrictEqual(
      [detached.code, detached.stdout.trim()],
      [0, String((await summary())["recordId"])],
      detached.stderr
    )
  })

  it("says of a key whose job failed that it will always lead there, and how to try again", async () => {
    const args = ["generate", "failure! x", ...tiny, "--key", "scene-1"]
    const first = await run(args)
    assert.strictEqual(first.code, 6)
    assert.match(first.stderr, /The key scene-1 stands for this job.*\n {2}Try again under another key/)
    const { recordId } = await summary()
    for (const more of [[], ["--detach"], ["--json"]]) {
      const again = await run([...args, ...more])
      assert.strictEqual(again.code, 6)
      assert.include(again.stderr, `earlier job under the key scene-1 ended: mutoscope show ${recordId}`)
      assert.match(again.stderr, /\n {2}Try again under another key, with another seed or in other words/)
      if (more[0] === "--json") assert.deepInclude(last(again.stdout), { event: "error", recordId })
    }
    assert.strictEqual(api.count("submit"), 1)
    assert.match((await run(["generate", "failure! x", ...tiny])).stderr, /Try again, with another seed/)
  })

  it("says of a job with a key that another process has in hand that it goes on there", async () => {
    const args = ["generate", "slow:4! x", ...tiny, "--key", "scene-1"]
    let second: ReturnType<typeof run> | undefined
    const first = await here.run(args, {
      env: api.env,
      onStderr: (said) => {
        if (!said.includes("request sent")) return
        second ??= here.run(args, {
          env: api.env,
          onStart: (child) => setTimeout(() => child.kill("SIGINT"), 2_500)
        })
      }
    })
    const stopped = await second
    assert.strictEqual(first.code, 0, first.stderr)
    assert.strictEqual(api.count("submit"), 1)
    assert.strictEqual(stopped?.code, 130, stopped?.stderr)
    const id = String((await summary())["recordId"])
    assert.include(stopped?.stderr, `mutoscope resume ${id}`)
    assert.deepInclude(await summary("scene-1"), { recordId: id })
  })

  it("sends nothing that would pass a limit of money, or whose price is unknown", async () => {
    const limits: ReadonlyArray<readonly [ReadonlyArray<string>, Readonly<Record<string, string>>]> = [
      [["--max-cost", "0.000001"], {}],
      [[], { MUTOSCOPE_RUN_CAP: "0.000001" }],
      [[], { MUTOSCOPE_DAILY_CAP: "0.000001" }]
    ]
    for (const [flags, env] of limits) {
      const { code, stderr } = await run(["generate", "fine", ...tiny, ...flags], env)
      assert.strictEqual(code, 15, stderr)
      assert.match(stderr, /Nothing was sent/)
    }
    assert.strictEqual((await run(["generate", "fine", ...tiny, "--max-cost", "much"])).code, 2)
    assert.strictEqual(api.count("submit"), 0)
    const free = await run(["generate", "fine", ...preview, "--quiet", "--max-cost", "0"])
    assert.strictEqual(free.code, 0, free.stderr)
    const doctor = await run(["doctor", "--offline"], { MUTOSCOPE_DAILY_CAP: "12.5" })
    assert.match(doctor.stdout, /daily limit +\$12\.50/)
    assert.match(doctor.stdout, /3 unfinished: mutoscope resume --all/)
  })
})
