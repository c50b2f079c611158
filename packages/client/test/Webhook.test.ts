import { createHash, createHmac, generateKeyPairSync, type KeyObject, sign } from "node:crypto"
import { assert, describe, it } from "@effect/vitest"
import type { ProviderUnavailable } from "@mutoscope/core/GenerationError"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schedule from "effect/Schedule"
import * as Stream from "effect/Stream"
import * as TestClock from "effect/TestClock"
import * as StandardWebhooks from "standardwebhooks"
import * as HttpTransport from "../src/HttpTransport.ts"
import * as JobApi from "../src/JobApi.ts"
import * as OpenRouter from "../src/OpenRouter.ts"
import * as Webhook from "../src/Webhook.ts"
import { json, serve } from "./scripted.ts"

// --- how each of them signs ------------------------------------------------------------------------------------------

interface Message {
  readonly body: string | Uint8Array
  readonly time: string
  readonly secret: string
}

interface Signer {
  readonly name: string
  readonly verify: (secrets: ReadonlyArray<string>) => Effect.Effect<Webhook.Verify, unknown>
  readonly headers: (message: Message) => Record<string, string>
  /** The header with so many signatures, of which the last is good. */
  readonly crowded: (message: Message, count: number) => Record<string, string>
  readonly body: string
  readonly secrets: readonly [string, string]
}

const now = 1_764_000_000
const job = "gen-vid-1"
const redacted = (secrets: ReadonlyArray<string>) => secrets.map((secret) => Redacted.make(secret))

const openRouterSignature = ({ body, secret, time }: Message) =>
  createHmac("sha256", secret).update(`${time},`).update(body).digest("hex")

const openRouter: Signer = {
  name: "OpenRouter",
  verify: (secrets) => Webhook.openRouter({ secrets: redacted(secrets) }),
  headers: (message) => ({
    "x-openrouter-signature": `t=${message.time},v1=${openRouterSignature(message)}`
  }),
  crowded: (message, count) => ({
    "x-openrouter-signature": [
      `t=${message.time}`,
      ...Array.from({ length: count - 1 }, () => `v1=${"0".repeat(64)}`),
      `v1=${openRouterSignature(message)}`
    ].join(",")
  }),
  body: `{ "type": "video.generation.completed", "data": {"id":"${job}", "status": "completed"} }`,
  secrets: ["workspace secret", "its successor"]
}

const standardSignature = ({ body, secret, time }: Message) =>
  createHmac("sha256", Buffer.from(secret.replace("whsec_", ""), "base64"))
    .update(`msg_1.${time}.`)
    .update(body)
    .digest("base64")

const replicate: Signer = {
  name: "Standard Webhooks",
  verify: (secrets) => Webhook.replicate({ secrets: redacted(secrets) }),
  headers: (message) => ({
    "webhook-id": "msg_1",
    "webhook-timestamp": message.time,
    "webhook-signature": `v1,${standardSignature(message)}`
  }),
  crowded: (message, count) => ({
    "webhook-id": "msg_1",
    "webhook-timestamp": message.time,
    "webhook-signature": [
      ...Array.from({ length: count - 1 }, () => `v1,${Buffer.alloc(32).toString("base64")}`),
      `v1,${standardSignature(message)}`
    ].join(" ")
  }),
  body: `{ "id": "${job}",  "status": "succeeded", "output": "https://replicate.delivery/x.mp4" }`,
  secrets: [
    `whsec_${Buffer.from("the first secret").toString("base64")}`,
    `whsec_${Buffer.from("the second one").toString("base64")}`
  ]
}

const signers = [openRouter, replicate]

const delivery = (
  headers: Webhook.Delivery["headers"],
  body: string | Uint8Array
): Webhook.Delivery<never> => ({
  headers,
  body: Stream.make(Buffer.from(body))
})

/** What comes of a webhook, at the time `now`. */
const outcome = (verify: Webhook.Verify, given: Webhook.Delivery) =>
  Effect.zipRight(
    TestClock.setTime(now * 1000),
    Effect.match(verify(given), {
      onFailure: (error: Webhook.WebhookRefused | ProviderUnavailable) =>
        error._tag === "WebhookRefused" ? error.status : error._tag,
      onSuccess: Option.match({ onNone: () => "nothing" as const, onSome: ({ operationId }) => operationId })
    })
  )

const time = String(now)

describe.each(signers)("a webhook of $name", (signer) => {
  const [first, second] = signer.secrets
  const good = { body: signer.body, time, secret: first }

  it.effect("leads to the job that it is about", () =>
    Effect.gen(function* () {
      const verify = yield* signer.verify([first])
      assert.strictEqual(yield* outcome(verify, delivery(signer.headers(good), signer.body)), job)
    })
  )

  it.effect(
    "H01 is refused with a bad signature, half of one, another key's, another version's, or none",
    () =>
      Effect.gen(function* () {
        const verify = yield* signer.verify([first])
        const headers = signer.headers(good)
        const altered = (change: (header: string) => string) =>
          Object.fromEntries(
            Object.entries(headers).map(([name, value]) => [
              name,
              name.endsWith("signature") ? change(value) : value
            ])
          )
        for (const wrong of [
          altered((header) => header.replace(/.{8}$/, "AAAAAAA=")),
          altered((header) => header.slice(0, -10)),
          altered((header) => header.replace("v1", "v1a")),
          altered(() => ""),
          altered(() => "v1,"),
          altered((header) => `${header}, t=${now}`.replace("v1", "v2")),
          {},
          signer.headers({ ...good, secret: second })
        ])
          assert.strictEqual(yield* outcome(verify, delivery(wrong, signer.body)), 401)
      })
  )

  it.effect("H01 may have eight signatures; of a hundred the rest is not looked at", () =>
    Effect.gen(function* () {
      const verify = yield* signer.verify([first])
      const with_ = (count: number) => outcome(verify, delivery(signer.crowded(good, count), signer.body))
      assert.strictEqual(yield* with_(8), job)
      assert.strictEqual(yield* with_(9), 401)
      assert.strictEqual(yield* with_(100), 401)
    })
  )

  it.effect("H02 is refused five minutes too early or too late, and at a time that is none", () =>
    Effect.gen(function* () {
      const verify = yield* signer.verify([first])
      const at = (time: string) => outcome(verify, delivery(signer.headers({ ...good, time }), signer.body))
      assert.strictEqual(yield* at(String(now - 300)), job)
      assert.strictEqual(yield* at(String(now + 300)), job)
      for (const wrong of [
        String(now - 301),
        String(now + 301),
        `${now}.0`,
        `${now}abc`,
        `+${now}`,
        `0x${now.toString(16)}`,
        "NaN",
        "",
        "9".repeat(400)
      ])
        assert.strictEqual(yield* at(wrong), 401, wrong)
    })
  )

  it.effect(
    "H03 that comes again is the same hint, and none once its time is over, also for a new process",
    () =>
      Effect.gen(function* () {
        const before = yield* signer.verify([first])
        const after = yield* signer.verify([first])
        const given = delivery(signer.headers(good), signer.body)
        assert.strictEqual(yield* outcome(before, given), job)
        assert.strictEqual(yield* outcome(before, given), job)
        assert.strictEqual(yield* outcome(after, given), job)
        yield* TestClock.setTime((now + 301) * 1000)
        assert.strictEqual((yield* Effect.flip(after(given)))._tag, "WebhookRefused")
      })
  )

  it.effect(
    "H04 is signed byte by byte: what was written anew is refused, and no byte is lost on the way",
    () =>
      Effect.gen(function* () {
        const verify = yield* signer.verify([first])
        const headers = signer.headers(good)
        const anew = JSON.stringify(JSON.parse(signer.body))
        assert.strictEqual(yield* outcome(verify, delivery(headers, anew)), 401)
        assert.strictEqual(yield* outcome(verify, delivery(headers, `\uFEFF${signer.body}`)), 401)
        const latin = Buffer.from(signer.body.replace("}", ', "x": "\u00e9"}'), "latin1")
        const marked = Buffer.from(`\uFEFF${signer.body}`)
        for (const body of [latin, marked])
          assert.strictEqual(
            yield* outcome(verify, delivery(signer.headers({ ...good, body }), body)),
            job,
            body.toString("latin1")
          )
      })
  )

  it.effect("H06 about no job is nothing, whoever signed it", () =>
    Effect.gen(function* () {
      const verify = yield* signer.verify([first])
      for (const body of ["", "[]", "null", "no JSON", '{"data":{}}', '{"id":7,"data":{"id":""}}'])
        assert.strictEqual(
          yield* outcome(verify, delivery(signer.headers({ ...good, body }), body)),
          "nothing"
        )
    })
  )

  it.effect("H08 is verified with either secret while one is changed", () =>
    Effect.gen(function* () {
      const both = yield* signer.verify([second, first])
      const old = yield* signer.verify([first])
      const given = delivery(signer.headers(good), signer.body)
      assert.strictEqual(yield* outcome(both, given), job)
      assert.strictEqual(yield* outcome(old, given), job)
      // A sender that signs with both.
      const [name] = Object.entries(given.headers).find(([name]) => name.endsWith("signature")) ?? [""]
      const by = (secret: string) => signer.headers({ ...good, secret })[name] ?? ""
      const signatures = [by(second), by(first).replace(`t=${time},`, "")]
      const headers = { ...given.headers, [name]: signatures.join(name.startsWith("x-") ? "," : " ") }
      assert.strictEqual(yield* outcome(old, delivery(headers, signer.body)), job)
    })
  )

  it.effect("is never verified without a secret, or with an empty one", () =>
    Effect.gen(function* () {
      for (const secrets of [[], [""], [first, ""]])
        assert.include(String(yield* Effect.flip(signer.verify(secrets))), "secret")
    })
  )
})

describe("a webhook", () => {
  const [secret] = replicate.secrets
  const verifier = replicate.verify([secret])
  const headers = replicate.headers({ body: replicate.body, time, secret })
  const mebibyte = 1024 * 1024

  it.effect("H05 of ten megabytes is refused, by what it says of itself or by what comes", () =>
    Effect.gen(function* () {
      const verify = yield* verifier
      const announced = {
        headers: { ...headers, "content-length": String(10 * mebibyte) },
        body: Stream.never
      }
      assert.strictEqual(yield* outcome(verify, announced), 413)
      let sent = 0
      const endless = Stream.repeatValue(Buffer.alloc(64 * 1024)).pipe(
        Stream.tap(() => Effect.sync(() => sent++))
      )
      assert.strictEqual(yield* outcome(verify, { headers, body: endless }), 413)
      assert.isAtMost(sent, 64)
    })
  )

  it.effect("H05 that comes byte by byte is refused in the end, and one that breaks off at once", () =>
    Effect.gen(function* () {
      const verify = yield* verifier
      const slow = Stream.repeatValue(Buffer.of(0x20)).pipe(Stream.schedule(Schedule.spaced("1 second")))
      const waiting = yield* Effect.fork(outcome(verify, { headers, body: slow }))
      yield* TestClock.adjust("1 second")
      yield* TestClock.adjust("10 seconds")
      assert.strictEqual(yield* Fiber.join(waiting), 408)
      assert.strictEqual(yield* outcome(verify, { headers, body: Stream.fail("reset") }), 408)
    })
  )

  it.effect("is what the reference implementation takes it for, wherever that is as strict", () =>
    Effect.gen(function* () {
      const verify = yield* verifier
      const reference = new StandardWebhooks.Webhook(secret)
      const lately = Math.floor(Date.now() / 1000)
      yield* TestClock.setTime(lately * 1000)
      for (const body of [replicate.body, '{"id":"\u{1F39E}\u00e9"}', "{}"]) {
        const signature = reference.sign("msg_2", new Date(lately * 1000), body)
        for (const [id, at, signed] of [
          ["msg_2", lately, signature],
          ["msg_3", lately, signature],
          ["msg_2", lately - 200, signature],
          ["msg_2", lately - 400, signature],
          ["msg_2", lately, `v2,x ${signature}`],
          ["msg_2", lately, signature.replace("v1,", "v1,A")]
        ] as const) {
          const headers = { "webhook-id": id, "webhook-timestamp": String(at), "webhook-signature": signed }
          const ours = yield* Effect.isSuccess(verify(delivery(headers, body)))
          const theirs = yield* Effect.isSuccess(
            Effect.try(() => reference.verify(body, headers, { jsonParse: false }))
          )
          assert.strictEqual(ours, theirs, JSON.stringify(headers))
        }
      }
    })
  )

  it.effect("of Gemini is about an interaction or a video, not about a batch", () =>
    Effect.gen(function* () {
      const verify = yield* Webhook.gemini({ secrets: redacted([secret]) })
      const of = (type: string) => {
        const body = JSON.stringify({ type, version: "v1", data: { id: job, output_file_uri: "gs://b/x" } })
        return outcome(verify, delivery(replicate.headers({ body, time, secret }), body))
      }
      assert.strictEqual(yield* of("interaction.completed"), job)
      assert.strictEqual(yield* of("video.generated"), job)
      assert.strictEqual(yield* of("batch.succeeded"), "nothing")
    })
  )

  it.effect("carries the name of the account, and no secret into errors", () =>
    Effect.gen(function* () {
      const verify = yield* Webhook.replicate({ provider: "work", secrets: redacted([secret]) })
      yield* TestClock.setTime(now * 1000)
      assert.deepStrictEqual(
        yield* verify(delivery(headers, replicate.body)),
        Option.some({ provider: "work", operationId: job })
      )
      const refused = yield* Effect.flip(verify(delivery({ ...headers, "webhook-id": "x" }, replicate.body)))
      assert.notInclude(JSON.stringify(refused), secret.slice(6))
    })
  )

  it.scopedLive("H06 that says that a job is done leads to a question, and the answer is what counts", () =>
    Effect.gen(function* () {
      const server = yield* serve((request, socket) =>
        socket.write(
          request.path.endsWith(job)
            ? json(200, { id: job, status: "in_progress" })
            : json(404, { error: { code: 404, message: "no such job" } })
        )
      )
      const provider = yield* JobApi.layer(
        OpenRouter.api("openrouter", { apiKey: Redacted.make("key"), baseUrl: `${server.base}/api/v1` })
      ).pipe(Layer.provide(HttpTransport.layer), Layer.build, Effect.map(Context.get(VideoProvider)))
      const [secret] = openRouter.secrets
      const verify = yield* openRouter.verify([secret])
      const hinted = (id: string) => {
        const body = openRouter.body.replace(job, id)
        const time = String(Math.floor(Date.now() / 1000))
        return Effect.flatMap(
          verify(delivery(openRouter.headers({ body, time, secret }), body)),
          (hint) => hint
        )
      }
      const asked = (hint: Webhook.Hint) =>
        provider.poll({ provider: hint.provider, id: hint.operationId, model: "google/veo-3.1" })
      assert.deepStrictEqual(yield* Effect.flatMap(hinted(job), asked), { _tag: "Running" })
      const foreign = yield* Effect.flip(Effect.flatMap(hinted("gen-vid-foreign"), asked))
      assert.strictEqual(foreign._tag, "OperationNotFound")
    })
  )
})

describe("a webhook of fal", () => {
  const pair = () => generateKeyPairSync("ed25519")
  const published = (...keys: ReadonlyArray<KeyObject>) =>
    json(200, {
      keys: [
        { kty: "RSA", n: "x", e: "AQAB" },
        { kty: "OKP", crv: "Ed25519", x: "too short" },
        ...keys.map((key) => ({ ...key.export({ format: "jwk" }), kid: "k" }))
      ]
    })

  const body = `{ "request_id": "${job}", "gateway_request_id": "g-1",  "status": "OK", "payload": {} }`

  const signed = (key: KeyObject, at: number = now, of: string | Uint8Array = body) => {
    const message = ["g-1", "user-1", String(at), createHash("sha256").update(of).digest("hex")].join("\n")
    return {
      "x-fal-webhook-request-id": "g-1",
      "x-fal-webhook-user-id": "user-1",
      "x-fal-webhook-timestamp": String(at),
      "x-fal-webhook-signature": sign(null, Buffer.from(message), key).toString("hex")
    }
  }

  /** fal with the keys that it publishes now. */
  const fal = (keys: () => Buffer) =>
    Effect.gen(function* () {
      const server = yield* serve((_, socket) => socket.write(keys()))
      const verify = yield* Effect.provide(
        Webhook.fal({ keysUrl: `${server.base}/.well-known/jwks.json` }),
        yield* Layer.build(HttpTransport.layer)
      )
      return { verify, asked: () => server.requests }
    })

  const at = (verify: Webhook.Verify, seconds: number, given: Webhook.Delivery) =>
    Effect.zipRight(
      TestClock.setTime(seconds * 1000),
      Effect.match(verify(given), {
        onFailure: ({ _tag }) => _tag,
        onSuccess: Option.match({ onNone: () => "nothing", onSome: ({ operationId }) => operationId })
      })
    )

  it.scoped(
    "leads to the job that it is about, by keys that are fetched once a day and without any of ours",
    () =>
      Effect.gen(function* () {
        const key = pair()
        const { asked, verify } = yield* fal(() => published(pair().publicKey, key.publicKey))
        const given = (at: number) => delivery(signed(key.privateKey, at), body)
        assert.strictEqual(yield* at(verify, now, given(now)), job)
        assert.strictEqual(yield* at(verify, now + 60, given(now)), job)
        const almost = now + 24 * 3600 - 1
        assert.strictEqual(yield* at(verify, almost, given(almost)), job)
        assert.strictEqual(asked().length, 1)
        assert.strictEqual(asked()[0]?.path, "/.well-known/jwks.json")
        assert.notProperty(asked()[0]?.headers, "authorization")
        assert.strictEqual(yield* at(verify, almost + 1, given(almost)), job)
        assert.strictEqual(asked().length, 2)
      })
  )

  it.scoped("H01 H02 H04 is refused when it is changed, old, unsigned or somebody else's", () =>
    Effect.gen(function* () {
      const key = pair()
      const { verify } = yield* fal(() => published(key.publicKey))
      const good = signed(key.privateKey)
      for (const [headers, of] of [
        [good, JSON.stringify(JSON.parse(body))],
        [signed(pair().privateKey), body],
        [signed(key.privateKey, now - 301), body],
        [signed(key.privateKey, now + 301), body],
        [{ ...good, "x-fal-webhook-timestamp": `${now}abc` }, body],
        [{ ...good, "x-fal-webhook-user-id": "" }, body],
        [{ ...good, "x-fal-webhook-user-id": "user-2" }, body],
        [{ ...good, "x-fal-webhook-signature": "zz" }, body],
        [{ ...good, "x-fal-webhook-signature": good["x-fal-webhook-signature"].slice(2) }, body],
        [{}, body]
      ] as const)
        assert.strictEqual(yield* at(verify, now, delivery(headers, of)), "WebhookRefused")
    })
  )

  it.scoped("H08 is verified with a key that is new, but strangers don't make us ask all the time", () =>
    Effect.gen(function* () {
      const [old, next] = [pair(), pair()]
      let keys = published(old.publicKey)
      const { asked, verify } = yield* fal(() => keys)
      assert.strictEqual(yield* at(verify, now, delivery(signed(old.privateKey), body)), job)
      keys = published(next.publicKey)
      const given = delivery(signed(next.privateKey), body)
      assert.strictEqual(yield* at(verify, now + 60, given), "WebhookRefused")
      assert.strictEqual(asked().length, 1)
      assert.strictEqual(yield* at(verify, now + 300, given), job)
      for (let n = 0; n < 20; n++) yield* at(verify, now + 300, delivery(signed(pair().privateKey), body))
      assert.strictEqual(asked().length, 2)
    })
  )

  it.scoped("is to come again where the keys cannot be had", () =>
    Effect.gen(function* () {
      const key = pair()
      let keys = json(503, {})
      const { verify } = yield* fal(() => keys)
      const given = delivery(signed(key.privateKey), body)
      assert.strictEqual(yield* at(verify, now, given), "ProviderUnavailable")
      keys = json(200, { keys: [] })
      assert.strictEqual(yield* at(verify, now, given), "ProviderUnavailable")
      keys = published(key.publicKey)
      assert.strictEqual(yield* at(verify, now, given), job)
    })
  )

  it.effect("has its keys from nowhere without encryption", () =>
    Effect.gen(function* () {
      for (const keysUrl of ["http://rest.fal.ai/keys", "no address"]) {
        const refused = Webhook.fal({ keysUrl }).pipe(Effect.provide(HttpTransport.layer), Effect.flip)
        assert.include(String(yield* refused), "keysUrl")
      }
    })
  )
})
