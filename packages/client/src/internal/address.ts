/**
 * Where a provider may send us: never to a machine that only we can reach.
 */
import { BlockList, isIPv4, isIPv6 } from "node:net"

/** Whether a host is this machine. */
export const isLoopback = (url: URL): boolean =>
  /^(.+\.)?localhost$/.test(hostOf(url)) || isIn(thisMachine, url)

/** Whether a host is on a private network, by its address or by the kind of its name. */
export const isPrivate = (url: URL): boolean =>
  isLoopback(url) ||
  isReserved(url) ||
  isIn(privateNetworks, url) ||
  /^([^.:[\]]+|.+\.(local|internal|lan|home\.arpa))$/.test(hostOf(url))

/** Addresses that stand for nobody, for everybody, for another address, or for the cloud's own metadata. */
const isReserved = (url: URL): boolean =>
  !isLoopback(url) && (hostOf(url) === "metadata.google.internal" || isIn(reserved, url))

/** The networks of a list, as `ADDRESS/BITS`. IPv4 ones hold their mapped forms (`::ffff:10.0.0.1`) too. */
const networks = (...list: ReadonlyArray<string>): BlockList => {
  const block = new BlockList()
  for (const network of list) {
    const [address = "", bits] = network.split("/")
    block.addSubnet(address, Number(bits), isIPv6(address) ? "ipv6" : "ipv4")
  }
  return block
}

const thisMachine = networks("127.0.0.0/8", "::1/128")

// RFC 1918, 4193 and 6598, the site-local range that RFC 3879 deprecates, and the tests of networks (RFC 2544).
const privateNetworks = networks(
  "10.0.0.0/8",
  "172.16.0.0/12",
  "192.168.0.0/16",
  "100.64.0.0/10",
  "192.0.0.0/24",
  "198.18.0.0/15",
  "fc00::/7",
  "fec0::/10"
)

// RFC 6890: this network, link-local, multicast, the future; then what stands for an IPv4 address that may be any of these:
// compatible (RFC 4291), NAT64 (RFC 6052, 8215), Teredo (RFC 4380), 6to4 (RFC 3056); then metadata servers of clouds.
const reserved = networks(
  "0.0.0.0/8",
  "169.254.0.0/16",
  "224.0.0.0/4",
  "240.0.0.0/4",
  "fe80::/10",
  "ff00::/8",
  "::/96",
  "64:ff9b::/96",
  "64:ff9b:1::/48",
  "2001::/32",
  "2002::/16",
  "100.100.100.200/32",
  "fd00:ec2::254/128"
)

const isIn = (list: BlockList, url: URL): boolean => {
  const host = hostOf(url).replace(/^\[|\]$/g, "")
  return isIPv6(host) ? list.check(host, "ipv6") : isIPv4(host) && list.check(host, "ipv4")
}

// A dot at the end of a name changes nothing about where it leads.
const hostOf = (url: URL): string => url.hostname.replace(/\.$/, "")

/**
 * Why an address that a provider named is not fetched; undefined where it may be. Everything goes over https to a
 * public host; only where the configured provider is itself local may it name its own kind, and only this machine
 * without encryption.
 */
export const forbidden = (url: URL, base: URL): string | undefined => {
  if (url.origin === base.origin) return undefined
  if (isReserved(url)) return "a reserved address"
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
