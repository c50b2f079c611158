import { assert, it } from "@effect/vitest"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import type * as Exit from "effect/Exit"
import * as Inspectable from "effect/Inspectable"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as LogLevel from "effect/LogLevel"
import * as Redacted from "effect/Redacted"
import * as Tracer from "effect/Tracer"
import { strip } from "../src/internal/secrets.ts"
import { canary, fromTheStart, intent, operation, options, veoLayer } from "./fixtures.ts"
import { answer, json, type Script, serve } from "./scripted.ts"

/** Everything that a tracer and a logger are told. */
const recorder = () => {
  const seen: Array<string> = []
  const tell = (...values: ReadonlyArray<unknown>) =>
    seen.push(...values.map((value) => Inspectable.format(value)))
  const span = (
    name: string,
    context: Tracer.Span["context"],
    parent: Tracer.Span["parent"]
  ): Tracer.Span => {
    tell(name)
    return {
      _tag: "Span",
      name,
      spanId: "s",
      traceId: "t",
      parent,
      context,
      status: { _tag: "Started", startTime: 0n },
      attributes: new Map(),
      links: [],
      sampled: true,
      kind: "client",
      end: (_, exit: Exit.Exit<unknown, unknown>) => {
        if (exit._tag === "Failure") tell(Cause.pretty(exit.cause), exit.cause)
      },
      attribute: (key, value) => tell(key, value),
      event: (name, _, attributes) => tell(name, attributes),
      addLinks: () => {}
    }
  }
  const tracer = Tracer.make({
    span: (name, parent, context) => span(name, context, parent),
    context: (f) => f()
  })
  const logger = Logger.make(({ message, cause, annotations }) =>
    tell(message, Cause.pretty(cause), [...annotations])
  )
  const layer = Layer.mergeAll(
    Layer.setTracer(tracer),
    Logger.replace(Logger.defaultLogger, logger),
    Logger.minimumLogLevel(LogLevel.All)
  )
  return { seen, layer }
}

const everything = (base: string) =>
  Effect.gen(function* () {
    const veo = yield* VideoProvider
    const uri = `${base}/elsewhere/v.mp4?X-Signature=${canary}`
    const steps: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
      veo.submit(intent()),
      veo.poll(operation),
      Effect.scoped(veo.download(operation, { _tag: "Remote", uri }, fromTheStart)),
      Effect.scoped(veo.download(operation, { _tag: "Remote", uri: `${base}/v1beta/files/f` }, fromTheStart))
    ]
    return yield* Effect.forEach(steps, (step) =>
      Effect.flip(step).pipe(
        Effect.tap((error) => Effect.logError("failed", error)),
        Effect.withSpan("step")
      )
    )
  })

/** A server that repeats whatever it is told, keys included. */
const echo: Script = (request, socket) => {
  const message = `bad ${JSON.stringify(request.headers)} at ${request.path}`
  socket.write(json(500, { error: { message } }))
}

const nonsense = (text: string) => answer(200, text, { "content-type": "text/html" })

const servers: ReadonlyArray<readonly [string, Script]> = [
  ["repeats the request in its errors", echo],
  ["hangs up", (_, socket) => socket.resetAndDestroy()],
  ["answers nonsense", (request, socket) => socket.write(nonsense(request.headers["x-goog-api-key"] ?? ""))]
]

it.scopedLive.each([...servers])("O4 no key in errors, spans or logs when the server %s", ([_, script]) =>
  Effect.gen(function* () {
    const { seen, layer } = recorder()
    const server = yield* serve(script)
    const errors = yield* everything(server.base).pipe(
      Effect.provide(Layer.merge(veoLayer(options(server.base)), layer))
    )
    assert.strictEqual(errors.length, 4)
    assert.include(seen.join(), "mutoscope.http.submit")
    assert.include(seen.join(), "mutoscope.http.download")
    assert.notInclude(seen.join("\n"), canary)
    assert.notInclude(Inspectable.format(errors) + errors.map(String).join(), canary)
    for (const { headers } of server.requests) {
      assert.notProperty(headers, "traceparent")
      assert.notProperty(headers, "b3")
    }
  })
)

it("strip takes out keys, queries and base64", () => {
  const text = strip(`${canary} https://h.test/p?sig=1&x#y ${"A".repeat(300)}`, [Redacted.make(canary)])
  assert.strictEqual(text, "<redacted> https://h.test/p?<redacted> <base64>")
})
