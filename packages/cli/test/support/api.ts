/**
 * An API to be interrupted at: the emulator behind a door that can be held shut.
 */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http"
import type { AddressInfo } from "node:net"
import * as Emulator from "@mutoscope/emulator/Emulator"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ManagedRuntime from "effect/ManagedRuntime"

/** What passes the door, and when: `held` resolves when it may go on; a submit is held after the job is accepted. */
export type Kind = "submit" | "poll" | "download" | "cancel"

export interface Api {
  readonly url: string
  readonly env: Readonly<Record<string, string>>
  /** How many of each kind have come. */
  readonly count: (kind: Kind) => number
  /** The operation of each submit that was accepted, in order. */
  readonly operations: ReadonlyArray<string>
  /** From now on, answers of this kind wait for so many milliseconds (a download in its middle). */
  readonly hold: (kind: Kind, millis: number) => void
  /** The answer to the next submit never comes, though its job is accepted. */
  readonly loseNext: () => void
  readonly close: () => Promise<void>
}

const kindOf = ({ method = "", url = "" }: IncomingMessage): Kind =>
  /:predictLongRunning/.test(url)
    ? "submit"
    : /:cancel/.test(url)
      ? "cancel"
      : /download|alt=media|\.mp4/.test(url)
        ? "download"
        : method === "GET"
          ? "poll"
          : "poll"

/** Opens an emulator and its door. The prompt names the scenario, unless it is `fine`. */
export const open = async (): Promise<Api> => {
  const runtime = ManagedRuntime.make(
    Layer.orDie(
      Emulator.layerTest({
        faults: ({ prompt }) => (/^[a-z-]+(:\d+)?!/.exec(prompt)?.[0] ?? "").slice(0, -1) || undefined
      })
    )
  )
  const inner = await runtime.runPromise(Effect.map(Emulator.Emulator, ({ url }) => url))
  const counts = new Map<Kind, number>()
  const holds = new Map<Kind, number>()
  const operations: Array<string> = []
  let url = ""
  let lost = false
  const pause = (kind: Kind) => new Promise((resolve) => setTimeout(resolve, holds.get(kind) ?? 0).unref())

  const pass = async (request: IncomingMessage, response: ServerResponse) => {
    const kind = kindOf(request)
    counts.set(kind, (counts.get(kind) ?? 0) + 1)
    const chunks: Array<Buffer> = []
    for await (const chunk of request) chunks.push(Buffer.from(chunk))
    const { host: _, connection: __, "content-length": ___, ...headers } = request.headers
    const answer = await fetch(`${inner}${request.url}`, {
      method: request.method ?? "GET",
      headers: headers as Record<string, string>,
      redirect: "manual",
      ...(chunks.length === 0 ? {} : { body: Buffer.concat(chunks) })
    })
    const bytes = Buffer.from(await answer.arrayBuffer())
    const isJson = (answer.headers.get("content-type") ?? "").includes("json")
    const body = isJson ? Buffer.from(bytes.toString("utf8").replaceAll(inner, url)) : bytes
    if (kind === "submit") operations.push(/"name":\s*"([^"]+)"/.exec(body.toString("utf8"))?.[1] ?? "")
    const passed = Object.fromEntries(
      [...answer.headers].filter(
        ([name]) => !/^(content-length|transfer-encoding|connection|content-encoding)$/.test(name)
      )
    )
    if (kind === "submit" && lost) {
      lost = false
      return response.destroy()
    }
    if (kind !== "download") await pause(kind)
    response.writeHead(answer.status, { ...passed, "content-length": body.length })
    if (kind !== "download") return response.end(body)
    response.write(body.subarray(0, body.length / 2))
    await pause(kind)
    return response.end(body.subarray(body.length / 2))
  }
  const server = createServer((request, response) => {
    pass(request, response).catch(() => response.destroy())
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return {
    url,
    env: { MUTOSCOPE_VEO_URL: url, MUTOSCOPE_VEO_API_KEY: "canary", MUTOSCOPE_RETRIES: "0" },
    count: (kind) => counts.get(kind) ?? 0,
    operations,
    loseNext: () => {
      lost = true
    },
    hold: (kind, millis) => void holds.set(kind, millis),
    close: async () => {
      server.closeAllConnections()
      server.close()
      await runtime.dispose()
    }
  }
}
