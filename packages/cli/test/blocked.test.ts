/**
 * A prompt that a filter blocked, as the command meets it: it is shown to no other model, and its end is on record.
 */
import { once } from "node:events"
import { createServer, type IncomingMessage } from "node:http"
import { afterAll, assert, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

interface Answer {
  readonly status: number
  readonly body: unknown
}

/** A server of OpenAI's dialect, or of xAI's, that answers as it is told, and counts the submits. */
const serve = async (answer: (request: IncomingMessage) => Answer) => {
  const counted = { submits: 0 }
  const server = createServer((request, response) => {
    request.resume()
    request.on("end", () => {
      if (request.method === "POST") counted.submits++
      const { body, status } = answer(request)
      const text = JSON.stringify(body)
      response.writeHead(status, {
        "content-type": "application/json",
        "content-length": Buffer.byteLength(text)
      })
      response.end(text)
    })
  })
  server.listen(0, "127.0.0.1")
  await once(server, "listening")
  const address = server.address()
  const port = typeof address === "object" ? address?.port : undefined
  return {
    base: `http://127.0.0.1:${port}/v1`,
    counted,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

const list: Answer = { status: 200, body: { data: [] } }
const ok = (body: unknown): Answer => ({ status: 200, body })

const sentences = [
  "Request blocked due to safety violations (harmful content).",
  "Your request was blocked by our moderation system."
]

describe("mutoscope generate with a prompt that a filter blocked", () => {
  const here = world()
  afterAll(here.remove)

  const generate = async (refusal: Answer, ...flags: ReadonlyArray<string>) => {
    const first = await serve(({ method }) => (method === "POST" ? refusal : list))
    const second = await serve(({ method }) =>
      method === "POST" ? { status: 401, body: { error: { message: "no such key" } } } : list
    )
    const env = {
      MUTOSCOPE_OPENAI_BASE_URL: first.base,
      MUTOSCOPE_PROVIDERS: JSON.stringify({ "openai@two": { baseUrl: second.base } }),
      MUTOSCOPE_RETRY_DELAY: "0.1"
    }
    const args = ["generate", "a cat", "--model", "openai/wan-video", "--fallback", "openai@two/other"]
    const ended = await here.run([...args, ...flags, "--no-input", "--quiet"], { env })
    first.close()
    second.close()
    return { ...ended, submits: [first.counted.submits, second.counted.submits] }
  }

  it.each(sentences.flatMap((message) => [400, 403].map((status) => [status, message] as const)))(
    "never sends it to the fallback: %s %s",
    async (status, message) => {
      const body = { error: { message, type: "invalid_request_error" } }
      const { code, stderr, submits } = await generate({ status, body }, "--fallback-unclear")
      assert.deepStrictEqual(submits, [1, 0])
      assert.strictEqual(code, 5, stderr)
      assert.include(stderr, message)
    }
  )

  it("does not send it there where a 403 gives no reason, unless that is allowed", async () => {
    const refusal = { status: 403, body: { error: { message: "Forbidden" } } }
    const kept = await generate(refusal)
    assert.deepStrictEqual(kept.submits, [1, 0])
    assert.strictEqual(kept.code, 3, kept.stderr)
    assert.include(kept.stderr, "--fallback-unclear")
    assert.deepStrictEqual((await generate(refusal, "--fallback-unclear")).submits, [1, 1])
  })

  it("ends a job whose video is held back by a refusal to answer, and keeps what it cost", async () => {
    const server = await serve(({ method }) =>
      method === "POST"
        ? ok({ request_id: "j1" })
        : {
            status: 400,
            body: {
              code: "Client specified an invalid argument",
              error: "Generated video rejected by content moderation.",
              usage: { cost_in_usd_ticks: 2_500_000_000 }
            }
          }
    )
    const env = {
      MUTOSCOPE_XAI_API_KEY: "k",
      MUTOSCOPE_XAI_BASE_URL: server.base,
      MUTOSCOPE_POLL_INTERVAL: "0.1"
    }
    const args = ["generate", "a cat", "--model", "xai/grok-imagine-video", "--no-input", "--quiet"]
    const ended = await here.run(args, { env })
    server.close()
    assert.strictEqual(ended.code, 5, ended.stderr)
    const { stdout } = await here.run(["show", "last", "--json"])
    const { summary } = JSON.parse(stdout.trim().split("\n").at(-1) ?? "")
    assert.deepInclude(summary, { status: "failed", cost: 250_000, costSource: "reported" })
  })
})
