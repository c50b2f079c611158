/**
 * Webhooks that providers send when a job has come to its end, verified before they are believed to be theirs.
 *
 * A verified webhook is a hint that it is time to ask, and never an answer: what it says of the job is not even read. So
 * one that comes twice, too early, out of order or not at all changes nothing but when a job is asked about.
 *
 * @since 0.1.0
 */
import { createHash } from "node:crypto"
import * as HttpClient from "@effect/platform/HttpClient"
import { ProviderUnavailable } from "@mutoscope/core/GenerationError"
import * as ConfigError from "effect/ConfigError"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Either from "effect/Either"
import * as Encoding from "effect/Encoding"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { baseFault } from "./internal/address.ts"
import { toLine } from "./internal/clientLine.ts"
import { isFresh, isSigned, mostTried } from "./internal/signatures.ts"
import * as SigningKeys from "./internal/signingKeys.ts"

/** A webhook as it arrives. The names of headers are lower-case, as HTTP servers of Node have them. */
export interface Delivery<E = unknown> {
  readonly headers: Readonly<Record<string, string | undefined>>
  /** The body's own bytes: not text that was decoded, not JSON that was written anew. */
  readonly body: Stream.Stream<Uint8Array, E>
}

/** That a job may have come to its end: whoever has a record of it asks its provider. */
export const Hint = Schema.Struct({
  provider: Schema.NonEmptyString,
  operationId: Schema.NonEmptyString.pipe(Schema.maxLength(1024))
})
export type Hint = typeof Hint.Type

/**
 * It is not from the provider, or cannot be taken. `status` is what to answer: 401 for what is not signed as it must be, 413
 * for what is too long, 408 for what did not arrive.
 */
export class WebhookRefused extends Schema.TaggedError<WebhookRefused>()("WebhookRefused", {
  provider: Schema.String,
  status: Schema.Literal(401, 408, 413),
  reason: Schema.String
}) {
  override get message() {
    return `A webhook that says it is from ${this.provider} is refused: ${this.reason}`
  }
}

/**
 * Verifies a webhook of one provider. None where it is the provider's own and about no job; answer both with a 200, at
 * once, and ask afterwards. `ProviderUnavailable` says that the keys to verify it with could not be had: answer with a 503,
 * and it comes again.
 */
export type Verify = <E>(
  delivery: Delivery<E>
) => Effect.Effect<Option.Option<Hint>, WebhookRefused | ProviderUnavailable>

/** The account's name in operations, and the secrets that its webhooks may be signed with: two while one is changed. */
export interface Options {
  readonly provider?: string
  readonly secrets: ReadonlyArray<Redacted.Redacted>
}

/**
 * OpenRouter's: the secret is that of the workspace. Only where it has one are webhooks signed, and others are refused.
 */
export const openRouter = ({ provider = "openrouter", secrets }: Options) =>
  Effect.map(
    keysOf(provider, secrets, plainly),
    (keys): Verify =>
      verifier(provider, {
        signedBy: ({ header }, body) => {
          const parts = header("x-openrouter-signature").split(",")
          const [time = "", ...more] = valuesOf(parts, "t")
          const signatures = valuesOf(parts, "v1").slice(0, mostTried).map(fromHex)
          return Effect.map(
            isFresh(time),
            (isFresh) => isFresh && more.length === 0 && isSigned([`${time},`, body], keys, signatures)
          )
        },
        jobOf: (body) => Option.map(decodeEvent(body), ({ data }) => data.id)
      })
  )

/** Replicate's: the secret begins with `whsec_`, and is told at `/v1/webhooks/default/secret`. */
export const replicate = ({ provider = "replicate", secrets }: Options) =>
  standard({ provider, secrets, job: (body) => Option.map(decodePrediction(body), ({ id }) => id) })

/**
 * The Gemini API's, as they are registered for a project. Those that a single request asks for carry a token of another
 * kind, and are refused.
 */
export const gemini = ({ provider = "gemini", secrets }: Options) =>
  standard({
    provider,
    secrets,
    job: (body) =>
      decodeEvent(body).pipe(
        Option.filter(({ type = "" }) => /^(interaction|video)\./.test(type)),
        Option.map(({ data }) => data.id)
      )
  })

/** Those of any provider that keeps to Standard Webhooks (`webhook-id`, `-timestamp`, `-signature`). `job` finds the job's id. */
export const standard = (
  options: Required<Options> & { readonly job: (body: string) => Option.Option<string> }
): Effect.Effect<Verify, ConfigError.ConfigError> =>
  Effect.map(keysOf(options.provider, options.secrets, fromStandardSecret), (keys) =>
    verifier(options.provider, {
      signedBy: ({ header }, body) => {
        const [id, time] = [header("webhook-id"), header("webhook-timestamp")]
        const signatures = header("webhook-signature")
          .split(" ")
          .flatMap((signature) => valuesOf([signature], "v1", ","))
          .slice(0, mostTried)
          .map(fromBase64)
        return Effect.map(
          isFresh(time),
          (isFresh) => isFresh && id !== "" && isSigned([`${id}.${time}.`, body], keys, signatures)
        )
      },
      jobOf: options.job
    })
  )

/** fal's, which are signed with keys that fal publishes at `keysUrl`. They are believed for a day. */
export const fal = ({
  keysUrl = "https://rest.fal.ai/.well-known/jwks.json",
  provider = "fal"
}: {
  readonly provider?: string
  readonly keysUrl?: string
} = {}): Effect.Effect<Verify, ConfigError.ConfigError, HttpClient.HttpClient> =>
  Effect.gen(function* () {
    const fault = addressFault(keysUrl)
    if (fault !== undefined) return yield* Effect.fail(ConfigError.InvalidData(["keysUrl"], fault))
    const signed = yield* SigningKeys.make(toLine(yield* HttpClient.HttpClient), provider, new URL(keysUrl))
    return verifier(provider, {
      signedBy: ({ header }, body) =>
        Effect.gen(function* () {
          const time = header("x-fal-webhook-timestamp")
          const signature = fromHex(header("x-fal-webhook-signature"))
          const of = ["x-fal-webhook-request-id", "x-fal-webhook-user-id"].map(header)
          if (!(yield* isFresh(time)) || signature.length !== 64 || of.includes("")) return false
          const message = [...of, time, createHash("sha256").update(body).digest("hex")].join("\n")
          return yield* Effect.mapError(
            signed(Buffer.from(message), signature),
            ({ message: reason }) => new ProviderUnavailable({ provider, reason })
          )
        }),
      jobOf: (body) => Option.map(decodeResult(body), ({ request_id }) => request_id)
    })
  })

// --- what they have in common ----------------------------------------------------------------------------------------

/** The longest body, in bytes; and how long one may take to arrive. */
const longest = 1024 * 1024
const patience: Duration.DurationInput = "10 seconds"

interface Headers {
  /** What a header says; nothing where it is missing. */
  readonly header: (name: string) => string
}

interface Manner {
  readonly signedBy: (headers: Headers, body: Uint8Array) => Effect.Effect<boolean, ProviderUnavailable>
  readonly jobOf: (body: string) => Option.Option<string>
}

const verifier =
  (provider: string, { jobOf, signedBy }: Manner): Verify =>
  (delivery) =>
    Effect.gen(function* () {
      const headers: Headers = { header: (name) => delivery.headers[name] ?? "" }
      const body = yield* received(provider, delivery)
      if (!(yield* signedBy(headers, body)))
        return yield* refused(provider, 401, "it is not signed by the provider, or not lately")
      return jobOf(new TextDecoder().decode(body)).pipe(
        Option.map((id) => ({ provider, operationId: id })),
        Option.filter(Schema.is(Hint))
      )
    })

const refused = (provider: string, status: WebhookRefused["status"], reason: string) =>
  new WebhookRefused({ provider, status, reason })

/** Nothing is computed of a body before all of it is here. */
const received = <E>(
  provider: string,
  { body, headers }: Delivery<E>
): Effect.Effect<Uint8Array, WebhookRefused> => {
  const tooLong = refused(provider, 413, `it is longer than ${longest} bytes`)
  if (Number(headers["content-length"] ?? 0) > longest) return Effect.fail(tooLong)
  return Effect.suspend(() => {
    const parts: Array<Uint8Array> = []
    let length = 0
    return body.pipe(
      Stream.mapError(() => refused(provider, 408, "it broke off")),
      Stream.runForEach((part) => {
        length += part.length
        parts.push(part)
        return length > longest ? Effect.fail(tooLong) : Effect.void
      }),
      Effect.map(() => Buffer.concat(parts)),
      Effect.timeoutFail({
        duration: patience,
        onTimeout: () => refused(provider, 408, "it did not arrive in time")
      })
    )
  })
}

const addressFault = (address: string): string | undefined =>
  baseFault(URL.canParse(address) ? new URL(address).origin : address)

/** The secrets as bytes. None at all would let nothing through, and an empty one everything. */
const keysOf = (
  provider: string,
  secrets: ReadonlyArray<Redacted.Redacted>,
  decode: (secret: string) => Uint8Array
): Effect.Effect<ReadonlyArray<Uint8Array>, ConfigError.ConfigError> => {
  const keys = secrets.map((secret) => decode(Redacted.value(secret)))
  return keys.length > 0 && keys.every((key) => key.length > 0)
    ? Effect.succeed(keys)
    : Effect.fail(ConfigError.InvalidData([provider], "a secret for its webhooks is missing, or is none"))
}

const plainly = (secret: string): Uint8Array => Buffer.from(secret)

const fromStandardSecret = (secret: string): Uint8Array => fromBase64(secret.replace(/^whsec_/, ""))

const fromBase64 = (text: string): Uint8Array =>
  Either.getOrElse(Encoding.decodeBase64(text), () => new Uint8Array())

const fromHex = (text: string): Uint8Array =>
  Either.getOrElse(Encoding.decodeHex(text), () => new Uint8Array())

/** The values of a name in a list of `name=value`. */
const valuesOf = (parts: ReadonlyArray<string>, name: string, separator = "="): ReadonlyArray<string> =>
  parts
    .map((part) => part.trim())
    .filter((part) => part.startsWith(name + separator))
    .map((part) => part.slice(name.length + separator.length))

// --- what they are about ---------------------------------------------------------------------------------------------

const decodeEvent = Schema.decodeOption(
  Schema.parseJson(
    Schema.Struct({ type: Schema.optional(Schema.String), data: Schema.Struct({ id: Schema.String }) })
  )
)
const decodePrediction = Schema.decodeOption(Schema.parseJson(Schema.Struct({ id: Schema.String })))
const decodeResult = Schema.decodeOption(Schema.parseJson(Schema.Struct({ request_id: Schema.String })))
