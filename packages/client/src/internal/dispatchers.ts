/**
 * undici's dispatchers: straight to a host, or through the tunnel of a proxy. A request that a proxy did not pass on was
 * certainly not sent.
 */
import type * as Either from "effect/Either"
import { Agent, buildConnector, Dispatcher, EnvHttpProxyAgent, Pool } from "undici"
import * as Proxies from "../Proxies.ts"
import { droppingContinue } from "./interim.ts"

/** What all connections of a dispatcher have in common. */
export interface Settings {
  /** The most connections that are open to one host. */
  readonly connections: number
  /** Whether a connection is kept for the next request; else each request opens its own. */
  readonly isKept: boolean
  /** Certificates (PEM) to trust instead of the system's. */
  readonly ca?: string | undefined
}

/** A dispatcher that goes through these proxies. Where they make no sense it sends nothing, and says what is wrong. */
export const dispatcher = (
  settings: Settings,
  proxies: Either.Either<Proxies.Proxies, string>
): Dispatcher => {
  if (proxies._tag === "Left") return new Unusable(proxies.left)
  return Proxies.isEmpty(proxies.right)
    ? new Agent(direct(settings))
    : new EnvHttpProxyAgent(proxied(settings, proxies.right))
}

// Privates ---------------------------------------------------------------------------------------------------------

const direct = (settings: Settings): Agent.Options => ({
  connect: buildConnector({ ...tls(settings), timeout: patience }),
  factory: (origin, options) => new Pool(origin, { ...pool(settings), connect: connectorIn(options) })
})

const proxied = (
  settings: Settings,
  { except, http, https }: Proxies.Proxies
): EnvHttpProxyAgent.Options => ({
  ...direct(settings),
  // Without one of its own, undici would ask the environment.
  httpProxy: http?.href ?? "",
  httpsProxy: https?.href ?? "",
  noProxy: except === "*" ? except : ["localhost", "127.0.0.1", "[::1]", except].join(","),
  requestTls: tls(settings),
  clientFactory: (origin, options) =>
    toProxy(origin, { connect: connectorIn(options), headersTimeout: patience })
})

/** Milliseconds to connect in, and for a proxy to open its tunnel. */
const patience = 10_000

const pool = ({ connections, isKept }: Settings): Pool.Options => ({
  connections,
  allowH2: false,
  headersTimeout: 0,
  bodyTimeout: 0,
  // No pipelining means no keep-alive.
  ...(isKept ? {} : { pipelining: 0 })
})

const tls = ({ ca }: Settings): buildConnector.BuildOptions => ({
  allowH2: false,
  ...(ca === undefined ? {} : { ca })
})

/** The connector that undici made: to the host itself, or through the tunnel. */
const connectorIn = (options: object): buildConnector.connector => {
  const connect: unknown = Reflect.get(options, "connect")
  if (!isConnector(connect)) throw new TypeError("undici names no connector")
  return droppingContinue(connect)
}

const isConnector = (value: unknown): value is buildConnector.connector => typeof value === "function"

/**
 * The connections to a proxy. undici 7 connects again at once, and for ever, where a proxy closes the connection instead of
 * answering, and its own words for a refusal do not name the proxy.
 */
const toProxy = (origin: URL, options: Pool.Options): Dispatcher => {
  const name = `the proxy ${Proxies.shown(origin)}`
  const pool = new Pool(origin, options)
  const open = pool.connect
  const connect = (request: Parameters<typeof open>[0]) =>
    new Promise<Dispatcher.ConnectData>((resolve, reject) => {
      open.call(pool, request, (error, data) => {
        if (error !== null) return reject(new Error(`${name} opened no tunnel: ${error.message}`))
        if (data.statusCode === 200) return resolve(data)
        data.socket.on("error", () => {}).destroy()
        reject(new Error(`${name} refused to open a tunnel (HTTP ${data.statusCode})`))
      })
    })
  return Object.assign(pool, { connect })
}

/** Sends nothing. */
class Unusable extends Dispatcher {
  readonly #reason: string

  constructor(reason: string) {
    super()
    this.#reason = reason
  }

  override dispatch(): boolean {
    throw new Error(this.#reason)
  }

  override destroy(): Promise<void> {
    return Promise.resolve()
  }
}
