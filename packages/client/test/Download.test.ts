import { assert, describe, it } from "@effect/vitest"
import type { VideoOutput } from "@mutoscope/core/Operation"
import * as Policy from "@mutoscope/core/Policy"
import type { ResumePoint } from "@mutoscope/core/VideoProvider"
import * as Chunk from "effect/Chunk"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { canary, fromTheStart, operation, options, withVeo } from "./fixtures.ts"
import { answer, json, type Received, serve } from "./scripted.ts"

const video = Buffer.from(Array.from({ length: 100_000 }, (_, i) => i % 251))
const mp4 = { "content-type": "video/mp4", etag: '"v1"' }
const at = (offset: number): ResumePoint => ({ offset, validator: Option.some('"v1"') })

/** Fetches a video of a server, to its last byte. */
const fetch = (
  base: string,
  uri = `${base}/v1beta/files/f:download?alt=media`,
  from: ResumePoint = fromTheStart
) =>
  withVeo(options(base))((veo) =>
    Effect.scoped(
      Effect.gen(function* () {
        const output: VideoOutput = { _tag: "Remote", uri }
        const download = yield* veo.download(operation, output, from)
        const bytes = yield* Stream.runCollect(download.bytes)
        return { ...download, bytes: Buffer.concat(Chunk.toReadonlyArray(bytes)) }
      })
    )
  ).pipe(Effect.provideService(Policy.Policy, Policy.make({ downloadTimeout: "300 millis" })))

const failing = (base: string, uri?: string, from?: ResumePoint) => Effect.flip(fetch(base, uri, from))

const range = ({ headers }: Received) => Number(/bytes=(\d+)-/.exec(headers["range"] ?? "")?.[1] ?? -1)

/** Where a file is refused, the job is asked whether it has another address. */
const isDownload = ({ path }: Received) => !path.includes("/operations/")

const partHeaders = (from: number) => ({
  ...mp4,
  "content-range": `bytes ${from}-${video.length - 1}/${video.length}`
})

const part = (from: number) => answer(206, video.subarray(from), partHeaders(from))

const withoutEmpty = (headers: Readonly<Record<string, string>>) =>
  Object.fromEntries(Object.entries(headers).filter(([, value]) => value !== ""))

describe("what was announced", () => {
  it.scopedLive.each([
    [
      "repr-digest",
      `sha-256=:${"A".repeat(43)}=:`,
      Option.some({ algorithm: "sha-256", value: "00".repeat(32) })
    ],
    [
      "x-goog-hash",
      `crc32c=AAAAAA==, md5=${"A".repeat(22)}==`,
      Option.some({ algorithm: "md5", value: "00".repeat(16) })
    ],
    ["x-goog-hash", "md5=short", Option.none()],
    ["content-md5", `${"A".repeat(22)}==`, Option.none()]
  ] as const)("P12 takes the hash of the whole video from %s: %s", ([name, value, expected]) =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(answer(200, video, { ...mp4, [name]: value })))
      assert.deepStrictEqual((yield* fetch(server.base)).announcedHash, expected)
    })
  )
})

describe("resuming", () => {
  it.scopedLive("goes on at the offset where the server agrees", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, s) => s.write(part(range(request))))
      const { offset, totalBytes, bytes } = yield* fetch(server.base, undefined, at(60_000))
      assert.strictEqual(server.requests[0]?.headers["if-range"], '"v1"')
      assert.strictEqual(offset, 60_000)
      assert.deepStrictEqual(totalBytes, Option.some(video.length))
      assert.isTrue(bytes.equals(video.subarray(60_000)))
    })
  )

  it.scopedLive("P28 starts again where the video has changed", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(answer(200, video, { ...mp4, etag: '"v2"' })))
      const { offset, bytes } = yield* fetch(server.base, undefined, at(60_000))
      assert.strictEqual(offset, 0)
      assert.strictEqual(bytes.length, video.length)
    })
  )

  it.scopedLive("P28 asks for no range without a strong validator, and takes no weak one", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(answer(200, video, { ...mp4, etag: 'W/"v1"' })))
      const from = { offset: 60_000, validator: Option.none() }
      const { offset, validator } = yield* fetch(server.base, undefined, from)
      assert.notProperty(server.requests[0]?.headers, "range")
      assert.deepStrictEqual([offset, validator], [0, Option.none()])
    })
  )

  it.scopedLive("P27 starts again where the part is another one, or many", () =>
    Effect.gen(function* () {
      const wrong = [part(10), answer(206, "x", { "content-type": "multipart/byteranges; boundary=x" })]
      const server = yield* serve((request, s) =>
        s.write(range(request) < 0 ? answer(200, video, mp4) : (wrong.shift() ?? part(range(request))))
      )
      for (const _ of [1, 2]) {
        const { offset, bytes } = yield* fetch(server.base, undefined, at(60_000))
        assert.strictEqual(offset, 0)
        assert.isTrue(bytes.equals(video))
      }
      assert.strictEqual(server.requests.length, 4)
    })
  )

  it.scopedLive.each<readonly [string, Readonly<Record<string, string>>]>([
    ["without its ETag", { etag: "" }],
    ["with another ETag", { etag: '"v2"' }],
    ["with a weak ETag of that name", { etag: 'W/"v1"' }],
    ["with a date instead", { etag: "", "last-modified": "Tue, 01 Dec 2026 00:00:00 GMT" }],
    ["of another length", { "content-range": `bytes 60000-${video.length}/${video.length + 1}` }],
    ["without saying where it begins", { "content-range": "" }]
  ])("P28 uses no part that comes %s, and starts again", ([, headers]) =>
    Effect.gen(function* () {
      const other = Buffer.from(video).fill(7)
      const server = yield* serve((request, s) =>
        s.write(
          range(request) < 0
            ? answer(200, other, { ...mp4, etag: '"v2"' })
            : answer(206, other.subarray(60_000), withoutEmpty({ ...partHeaders(60_000), ...headers }))
        )
      )
      const from = { ...at(60_000), totalBytes: video.length }
      const { bytes, offset, validator } = yield* fetch(server.base, undefined, from)
      assert.deepStrictEqual([offset, validator], [0, Option.some('"v2"')])
      assert.isTrue(bytes.equals(other))
      assert.deepStrictEqual(
        server.requests.map(({ headers }) => headers["if-range"]),
        ['"v1"', undefined]
      )
    })
  )

  it.scopedLive("keeps the length that was announced where a part does not say it", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, s) =>
        s.write(
          answer(206, video.subarray(range(request)), {
            ...mp4,
            "content-range": `bytes ${range(request)}-${video.length - 1}/*`
          })
        )
      )
      const { offset, totalBytes } = yield* fetch(server.base, undefined, {
        ...at(60_000),
        totalBytes: video.length
      })
      assert.deepStrictEqual([offset, totalBytes], [60_000, Option.some(video.length)])
    })
  )

  it.scopedLive("P29 starts again where all that is left is of another version or length", () =>
    Effect.gen(function* () {
      for (const [headers, totalBytes] of [
        [{ etag: '"v2"' }, undefined],
        [{}, video.length + 9]
      ] as const) {
        const server = yield* serve((request, s) =>
          s.write(
            range(request) < 0
              ? answer(200, video, mp4)
              : answer(416, "", { "content-range": `bytes */${video.length}`, ...headers })
          )
        )
        const from = { ...at(video.length), totalBytes }
        assert.strictEqual((yield* fetch(server.base, undefined, from)).offset, 0)
      }
    })
  )

  it.scopedLive("P29 has nothing to fetch where everything is here, and starts again where too much is", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, s) =>
        s.write(
          range(request) < 0
            ? answer(200, video, mp4)
            : answer(416, "", { "content-range": `bytes */${video.length}` })
        )
      )
      const complete = yield* fetch(server.base, undefined, at(video.length))
      assert.deepStrictEqual([complete.offset, complete.bytes.length], [video.length, 0])
      const again = yield* fetch(server.base, undefined, at(video.length + 5))
      assert.deepStrictEqual([again.offset, again.bytes.length], [0, video.length])
    })
  )
})

describe("what is no video", () => {
  it.scopedLive.each([
    ["image/gif", Buffer.from("GIF89a and more of it")],
    ["image/png", Buffer.from("89504e470d0a1a0a00000000", "hex")],
    ["image/webp", Buffer.from("RIFF\0\0\0\0WEBPVP8X", "latin1")]
  ] as const)("does not include a picture that may move: %s", ([type, picture]) =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(answer(200, picture, { "content-type": type })))
      assert.isTrue((yield* fetch(server.base)).bytes.equals(picture))
    })
  )

  it.scopedLive("includes a body in chunks that ends without its last one", () =>
    Effect.gen(function* () {
      const head = "HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\ncontent-type: video/mp4\r\n\r\n"
      const server = yield* serve((_, s) => s.end(Buffer.from(`${head}10\r\n0123456789abcdef\r\n`)))
      assert.strictEqual((yield* failing(server.base))._tag, "DownloadFailed")
    })
  )

  const refused = [
    ["P26 a page", answer(200, "<html>", { "content-type": "text/html" }), "OutputRefused"],
    ["P26 an error in JSON", json(200, { error: {} }), "OutputRefused"],
    ["P26 a page that is called a video", answer(200, "\n\n <!doctype html>", mp4), "OutputRefused"],
    ["P26 JSON that is called a video", answer(200, '\u{feff}{"detail": "no"}', mp4), "OutputRefused"],
    ["P26 a list that is called a video", answer(200, "[]", mp4), "OutputRefused"],
    ["P26 XML of no type", answer(200, '<?xml version="1.0"?><Error/>'), "OutputRefused"],
    ["P26 a picture", answer(200, "x", { "content-type": "image/jpeg" }), "OutputRefused"],
    [
      "P26 a picture that is called a video",
      answer(200, Buffer.from("ffd8ffe000104a4649460001", "hex"), mp4),
      "OutputRefused"
    ],
    [
      "P21 an encoding that nobody asked for",
      answer(200, video, { ...mp4, "content-encoding": "gzip" }),
      "OutputRefused"
    ],
    ["P25 nothing", answer(200, "", mp4), "DownloadFailed"],
    [
      "P25 nothing, in chunks",
      Buffer.from("HTTP/1.1 200 X\r\ntransfer-encoding: chunked\r\ncontent-type: video/mp4\r\n\r\n0\r\n\r\n"),
      "DownloadFailed"
    ],
    ["a 204", answer(204, ""), "OutputRefused"],
    ["a part that nobody asked for", part(10), "OutputRefused"],
    ["400", json(400, {}), "OutputRefused"],
    ["422", json(422, {}), "OutputRefused"],
    ["401", json(401, {}), "AuthenticationFailed"],
    ["403", json(403, { error: { message: "or it may not exist" } }), "OutputRefused"],
    ["403 for the key", json(403, { error: { message: "API key not valid" } }), "AuthenticationFailed"],
    ["404", json(404, {}), "OutputRefused"],
    ["410", json(410, {}), "OutputRefused"],
    ["429", json(429, {}), "RateLimited"],
    ["503", json(503, {}), "ProviderUnavailable"]
  ] as const

  for (const [name, bytes, tag] of refused) {
    it.scopedLive(`${name} is ${tag}`, () =>
      Effect.gen(function* () {
        const server = yield* serve((_, s) => s.write(bytes))
        assert.strictEqual((yield* failing(server.base))._tag, tag)
      })
    )
  }

  it.scopedLive.each<readonly [string, Buffer, RegExp]>([
    [
      "JSON",
      answer(200, JSON.stringify({ error: { message: `no video for ${canary} yet` } }), mp4),
      /it is no video but JSON: no video for <redacted> yet/
    ],
    [
      "a page",
      answer(200, "<html><head><title>Login\n required</title></head></html>", mp4),
      /it is no video but HTML or XML: Login required/
    ],
    [
      "a storage's XML",
      answer(
        403,
        "<?xml version='1.0'?><Error><Code>AccessDenied</Code><Message>Request has expired</Message></Error>"
      ),
      /AccessDenied: Request has expired \(HTTP 403\)/
    ],
    ["text", answer(404, "no such video"), /no such video \(HTTP 404\)/],
    ["bytes", answer(404, Buffer.from([1, 2, 0, 255])), /finished video: HTTP 404/]
  ])("P26 says what a server said instead, without keys: %s", ([, bytes, words]) =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(bytes))
      const { message } = yield* failing(server.base)
      assert.match(message, words)
      assert.include(message, `from ${new URL(server.base).host}`)
    })
  )

  it.scopedLive("a video whose first bytes come one by one is all there", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => {
        s.write(answer(200, "", { ...mp4, "content-length": 40 }))
        let left = 40
        const drip = setInterval(() => {
          if (left-- > 0) s.write(`${left % 10}`)
        }, 5)
        s.on("close", () => clearInterval(drip))
      })
      assert.strictEqual((yield* fetch(server.base)).bytes.toString(), "9876543210".repeat(4))
    })
  )

  it.scopedLive("P22 a body cut short fails, after what there was", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) =>
        s.end(answer(200, video, { ...mp4, "content-length": video.length + 1 }))
      )
      assert.strictEqual((yield* failing(server.base))._tag, "DownloadFailed")
    })
  )

  it.scopedLive("N09 silence ends it, a slow drip does not", () =>
    Effect.gen(function* () {
      const silent = yield* serve((_, s) => s.write(answer(200, "ab", { ...mp4, "content-length": 9 })))
      assert.deepInclude(yield* failing(silent.base), { _tag: "DownloadFailed", reason: "it fell silent" })
      const slow = yield* serve((_, s) => {
        s.write(answer(200, "", { ...mp4, "content-length": 5 }))
        const drip = setInterval(() => s.write("x"), 120)
        s.on("close", () => clearInterval(drip))
      })
      assert.strictEqual((yield* fetch(slow.base)).bytes.toString(), "xxxxx")
    })
  )
})

describe("redirects", () => {
  it.scopedLive("P18 the key stays where it belongs", () =>
    Effect.gen(function* () {
      const trap = yield* serve((_, s) => s.write(answer(200, video, mp4)))
      const server = yield* serve((_, s) =>
        s.write(answer(302, "", { location: `${trap.base}/v?sig=1`, "set-cookie": "a=b" }))
      )
      const { bytes } = yield* fetch(server.base)
      assert.isTrue(bytes.equals(video))
      assert.include(JSON.stringify(server.requests), canary)
      assert.notInclude(JSON.stringify(trap.requests), canary)
      assert.notProperty(trap.requests[0]?.headers, "cookie")
      assert.notProperty(trap.requests[0]?.headers, "referer")
    })
  )

  it.scopedLive("P18 the key does not come back from a journey", () =>
    Effect.gen(function* () {
      let home = ""
      const away = yield* serve((_, s) => s.write(answer(302, "", { location: `${home}/v1beta/end` })))
      const server = yield* serve((request, s) =>
        s.write(
          request.path.endsWith("end")
            ? answer(200, video, mp4)
            : answer(302, "", { location: `${away.base}/` })
        )
      )
      home = server.base
      yield* fetch(server.base)
      assert.deepStrictEqual(
        server.requests.map(({ headers }) => headers["x-goog-api-key"]),
        [canary, undefined]
      )
    })
  )

  it.scopedLive("within its server the key goes along, with the range", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, s) =>
        s.write(request.path === "/b" ? part(range(request)) : answer(307, "", { location: "/b" }))
      )
      const { offset } = yield* fetch(server.base, undefined, at(5))
      assert.strictEqual(offset, 5)
      assert.strictEqual(server.requests[1]?.headers["x-goog-api-key"], canary)
    })
  )

  it.scopedLive("P17 a loop ends after five", () =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(answer(302, "", { location: "/again" })))
      assert.strictEqual((yield* failing(server.base))._tag, "UnexpectedAnswer")
      assert.strictEqual(server.requests.filter(isDownload).length, 6)
    })
  )

  const forbidden = [
    "http://example.test/v",
    "file:///etc/passwd",
    "data:video/mp4,x",
    "http://169.254.169.254/latest/meta-data",
    "https://169.254.169.254/",
    "http://[fe80::1]/",
    "http://2852039166/",
    "//0.0.0.0/"
  ]
  it.scopedLive.each(forbidden)("P18 %s is not fetched", (location) =>
    Effect.gen(function* () {
      const server = yield* serve((_, s) => s.write(answer(302, "", { location })))
      const error = yield* failing(server.base)
      assert.strictEqual(error._tag, "UnexpectedAnswer")
      assert.include(error.message, "refused")
      assert.strictEqual(server.requests.filter(isDownload).length, 1)
    })
  )
})

describe("a video elsewhere", () => {
  it.scopedLive("is fetched without the key", () =>
    Effect.gen(function* () {
      const elsewhere = yield* serve((_, s) => s.write(answer(200, video, mp4)))
      const server = yield* serve((_, s) => s.end())
      const { bytes } = yield* fetch(server.base, `${elsewhere.base}/bucket/video.mp4?signature=s`)
      assert.isTrue(bytes.equals(video))
      assert.notInclude(JSON.stringify(elsewhere.requests), canary)
      assert.strictEqual(server.requests.length, 0)
    })
  )

  it.scopedLive.each([401, 402, 403])(
    "P18 says which server wanted credentials that it cannot have: %d",
    (status) =>
      Effect.gen(function* () {
        const elsewhere = yield* serve((_, s) =>
          s.write(json(status, { error: { message: "API key not valid" } }))
        )
        const server = yield* serve((_, s) => s.write(json(500, {})))
        const error = yield* failing(server.base, `${elsewhere.base}/video.mp4`)
        assert.strictEqual(error._tag, "OutputRefused")
        assert.include(error.message, "API key not valid")
        assert.match(
          error.message,
          new RegExp(
            `from 127.0.0.1:${elsewhere.port}, which .*got no.*, since the key is for 127.0.0.1:${server.port}`
          )
        )
      })
  )

  it.scopedLive("P20 is not named with its query in an error", () =>
    Effect.gen(function* () {
      const elsewhere = yield* serve((request, s) =>
        s.write(answer(500, `no ${request.path} http://h.test/p?sig=${canary}`))
      )
      const error = yield* failing(elsewhere.base, `${elsewhere.base}/video.mp4?signature=${canary}`)
      assert.notInclude(JSON.stringify(error), `sig=${canary}`)
    })
  )
})

it.scopedLive("a download that is not read on does not fill the memory, and is closed with its scope", () =>
  Effect.gen(function* () {
    let sent = 0
    let closed = false
    const server = yield* serve((_, socket) => {
      socket.write(answer(200, "", { ...mp4, "content-length": 1e9 }))
      socket.on("close", () => (closed = true))
      const more = () => {
        while (!socket.destroyed && sent < 1e9 && socket.write(Buffer.alloc(65_536))) sent += 65_536
      }
      socket.on("drain", more)
      more()
    })
    yield* withVeo(options(server.base))((veo) =>
      Effect.scoped(
        Effect.gen(function* () {
          const uri = `${server.base}/v1beta/files/f:download`
          const { bytes } = yield* veo.download(operation, { _tag: "Remote", uri }, fromTheStart)
          const pull = yield* Stream.toPull(bytes)
          yield* pull
          yield* Effect.sleep("500 millis")
          assert.isFalse(closed)
        })
      )
    )
    yield* Effect.sleep("50 millis")
    assert.isTrue(closed)
    assert.isBelow(sent, 24 * 1024 * 1024)
  })
)
