/**
 * What each case plays on: a server, the provider, and a key that must never be seen anywhere else.
 */
import { GenerationId } from "@mutoscope/core/Generation"
import type { Operation } from "@mutoscope/core/Operation"
import { type Intent, VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Cause from "effect/Cause"
import * as Context from "effect/Context"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as HttpTransport from "../../HttpTransport.ts"
import * as Liar from "../liar.ts"
import { type Case, ContractBroken, type Purpose, type Subject } from "./subject.ts"

/** A key that is searched for where it must not be. */
export const canary = "CANARY-4f81d2-never-shown"

/** How the server behaves in one case: by purpose; what is not said is as the API would. */
export type Behaviour = Partial<
  Record<Purpose, (request: Liar.Received, base: string) => Liar.Reply | undefined>
>

/** What a case looks at. */
export interface Stage {
  readonly provider: Context.Tag.Service<VideoProvider>
  readonly subject: Subject
  readonly base: string
  /** All that the server was asked so far. */
  readonly received: () => ReadonlyArray<Liar.Received>
  readonly asked: (purpose: Purpose) => ReadonlyArray<Liar.Received>
  readonly operation: Effect.Effect<Operation, ContractBroken>
}

/** A case on a stage. */
export const play = (
  subject: Subject,
  name: string,
  behaviour: Behaviour,
  act: (stage: Stage) => Effect.Effect<void, ContractBroken, Scope.Scope>
): Case => ({
  name,
  run: Effect.scoped(
    Effect.gen(function* () {
      const address = { base: "" }
      const server = yield* Liar.make((request) => replyOf(subject, behaviour, request, address.base))
      address.base = server.base
      const layer = subject.layer({ baseUrl: server.base, apiKey: Redacted.make(canary) })
      const context = yield* Effect.mapError(
        Layer.build(Layer.provide(layer, HttpTransport.layer)),
        (error) => new ContractBroken({ rule: "it can be set up", found: String(error) })
      )
      const provider = Context.get(context, VideoProvider)
      const operation = Effect.mapError(
        provider.submit(intentOf(subject)),
        (error) => new ContractBroken({ rule: "a submit that is accepted succeeds", found: error.message })
      )
      yield* act({
        provider,
        subject,
        base: server.base,
        received: () => [...server.received],
        asked: (purpose) => server.received.filter((request) => subject.wire.purpose(request) === purpose),
        operation
      })
    })
  )
})

const replyOf = (
  { id, wire }: Subject,
  behaviour: Behaviour,
  request: Liar.Received,
  base: string
): Liar.Reply => {
  const purpose = wire.purpose(request)
  const told = behaviour[purpose]?.(request, base)
  if (told !== undefined) return told
  switch (purpose) {
    case "submit":
      return wire.accepted(id, base)
    case "poll":
      return wire.running(id)
    case "cancel":
      return wire.cancelling?.(id) ?? { status: 405 }
    case "download":
      return { status: 200, headers: { "content-type": "video/mp4" }, body: "video" }
    case "result":
      return wire.result?.(request) ?? { status: 404 }
    case "list":
      return wire.listed?.([]) ?? { status: 404 }
    case "other":
      return wire.other?.(request) ?? { status: 404 }
  }
}

/** An intent to make what the subject asks for: the first attempt of a generation, or another. */
export const intentOf = (
  { request }: Subject,
  { attempt = 1, id = "0123456789abcdef" }: { readonly attempt?: number; readonly id?: string } = {}
): Intent => ({
  id: GenerationId.make(id),
  attempt,
  provider: "",
  request,
  startedAt: DateTime.unsafeMake(0)
})

/** Holds a rule, or breaks the contract with what was found instead. */
export const must = (rule: string, holds: boolean, found: unknown): Effect.Effect<void, ContractBroken> =>
  holds ? Effect.void : Effect.fail(new ContractBroken({ rule, found: shown(found).slice(0, 2000) }))

/** What came of a call: the tag of its value or error, `defect` where it died. */
export const tagOf = <A, E extends { readonly _tag: string }>(exit: Exit.Exit<A, E>): string =>
  Exit.match(exit, {
    onSuccess: (value) => (isTagged(value) ? value._tag : String(value)),
    onFailure: (cause) =>
      Option.match(Cause.failureOption(cause), {
        onNone: () => "defect",
        onSome: ({ _tag }) => _tag
      })
  })

const isTagged = (value: unknown): value is { readonly _tag: string } =>
  typeof value === "object" && value !== null && "_tag" in value && typeof value._tag === "string"

/** Nothing that a person gets to see of a call holds the key. */
export const keepsSecret = (what: string, exit: Exit.Exit<unknown, unknown>) =>
  must(`${what} shows no key`, !shown(exit).includes(canary), "the key")

const shown = (value: unknown): string =>
  typeof value === "string" ? value : `${JSON.stringify(value)} ${String(value)}`

/** Whether the key went along, in any header or in the address. */
export const hasKey = ({ headers, path }: Liar.Received): boolean =>
  JSON.stringify(headers).includes(canary) || path.includes(canary)
