// One protocol, spoken by a loop of one's own or by our adapter, in a process of its own: warmed up, then measured. Arguments:
// who, protocol, base address, folder, at once. Neither keeps a record: what is measured is the way to the video.
import { createWriteStream } from "node:fs"
import { open, stat } from "node:fs/promises"
import { join } from "node:path"
import { Readable } from "node:stream"
import { pipeline } from "node:stream/promises"
import { setTimeout as sleep } from "node:timers/promises"
import { cpuSince, peakMemory, report } from "../support/processes.mjs"
import { videoBytes } from "../support/server-facts.mjs"
import { wires } from "../support/wires.mjs"

const [who, protocol, base, directory, atOnce] = process.argv.slice(2)
const width = Number(atOnce)
const pollInterval = 5
const wire = wires[protocol]

/** What everybody writes first. */
const loop = () => {
  const ask = async (url, init) => {
    const response = await fetch(url, { headers: wire.headers, ...init })
    if (!response.ok) throw new Error(`HTTP ${response.status}`)
    return response
  }
  return async (path, prompt) => {
    const [address, body] = wire.submit(base, prompt)
    const submitted = await ask(address, { method: "POST", body: JSON.stringify(body) })
    const url = wire.read(base, await submitted.json())
    let done
    while (done === undefined) {
      await sleep(pollInterval)
      done = wire.state(await (await ask(url)).json(), url)
    }
    const video = done.result === undefined ? done : wire.result(await (await ask(done.result)).json())
    await pipeline(Readable.fromWeb((await ask(video)).body), createWriteStream(path))
  }
}

const adapter = async () => {
  const [
    Adapters,
    HttpTransport,
    { VideoProvider },
    VideoRequest,
    Generation,
    Chunk,
    Effect,
    Either,
    Layer,
    Option,
    Stream,
    ManagedRuntime
  ] = await Promise.all([
    import("@mutoscope/client/Adapters"),
    import("@mutoscope/client/HttpTransport"),
    import("@mutoscope/core/VideoProvider"),
    import("@mutoscope/core/VideoRequest"),
    import("@mutoscope/core/Generation"),
    import("effect/Chunk"),
    import("effect/Effect"),
    import("effect/Either"),
    import("effect/Layer"),
    import("effect/Option"),
    import("effect/Stream"),
    import("effect/ManagedRuntime")
  ])
  const DateTime = await import("effect/DateTime")
  const kind = Adapters.all.find(({ name }) => name === protocol)
  const entry = Either.getOrThrow(kind.connect(protocol, wire.settings(base)))
  const runtime = ManagedRuntime.make(Layer.provide(entry.layer, HttpTransport.layer))
  const provider = await runtime.runPromise(VideoProvider)
  const generate = (path, prompt) =>
    Effect.gen(function* () {
      const request = yield* VideoRequest.make({
        prompt,
        model: `${protocol}/${wire.model}`,
        aspectRatio: "16:9",
        duration: 4,
        resolution: "720p"
      })
      const intent = {
        id: Generation.GenerationId.make(prompt.replaceAll(" ", "-").slice(-40)),
        attempt: 1,
        provider: protocol,
        request,
        startedAt: yield* DateTime.now
      }
      const operation = yield* provider.submit(intent)
      let status = { _tag: "Running" }
      while (status._tag !== "Succeeded") {
        yield* Effect.promise(() => sleep(pollInterval))
        status = yield* provider.poll(operation)
      }
      const download = yield* provider.download(operation, status.videos[0], {
        offset: 0,
        validator: Option.none()
      })
      const file = yield* Effect.promise(() => open(path, "w"))
      const next = yield* Stream.toPull(download.bytes)
      for (;;) {
        const parts = yield* Effect.either(next)
        if (Either.isLeft(parts)) {
          yield* Effect.promise(() => file.close())
          return yield* Option.match(parts.left, { onNone: () => Effect.void, onSome: Effect.fail })
        }
        yield* Effect.promise(() => file.writev(Chunk.toReadonlyArray(parts.right)))
      }
    }).pipe(Effect.scoped)
  return (path, prompt) => runtime.runPromise(generate(path, prompt))
}

const generate = who === "loop" ? loop() : await adapter()
let made = 0
const run = async (count) => {
  let left = count
  const worker = async () => {
    while (left > 0) {
      left -= 1
      made += 1
      const path = join(directory, `${made}.mp4`)
      await generate(path, `A serene mountain landscape at sunset, take ${made}`)
      if ((await stat(path)).size !== videoBytes) throw new Error(`${path} is not whole`)
    }
  }
  await Promise.all(Array.from({ length: width }, worker))
}

/** Enough of them that the compiler is done, which at 300 it is not with anybody's code. */
const measured = 2000
await run(measured)
const from = process.cpuUsage()
await run(measured)
report({ cpu: cpuSince(from) / measured, memory: peakMemory() })
