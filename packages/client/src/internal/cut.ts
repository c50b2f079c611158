/**
 * Why a request got no whole answer, and above all whether it can have reached the server.
 */
import { NotSent } from "./connection.ts"

/**
 * `NeverSent`: no byte of it left this machine. `Insecure`: the server's certificate is not to be trusted, and nothing
 * was sent. `Lost` and `TimedOut`: nobody knows how far it came.
 */
export interface Cut {
  readonly _tag: "NeverSent" | "Insecure" | "Lost" | "TimedOut"
  readonly reason: string
}

/** The time was over. */
export const timedOut: Cut = { _tag: "TimedOut", reason: "no answer in time" }

/** It had begun to answer, and stopped. */
export const fellSilent: Cut = { _tag: "Lost", reason: "it fell silent" }

/** What an error means, if it came within an answer or before one. */
export const cutBy = (error: unknown, when: "Before" | "Within"): Cut => {
  const causes = chain(error)
  const reason = causes.map(describe).findLast((text) => text !== "") ?? "it broke off"
  if (when === "Within") return { _tag: "Lost", reason }
  if (causes.some(isUntrusted)) return { _tag: "Insecure", reason: `not to be trusted: ${reason}` }
  return { _tag: causes.some(isNotSent) ? "NeverSent" : "Lost", reason }
}

const chain = (cause: unknown): ReadonlyArray<Error> =>
  cause instanceof Error ? [cause, ...chain(cause.cause)] : []

const property = (error: Error, name: "code" | "syscall"): string => {
  const value: unknown = Reflect.get(error, name)
  return typeof value === "string" ? value : ""
}

const describe = (error: Error): string =>
  silences[property(error, "code")] ?? (error.message || property(error, "code"))

const silences: Readonly<Record<string, string>> = {
  UND_ERR_HEADERS_TIMEOUT: timedOut.reason,
  UND_ERR_BODY_TIMEOUT: fellSilent.reason
}

const isUntrusted = (error: Error): boolean =>
  /^(CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|ERR_TLS_CERT_|HOSTNAME_MISMATCH)/.test(property(error, "code"))

/** Only these prove that no byte of the request left this machine. */
const isNotSent = (error: Error): boolean =>
  error instanceof NotSent ||
  ["connect", "getaddrinfo"].includes(property(error, "syscall")) ||
  property(error, "code") === "UND_ERR_CONNECT_TIMEOUT"
