/**
 * The proxies that stand between this machine and the providers, as the environment names them.
 *
 * @since 0.2.0
 */
import * as Either from "effect/Either"

/** Which requests go through which proxy. Requests to this machine itself (`localhost`, 127.0.0.1, [::1]) never do. */
export interface Proxies {
  /** The proxy for https addresses, `http://HOST:PORT` or `https://HOST:PORT`, with a user where it wants one. */
  readonly https?: URL
  /** The proxy for http addresses, of the same form. They are asked for through a tunnel too. */
  readonly http?: URL
  /** Hosts that are asked without a proxy, as in `NO_PROXY`: names with their subdomains, ports, or `*` for every host. */
  readonly except: string
}

/** The variables of the environment by name. */
export type Environment = Readonly<Record<string, string | undefined>>

/**
 * What `HTTPS_PROXY`, `HTTP_PROXY` and `NO_PROXY` say; the lower-case names win. Without an own proxy, https addresses use that
 * of http. An address without a scheme is one of http. The left side says what is wrong with a variable.
 */
export const fromEnvironment = (environment: Environment): Either.Either<Proxies, string> =>
  Either.gen(function* () {
    const http = yield* proxyIn(environment, "HTTP_PROXY")
    const https = (yield* proxyIn(environment, "HTTPS_PROXY")) ?? http
    return {
      ...(https === undefined ? {} : { https }),
      ...(http === undefined ? {} : { http }),
      except: valueIn(environment, "NO_PROXY")?.value ?? ""
    }
  })

/** Whether no request goes through a proxy. */
export const isEmpty = ({ http, https }: Proxies): boolean => http === undefined && https === undefined

/** An address of a proxy without its user and password, for people. */
export const shown = ({ host, protocol }: URL): string => `${protocol}//${host}`

// Privates ---------------------------------------------------------------------------------------------------------

const valueIn = (environment: Environment, name: string) => {
  const found = [name.toLowerCase(), name].find((each) => environment[each] !== undefined)
  const value = found === undefined ? undefined : environment[found]?.trim()
  return found === undefined || value === undefined || value === "" ? undefined : { name: found, value }
}

const proxyIn = (environment: Environment, name: string): Either.Either<URL | undefined, string> => {
  const found = valueIn(environment, name)
  if (found === undefined) return Either.right(undefined)
  const address = found.value.includes("://") ? found.value : `http://${found.value}`
  // The value may hold a password, so that no message repeats it.
  if (!URL.canParse(address))
    return Either.left(`${found.name} is not an address. Expected http://HOST:PORT or https://HOST:PORT`)
  const url = new URL(address)
  return url.protocol === "http:" || url.protocol === "https:"
    ? Either.right(url)
    : Either.left(
        `${found.name} names a proxy of the kind ${url.protocol.slice(0, -1)}. Expected http://HOST:PORT or https://HOST:PORT`
      )
}
