/**
 * A text-to-video API on this machine, in the dialects of several vendors, that really renders.
 *
 * @since 0.1.0
 */
import { createServer, type Server } from "node:http"
import type { Socket } from "node:net"
import { tmpdir } from "node:os"
import type * as PlatformError from "@effect/platform/Error"
import * as FileSystem from "@effect/platform/FileSystem"
import * as HttpMiddleware from "@effect/platform/HttpMiddleware"
import type * as HttpRouter from "@effect/platform/HttpRouter"
import * as Path from "@effect/platform/Path"
import * as NodeContext from "@effect/platform-node/NodeContext"
import * as NodeHttpServer from "@effect/platform-node/NodeHttpServer"
import * as Context from "effect/Context"
import * as Data from "effect/Data"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type * as Scope from "effect/Scope"
import * as Dialect from "./Dialect.ts"
import * as Dialects from "./Dialects.ts"
import type { Emulation } from "./Emulation.ts"
import * as Faults from "./Faults.ts"
import { onlyFor } from "./internal/access.ts"
import * as Ledger from "./Ledger.ts"
import * as Operations from "./Operations.ts"
import * as VideoRenderer from "./VideoRenderer.ts"

/** How an emulator works, wherever it is mounted. */
export interface Options {
  /** The folder for jobs and videos; what is unfinished in it is finished. */
  readonly directory: string
  /** The key or token that clients must send. Without one, any will do, and none. */
  readonly apiKey?: Redacted.Redacted
  /** Renders at a time, 1 unless told; other jobs wait in order. */
  readonly concurrency?: number
  /** How long a finished video can be fetched, 48 hours unless told. */
  readonly retention?: Duration.DurationInput
  /** Chooses what goes wrong; requests can choose for themselves, see {@link Faults.scenarios}. */
  readonly faults?: Faults.Choose
  /** A file to which every accepted job is appended, as a line of JSON. */
  readonly ledger?: string
  /** The address in the answers, where clients reach the emulator by another than the one they send as Host. */
  readonly publicUrl?: string
}

/** Where an emulator listens. */
export interface ServerOptions extends Options {
  /** 0, any free port, unless told. */
  readonly port?: number
  /** 127.0.0.1 unless told. For any but a loopback address, `apiKey` and `allowedHosts` must be given. */
  readonly host?: string
  /** More values of the Host header to answer to, like `render.example:8080`. */
  readonly allowedHosts?: ReadonlyArray<string>
}

/** The emulator could not start; `reason` says why. */
export class EmulatorFailed extends Data.TaggedError("EmulatorFailed")<{
  readonly reason: string
  readonly cause?: unknown
}> {
  override get message() {
    return `The emulator cannot start: ${this.reason}`
  }
}

/**
 * A running emulator: `url` is where it answers (without a slash at the end), `urlOf` the base URL to give a client of
 * that dialect, `accepted` all that it accepted since it started.
 */
export class Emulator extends Context.Tag("@mutoscope/emulator/Emulator")<
  Emulator,
  {
    readonly url: string
    readonly port: number
    readonly urlOf: (dialect: Dialects.DialectName) => string
    readonly accepted: Effect.Effect<ReadonlyArray<Ledger.Accepted>>
  }
>() {}

/** An emulator without a server: its routes, to mount in a server of one's own (Node's), and its ledger. */
export interface Mountable {
  readonly router: HttpRouter.HttpRouter<never, FileSystem.FileSystem>
  readonly accepted: Effect.Effect<ReadonlyArray<Ledger.Accepted>>
}

/**
 * The emulator for a server of one's own, which then has to see to the Host header itself. Fails where the folder
 * cannot be used.
 */
export const make = (
  options: Options
): Effect.Effect<
  Mountable,
  PlatformError.PlatformError,
  Scope.Scope | VideoRenderer.VideoRenderer | FileSystem.FileSystem | Path.Path
> =>
  Effect.gen(function* () {
    const retention = Duration.decode(options.retention ?? "48 hours")
    yield* privateFolder(options.directory)
    const emulation: Emulation = {
      operations: yield* Operations.make({
        directory: options.directory,
        concurrency: options.concurrency ?? 1,
        retention
      }),
      ledger: yield* Ledger.make(options.ledger),
      faults: yield* Faults.make,
      choose: options.faults,
      apiKey: options.apiKey,
      publicUrl: options.publicUrl,
      retention
    }
    return { router: Dialect.mountAll(Dialects.all, emulation), accepted: emulation.ledger.entries }
  })

/**
 * Prompts and videos are for their owner alone, whoever made the folder and with which mode. One that everybody may write to, as
 * `/tmp`, is left as it is; what is made in it is private all the same.
 */
const privateFolder = (directory: string) =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    yield* makeFolder(directory)
    const { mode } = yield* fs.stat(directory)
    // Not every file system knows modes.
    if ((mode & sticky) === 0) yield* Effect.ignore(fs.chmod(directory, 0o700))
    yield* Effect.forEach(
      folders.map((name) => path.join(directory, name)),
      (folder) =>
        Effect.zipRight(
          fs.makeDirectory(folder, { recursive: true, mode: 0o700 }),
          Effect.ignore(fs.chmod(folder, 0o700))
        ),
      { discard: true }
    )
  })

/**
 * Makes a folder with all that lead to it. One at a time: asked for all of a path at once, Node 20 says of a read-only file
 * system that there is no such folder.
 */
const makeFolder = (
  folder: string
): Effect.Effect<void, PlatformError.PlatformError, FileSystem.FileSystem | Path.Path> =>
  Effect.gen(function* () {
    const fs = yield* FileSystem.FileSystem
    const path = yield* Path.Path
    if (yield* fs.exists(folder)) return
    const parent = path.dirname(folder)
    if (parent !== folder) yield* makeFolder(parent)
    yield* Effect.catchIf(
      fs.makeDirectory(folder, { mode: 0o700 }),
      (error) => error._tag === "SystemError" && error.reason === "AlreadyExists",
      () => Effect.void
    )
  })

const sticky = 0o1000

const folders = ["operations", "videos", "calls", "owners", "claims"]

/** An emulator that listens, with a renderer of the caller's choice. Fails where folder or port cannot be used. */
export const layerRenderer = (
  options: ServerOptions
): Layer.Layer<Emulator, EmulatorFailed, VideoRenderer.VideoRenderer> =>
  Layer.scoped(Emulator, serve(options)).pipe(Layer.provide(NodeContext.layer))

/** An emulator that listens, and renders. Fails where folder or port cannot be used. */
export const layer = (options: ServerOptions): Layer.Layer<Emulator, EmulatorFailed> =>
  Layer.provide(layerRenderer(options), VideoRenderer.layer)

/**
 * A test double: an emulator in a new temporary folder, whose videos are all the same two seconds, ready at once or
 * after `renderTime` of the `Clock`.
 */
export const layerTest = (
  options: Partial<ServerOptions> & { readonly renderTime?: Duration.DurationInput } = {}
): Layer.Layer<Emulator, EmulatorFailed> =>
  Layer.unwrapScoped(
    Effect.map(temporaryFolder, (directory) => layerRenderer({ directory, ...options }))
  ).pipe(
    Layer.provide(VideoRenderer.layerInstant({ renderTime: options.renderTime ?? 0 })),
    Layer.provide(NodeContext.layer)
  )

const temporaryFolder = FileSystem.FileSystem.pipe(
  Effect.flatMap((fs) => fs.makeTempDirectoryScoped({ directory: tmpdir(), prefix: "mutoscope-emulator-" })),
  Effect.mapError(toEmulatorFailed)
)

/** The platform's error of a taken port says nothing itself. */
function toEmulatorFailed(error: Error): EmulatorFailed {
  const cause = error.message === "" && error.cause instanceof Error ? error.cause : error
  return new EmulatorFailed({ reason: cause.message, cause })
}

const serve = (options: ServerOptions) =>
  Effect.gen(function* () {
    const host = options.host ?? "127.0.0.1"
    yield* refuseStrangers(host, options)
    const { router, accepted } = yield* make(options)
    const { server, port } = yield* listen(host, options.port ?? 0)
    const app = onlyFor(hostsOf(options, host, port))(answering(router))
    yield* untraced(server.serve(app))
    const url = `http://${host.includes(":") ? `[${host}]` : host}:${port}`
    return { url, port, urlOf: (dialect: Dialects.DialectName) => Dialects.urlOf(url, dialect), accepted }
  }).pipe(Effect.mapError((error) => (error instanceof EmulatorFailed ? error : toEmulatorFailed(error))))

/** The platform's spans hold every header and the whole address, and with them the key. */
const untraced = HttpMiddleware.withTracerDisabledWhenEffect(() => true)

const loopback = ["127.0.0.1", "localhost", "::1"]

const refuseStrangers = (host: string, { apiKey, allowedHosts }: ServerOptions) =>
  loopback.includes(host) || (apiKey !== undefined && allowedHosts !== undefined)
    ? Effect.void
    : new EmulatorFailed({
        reason: `to listen on ${host}, where other machines can reach it, it needs apiKey and allowedHosts`
      })

const hostsOf = ({ allowedHosts = [] }: ServerOptions, host: string, port: number) => [
  ...["127.0.0.1", "localhost", "[::1]"].map((name) => `${name}:${port}`),
  ...(loopback.includes(host) ? [] : [`${host}:${port}`]),
  ...allowedHosts.map((name) => name.toLowerCase())
]

/** Whatever no route is for gets an answer in the shape of its dialect, and whatever breaks an empty 500. */
const answering = (router: Mountable["router"]) =>
  Effect.catchTag(router, "RouteNotFound", ({ request }) =>
    Effect.succeed(Dialect.unknownAddress(Dialects.at(request.url)))
  )

/** The most connections on which no request is under way; two thousand in all are plenty for one machine. */
const mostSilent = 1_000

/**
 * A slow or silent client is let go of in the end. Of too many connections on which nothing is asked, the one that has been
 * silent for longest makes room, so that they lock nobody out.
 */
const nodeServer = (): Server => {
  const server = createServer({ requestTimeout: 120_000, headersTimeout: 10_000, keepAliveTimeout: 5_000 })
  server.maxConnections = 2 * mostSilent
  // In the order in which they fell silent.
  const silent = new Set<Socket>()
  const fallSilent = (socket: Socket) => {
    if (socket.destroyed) return
    silent.add(socket)
    const [oldest] = silent
    if (silent.size <= mostSilent || oldest === undefined) return
    silent.delete(oldest)
    oldest.destroy()
  }
  server.on("connection", (socket) => {
    fallSilent(socket)
    socket.once("close", () => silent.delete(socket))
  })
  server.on("request", ({ socket }, response) => {
    silent.delete(socket)
    response.once("close", () => fallSilent(socket))
  })
  server.on("upgrade", ({ socket }) => silent.delete(socket))
  return server
}

const listen = (host: string, port: number) =>
  Effect.gen(function* () {
    const node = nodeServer()
    const server = yield* NodeHttpServer.make(() => node, { host, port })
    // Else the server would wait for its last client before it closes.
    yield* Effect.addFinalizer(() => Effect.sync(() => node.closeAllConnections()))
    return { server, port: server.address._tag === "TcpAddress" ? server.address.port : port }
  })
