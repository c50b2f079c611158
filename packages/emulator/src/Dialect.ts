/**
 * A dialect: one vendor's way to say what all of them do. Everything else of the emulator is shared: taking a job
 * (`internal/submission.ts`), finding it (`internal/jobs.ts`), handing out its video (`internal/delivery.ts`).
 *
 * @since 0.1.0
 */
import type * as FileSystem from "@effect/platform/FileSystem"
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as HttpServerRequest from "@effect/platform/HttpServerRequest"
import type * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { Emulation } from "./Emulation.ts"
import type { ScenarioName } from "./Faults.ts"
import * as Key from "./internal/key.ts"
import type { Refusal, Refuse } from "./internal/refusal.ts"

/** Answers one request, or refuses it in the dialect's words. */
export type Handler = Effect.Effect<
  HttpServerResponse.HttpServerResponse,
  Refusal,
  HttpRouter.HttpRouter.Provided | FileSystem.FileSystem
>

export type Routes = HttpRouter.HttpRouter<never, FileSystem.FileSystem>

/**
 * - `name`: what its jobs are listed under. A form of it may add to that: `veo-vertex` is one of `veo`.
 * - `title`: whose wire it is, for people.
 * - `prefix`: where its routes are mounted, which makes it the base URL of its clients.
 * - `keys`: where its clients put their key, the first place first. Servers without keys have them behind a proxy that
 *   asks for a bearer, and are asked for one here.
 * - `scenarioField`: the field of a submit that may hold a scenario.
 * - `lacks`: the scenarios that cannot happen on this wire, and why.
 * - `refuse`: how it says no.
 * - `routes`: what it answers to, below `prefix`. They need Node's HTTP server: scenarios reach for the connection.
 */
export interface Dialect {
  readonly name: string
  readonly title: string
  readonly prefix: "" | `/${string}`
  readonly keys: ReadonlyArray<Key.Place>
  readonly scenarioField: string
  readonly lacks: { readonly [Name in ScenarioName]?: string }
  readonly refuse: Refuse
  readonly routes: (wire: Wire) => Routes
}

/** A dialect at work, with what all of them share behind it. */
export interface Wire extends Emulation {
  readonly dialect: Dialect
}

/** Checks the key first, and says no in the dialect's words. */
export const answering = (wire: Wire) => (handler: Handler) =>
  HttpServerRequest.HttpServerRequest.pipe(
    Effect.filterOrFail(
      (request) => Key.isGiven(request, wire.dialect.keys, wire.apiKey),
      () => wire.dialect.refuse({ why: "unauthorized" })
    ),
    Effect.zipRight(handler),
    answeringAll
  )

/** As `answering`, for what a vendor shows to anybody: a video behind an address that cannot be guessed, a catalogue. */
export const answeringAll = <R>(
  handler: Effect.Effect<HttpServerResponse.HttpServerResponse, Refusal, R>
): Effect.Effect<HttpServerResponse.HttpServerResponse, never, R> =>
  Effect.catchTag(handler, "Refusal", ({ response }) => Effect.succeed(response))

/** Every route of the dialects, each below its prefix, where unknown addresses are its own too. */
export const mountAll = (dialects: ReadonlyArray<Dialect>, emulation: Emulation): Routes =>
  dialects.reduce<Routes>((router, dialect) => {
    const routes = dialect.routes({ ...emulation, dialect })
    return dialect.prefix === ""
      ? HttpRouter.concat(router, routes)
      : HttpRouter.mount(router, dialect.prefix, routes.pipe(otherwise(dialect)))
  }, HttpRouter.empty)

const otherwise = (dialect: Dialect) => (routes: Routes) =>
  (["/", "/*"] as const).reduce<Routes>(
    (router, path) => HttpRouter.all(router, path, Effect.succeed(unknownAddress(dialect))),
    routes
  )

/** What a dialect says of an address that it does not know. */
export const unknownAddress = (dialect: Dialect): HttpServerResponse.HttpServerResponse =>
  dialect.refuse({ why: "not-found", what: "This address" }).response

/** The address under which the client reached this dialect, without a slash at the end. */
export const baseUrl = (wire: Wire, request: HttpServerRequest.HttpServerRequest): string => {
  const mountedAt = request.originalUrl.slice(0, request.originalUrl.length - request.url.length)
  return wire.publicUrl === undefined
    ? `http://${request.headers["host"] ?? "localhost"}${mountedAt}`
    : `${wire.publicUrl}${wire.dialect.prefix}`
}
