/**
 * A machine that reaches the network through a proxy only.
 */
import { createServer } from "node:http"
import type { AddressInfo } from "node:net"
import { afterEach, assert, beforeEach, describe, it } from "@effect/vitest"
import { world } from "./support/mutoscope.ts"

const open = async () => {
  const asked: Array<string | undefined> = []
  const server = createServer().on("connect", (request, socket) => {
    asked.push(request.url)
    socket.end("HTTP/1.1 502 Bad Gateway\r\n\r\n")
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    asked,
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.closeAllConnections()
      server.close()
    }
  }
}

describe("a proxy", () => {
  let proxy: Awaited<ReturnType<typeof open>>
  let here: ReturnType<typeof world>
  beforeEach(async () => {
    here = world()
    proxy = await open()
  })
  afterEach(() => {
    proxy.close()
    here.remove()
  })

  const runway = {
    MUTOSCOPE_RUNWAY_API_KEY: "k",
    MUTOSCOPE_RUNWAY_BASE_URL: "https://videos.invalid"
  }

  it("is asked for the provider, and blamed for what it refuses; nothing counts as sent", async () => {
    const env = { ...runway, HTTPS_PROXY: `http://someone:s3cret@${proxy.host}`, MUTOSCOPE_RETRIES: "0" }
    const made = await here.run(["generate", "a cat", "--model", "runway/gen4.5", "--yes"], { env })
    assert.strictEqual(made.code, 12, made.stderr)
    assert.include(made.stderr, `the proxy http://${proxy.host} refused to open a tunnel (HTTP 502)`)
    assert.deepStrictEqual(new Set(proxy.asked), new Set(["videos.invalid:443"]))
    assert.notInclude(made.stdout + made.stderr, "s3cret")
  })

  it("is shown by doctor without its password, with what goes past it", async () => {
    const env = { ...runway, https_proxy: `http://someone:s3cret@${proxy.host}`, NO_PROXY: "example.com" }
    const { code, stderr, stdout } = await here.run(["doctor"], { env })
    assert.strictEqual(code, 1, stderr)
    assert.include(
      stdout,
      `ok   proxy              https through http://${proxy.host}, not for this machine and example.com`
    )
    assert.match(
      stdout,
      /BAD {2}runway +https:\/\/videos\.invalid cannot be reached: the proxy .*\(HTTP 502\)/
    )
    assert.notInclude(stdout + stderr, "s3cret")
  })

  it("that makes no sense is a bad finding, and nothing is sent past it", async () => {
    const env = { ...runway, HTTPS_PROXY: "socks5://127.0.0.1:1", MUTOSCOPE_RETRIES: "0" }
    const checked = await here.run(["doctor", "--json"], { env })
    const { findings } = JSON.parse(checked.stdout.trim())
    assert.deepInclude(findings, {
      good: false,
      what: "proxy",
      detail: "HTTPS_PROXY names a proxy of the kind socks5. Expected http://HOST:PORT or https://HOST:PORT"
    })
    const made = await here.run(["generate", "a cat", "--model", "runway/gen4.5", "--yes"], { env })
    assert.strictEqual(made.code, 12, made.stderr)
    assert.include(made.stderr, "HTTPS_PROXY names a proxy of the kind socks5")
  })

  it("does not stand before the emulator of this machine", async () => {
    const env = { HTTP_PROXY: `http://${proxy.host}` }
    const made = await here.run(["generate", "a cat", "--duration", "2"], { env })
    assert.strictEqual(made.code, 0, made.stderr)
    assert.lengthOf(proxy.asked, 0)
  })
})
