/**
 * Where a provider may send us: never to a machine that only we can reach.
 */

/** Whether a host is this machine. */
export const isLoopback = (url: URL): boolean =>
  /^(localhost|.+\.localhost|127(\.\d+){3}|\[::1\]|\[::ffff:7f[0-9a-f]{2}:[0-9a-f]+\])$/.test(hostOf(url))

/** Whether a host is on a private network, by its address or by the kind of its name. */
export const isPrivate = (url: URL): boolean =>
  isLoopback(url) ||
  isLinkLocal(url) ||
  /^(10(\.\d+){3}|192\.168(\.\d+){2}|172\.(1[6-9]|2\d|3[01])(\.\d+){2}|100\.(6[4-9]|[7-9]\d|1[01]\d|12[0-7])(\.\d+){2}|\[f[cd][0-9a-f:]+\]|\[::ffff:[0-9a-f:]+\]|[^.[\]]+|.+\.(local|internal|lan|home\.arpa))$/.test(
    hostOf(url)
  )

/** Addresses that stand for nobody, for everybody, or for the cloud's own metadata. */
const isLinkLocal = (url: URL): boolean =>
  /^(169\.254(\.\d+){2}|0(\.\d+){3}|2(2[4-9]|[34]\d|5[0-5])(\.\d+){3}|\[::\]|\[fe[89ab][0-9a-f]:[0-9a-f:]*\]|\[::ffff:a9fe:[0-9a-f]+\]|metadata\.google\.internal)$/.test(
    hostOf(url)
  )

// A dot at the end of a name changes nothing about where it leads.
const hostOf = (url: URL): string => url.hostname.replace(/\.$/, "")

/**
 * Why an address that a provider named is not fetched; undefined where it may be. Everything goes over https to a
 * public host; only where the configured provider is itself local may it name its own kind, and only this machine
 * without encryption.
 */
export const forbidden = (url: URL, base: URL): string | undefined => {
  if (url.origin === base.origin) return undefined
  if (isLinkLocal(url)) return "a link-local address"
  if (!isPrivate(base) && isPrivate(url)) return "an address on a private network"
  if (url.protocol === "https:") return undefined
  if (url.protocol === "http:" && isLoopback(base) && isLoopback(url)) return undefined
  return `an address that is not https (${url.protocol})`
}

/** Why a key is not sent to a base address; undefined where it may be. */
export const baseFault = (base: string): string | undefined => {
  if (!URL.canParse(base)) return `${base} is no address`
  const url = new URL(base)
  if (url.protocol !== "https:" && !(url.protocol === "http:" && isPrivate(url))) {
    return "a key is only sent over https, or over http to a machine nearby"
  }
  return url.username !== "" || url.search !== "" || url.hash !== ""
    ? "the address must not hold a user, a query or a fragment"
    : undefined
}

/**
 * The path, below that of the base address, of an address that a provider named as its own; undefined where it leads
 * elsewhere, so that no question (and no key) follows it there.
 */
export const ownPath = (base: string, address: string | undefined): string | undefined => {
  if (address === undefined || !URL.canParse(address, base)) return undefined
  const { origin, pathname } = new URL(base)
  const url = new URL(address, base)
  const above = pathname.replace(/\/+$/, "")
  const path = url.pathname.slice(above.length)
  const isOwn = url.origin === origin && url.username === "" && url.pathname.startsWith(`${above}/`)
  // A path of two slashes would be taken for another host.
  return isOwn && !path.startsWith("//") ? path + url.search : undefined
}
