/**
 * Cases of the network and the protocol, each with its fault, what the command says at its end, and the same oracle.
 */
import { createServer, type IncomingMessage } from "node:http"
import type { AddressInfo } from "node:net"
import { afterAll, assert, describe, it } from "vitest"
import { faults, judge } from "../src/oracle.ts"
import * as Provider from "../src/provider.ts"
import * as Records from "../src/records.ts"
import { videoOf } from "../src/video.ts"
import * as World from "../src/world.ts"

const closing: Array<() => Promise<void>> = []
afterAll(() => Promise.all(closing.map((close) => close())))

const stage = async () => {
  const provider = await Provider.open("canary-of-the-faults")
  const world = World.make(provider)
  closing.push(async () => {
    await provider.close()
    world.remove()
  })
  return { provider, world }
}

/** Quick to try again, so that a test is. */
const env = {
  MUTOSCOPE_RETRY_DELAY: "0.1",
  MUTOSCOPE_DOWNLOAD_TIMEOUT: "3",
  MUTOSCOPE_RETRIES: "3",
  MUTOSCOPE_OUTPUT_TIMEOUT: "4"
}

type Do = (asked: Provider.Asked) => void

const raw =
  (text: string): Do =>
  ({ response }) => {
    response.socket?.end(text)
  }
const body =
  (status: number, text: string, headers: Readonly<Record<string, string>> = {}): Do =>
  ({ response }) => {
    response.writeHead(status, { "content-type": "application/json", ...headers }).end(text)
  }
const reset: Do = ({ response }) => {
  response.socket?.resetAndDestroy()
}
const video = ({ job }: Provider.Asked) => videoOf(job?.operation ?? "", Provider.videoBytes)
const mp4 = (asked: Provider.Asked) => ({
  "content-type": "video/mp4",
  etag: `"${asked.job?.operation.split("/").at(-1)}"`,
  "content-length": String(video(asked).length)
})
/** Some of the video, and then nothing, with the connection open or closed. */
const some =
  (
    share: number,
    then: "silence" | "close",
    headers: Readonly<Record<string, string | undefined>> = {}
  ): Do =>
  (asked) => {
    const { response } = asked
    const bytes = video(asked)
    const all = Object.entries({ ...mp4(asked), ...headers }).flatMap(([name, value]) =>
      value === undefined ? [] : [[name, value] as const]
    )
    response.socket?.write(
      `HTTP/1.1 200 OK\r\n${all.map(([name, value]) => `${name}: ${value}\r\n`).join("")}\r\n`
    )
    response.socket?.write(bytes.subarray(0, Math.floor(bytes.length * share)))
    if (then === "close") response.socket?.end()
  }

interface Case {
  readonly id: string
  readonly at: Provider.Point
  /** What is done to the first, the second ... that comes to this point; later ones go on as usual. */
  readonly does: ReadonlyArray<Do>
  readonly ends: "Completed" | "SubmitUnknown" | "Failed" | "Rendering" | "Downloading"
  readonly code: number
  /** Accepted jobs. */
  readonly posts?: number
}

const forEver = (one: Do): ReadonlyArray<Do> => Array.from({ length: 50 }, () => one)
const unknown = { ends: "SubmitUnknown", code: 8 } as const
const done = { ends: "Completed", code: 0 } as const

const cases: ReadonlyArray<Case> = [
  { id: "N04 reset after the request was read", at: "submit", does: [reset], ...unknown },
  { id: "N05 the connection ends without a byte", at: "submit", does: [raw("")], ...unknown },
  { id: "N06 the answer is cut in its first line", at: "submit", does: [raw("HTTP/1.1 2")], ...unknown },
  { id: "P01 malformed JSON", at: "submit", does: [body(200, '{"name": ')], ...unknown },
  { id: "P02 a page in answer to a submit", at: "submit", does: [body(200, "<html>")], ...unknown },
  { id: "P04 no name", at: "submit", does: [body(200, "{}")], ...unknown },
  {
    id: "P04 a name that leads elsewhere",
    at: "submit",
    does: [body(200, '{"name":"../../x"}')],
    ...unknown
  },
  {
    id: "P19 a 303 that shows where an accepted job is",
    at: "submit",
    does: [body(303, "", { location: "/v1beta/models/x/operations/1" })],
    ...unknown
  },
  {
    id: "P19 a 302 after an accepted request",
    at: "submit",
    does: [body(302, "", { location: "/" })],
    ...unknown
  },
  { id: "499 of a proxy that gave up", at: "submit", does: [body(499, "")], ...unknown },
  { id: "500 to a submit", at: "arrival", does: [body(500, "{}")], ...unknown, posts: 0 },
  {
    id: "P03 an error in a good answer",
    at: "arrival",
    does: [body(200, '{"error":{"code":400,"message":"no","status":"INVALID_ARGUMENT"}}')],
    ends: "Failed",
    code: 2,
    posts: 0
  },
  {
    id: "P19 a submit is sent nowhere else",
    at: "arrival",
    does: [body(307, "", { location: "/v1beta/models/x:predictLongRunning" })],
    ends: "Failed",
    code: 2,
    posts: 0
  },
  {
    id: "P13 too fast: waits as long as it is told",
    at: "arrival",
    does: [body(429, "{}", { "retry-after": "1" })],
    ...done
  },
  { id: "500 twice while it renders", at: "look", does: [body(500, "{}"), reset], ...done },
  { id: "P02 a page while it renders", at: "look", does: [body(200, "<html>")], ...done },
  { id: "P06 done, and nothing else", at: "look", does: [body(200, '{"done":true}')], ...done },
  { id: "P16 403 to all looks", at: "look", does: forEver(body(403, "{}")), ends: "Rendering", code: 12 },
  {
    id: "P15 the key is no longer taken",
    at: "look",
    does: forEver(body(401, "{}")),
    ends: "Rendering",
    code: 3
  },
  {
    id: "P31 keys of the language itself",
    at: "look",
    does: [body(200, '{"__proto__":{"done":true}}')],
    ...done
  },
  { id: "N09 a video that stops coming", at: "download", does: [some(0.5, "silence")], ...done },
  { id: "P22 a video shorter than announced", at: "download", does: [some(0.5, "close")], ...done },
  {
    id: "P23 a video without a length that is cut",
    at: "download",
    does: [some(0.5, "close", { "content-length": undefined })],
    ...done
  },
  {
    id: "P25 an empty video",
    at: "download",
    does: [body(200, "", { "content-type": "video/mp4" })],
    ...done
  },
  {
    id: "P26 a page that says it is a video",
    at: "download",
    does: forEver(body(200, "<html>Sorry</html>", { "content-type": "video/mp4" })),
    ends: "Downloading",
    code: 11
  },
  { id: "P26 an error once", at: "download", does: [body(200, '{"error":{}}')], ...done },
  {
    id: "P21 a video that is compressed",
    at: "download",
    does: [some(1, "close", { "content-encoding": "gzip" })],
    ...done
  },
  {
    id: "P27 goes on at another place",
    at: "download",
    does: [
      some(0.5, "close"),
      (asked) =>
        body(206, "xyz", { ...mp4(asked), "content-length": "3", "content-range": "bytes 7-9/300000" })(asked)
    ],
    ...done
  },
  {
    id: "P28 another version after a break",
    at: "download",
    does: [some(0.5, "close", { etag: '"an older one"' })],
    ...done
  },
  {
    id: "P28 the rest of another version, without its ETag",
    at: "download",
    does: [
      some(0.5, "close"),
      (asked) => {
        const { length } = video(asked)
        const from = Number(/^bytes=(\d+)-$/.exec(asked.request.headers.range ?? "")?.[1] ?? 0)
        body(206, "x".repeat(length - from), {
          "content-type": "video/mp4",
          "content-length": String(length - from),
          "content-range": `bytes ${from}-${length - 1}/${length}`
        })(asked)
      }
    ],
    ...done
  },
  { id: "P29 416 after a break", at: "download", does: [some(0.5, "close"), body(416, "")], ...done },
  {
    id: "P17 a redirect to itself",
    at: "download",
    does: forEver((asked) => body(302, "", { location: asked.request.url ?? "" })(asked)),
    ends: "Downloading",
    code: 12
  }
]

describe.concurrent("a provider that", () => {
  it.each(cases)("$id", async ({ at, code, does, ends, posts = 1 }) => {
    const { provider, world } = await stage()
    provider.twist = (asked) => {
      const deed = asked.point === at ? does[asked.count - 1] : undefined
      deed?.(asked)
      return deed === undefined ? "go on" : "answered"
    }
    const end = await world.mutoscope(["generate", "A lamp in the window", "--quiet"], { env }).ended
    assert.strictEqual(Records.rows(world.database)[0]?.state, ends, end.stderr)
    assert.strictEqual(end.code, code, end.stderr)
    assert.strictEqual(provider.ledger.length, posts)

    // What was not lost can be gone on with, once the provider has come to its senses.
    provider.twist = undefined
    if (ends === "Rendering" || ends === "Downloading") {
      const resumed = await world.mutoscope(["resume", "last", "--quiet"], { env }).ended
      assert.strictEqual(resumed.code, 0, resumed.stderr)
    }
    assert.strictEqual(provider.ledger.length, posts)
    const accounts = Records.accounts(world.database)
    const found = faults(judge(world, provider, accounts))
    // A page in place of the video, each time: this one is paid, and its record says that it failed.
    assert.deepStrictEqual(
      found,
      ends === "Failed" && posts > 0
        ? [`lost: ${provider.ledger[0]?.operation}: paid, and the account says ended`]
        : []
    )
  })

  it("P18 sends a video's reader elsewhere: the key does not travel", async () => {
    const { provider, world } = await stage()
    const seen: Array<IncomingMessage> = []
    const elsewhere = createServer((request, response) => {
      seen.push(request)
      response.end(videoOf(provider.ledger[0]?.operation ?? "", Provider.videoBytes))
    })
    await new Promise<void>((resolve) => elsewhere.listen(0, "127.0.0.1", resolve))
    const { port } = elsewhere.address() as AddressInfo
    provider.twist = (asked) => {
      if (asked.point !== "download") return "go on"
      body(302, "", { location: `http://127.0.0.1:${port}/video.mp4` })(asked)
      return "answered"
    }
    const end = await world.mutoscope(["generate", "A lamp in the window", "--quiet"], { env }).ended
    elsewhere.closeAllConnections()
    elsewhere.close()
    assert.strictEqual(end.code, 0, end.stderr)
    // Where the machine is busy, a silence may be its own, and the video is asked for again.
    assert.isNotEmpty(seen)
    assert.notInclude(JSON.stringify(seen.map(({ rawHeaders, url }) => [rawHeaders, url])), provider.apiKey)
    assert.deepStrictEqual(faults(judge(world, provider, Records.accounts(world.database))), [])
  })
})
