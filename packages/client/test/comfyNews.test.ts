/**
 * What a ComfyUI tells of its jobs over sockets, where there are more of these than are remembered afterwards.
 */
import { createHash } from "node:crypto"
import { createServer } from "node:http"
import type { Socket } from "node:net"
import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Schedule from "effect/Schedule"
import { listen } from "../src/internal/comfyNews.ts"

/** A server that accepts sockets and keeps them by their path. */
const sockets = Effect.acquireRelease(
  Effect.async<{ readonly base: string; readonly open: Map<string, Socket>; readonly close: () => void }>(
    (resume) => {
      const open = new Map<string, Socket>()
      const server = createServer()
      server.on("upgrade", (request, socket: Socket) => {
        const key = `${request.headers["sec-websocket-key"]}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`
        const accept = createHash("sha1").update(key).digest("base64")
        socket.on("error", () => {})
        socket.write(
          `HTTP/1.1 101 X\r\nupgrade: websocket\r\nconnection: upgrade\r\nsec-websocket-accept: ${accept}\r\n\r\n`
        )
        open.set(request.url ?? "", socket)
      })
      server.listen(0, "127.0.0.1", () => {
        const address = server.address()
        const port = typeof address === "object" && address !== null ? address.port : 0
        const close = () => {
          for (const socket of open.values()) socket.destroy()
          server.close()
        }
        resume(Effect.succeed({ base: `ws://127.0.0.1:${port}`, open, close }))
      })
    }
  ),
  ({ close }) => Effect.sync(close)
)

const frame = (value: unknown) => {
  const text = Buffer.from(JSON.stringify(value))
  assert.isBelow(text.length, 126)
  return Buffer.concat([Buffer.from([0x81, text.length]), text])
}

/** Asks until there is something. */
const soon = <A>(ask: Effect.Effect<A | undefined>): Effect.Effect<A, string> =>
  Effect.flatMap(ask, (found) =>
    found === undefined ? Effect.fail("nothing yet") : Effect.succeed(found)
  ).pipe(Effect.retry(Schedule.intersect(Schedule.spaced("10 millis"), Schedule.recurs(300))))

it.scopedLive("a job that is listened to is not forgotten, however many others there are", () =>
  Effect.gen(function* () {
    const server = yield* sockets
    const news = yield* listen(
      (id) => ({ url: new URL(`${server.base}/${id}`), headers: {} }),
      () => 2
    )
    const of = (id: string) => Effect.suspend(() => news({ provider: "comfyui", model: "wan", id }))
    const ids = Array.from({ length: 80 }, (_, i) => `job-${i}`)
    yield* Effect.forEach(ids, of)
    yield* soon(Effect.sync(() => (server.open.size === ids.length ? true : undefined)))
    for (const id of ids)
      server.open
        .get(`/${id}`)
        ?.write(frame({ type: "progress", data: { prompt_id: id, node: "1", value: 1, max: 2 } }))
    for (const id of ids) assert.strictEqual(yield* soon(of(id)), 25, id)
  })
)
