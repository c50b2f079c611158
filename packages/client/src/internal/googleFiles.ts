/**
 * Finished videos at Google: files of the API itself, and objects in buckets of Google's storage.
 */
import * as Address from "./address.ts"

/** Google's own host for API keys. */
export const keyHost = "generativelanguage.googleapis.com"

/** Google's storage. */
export const storageBase = "https://storage.googleapis.com"

/** An address of the web, if a text is one. */
export const webUrl = (uri: string): URL | undefined => {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined
}

/**
 * The path of a file of the API itself, to be asked for at the configured address: the address in an answer may be that
 * of the server behind a proxy, or of a local server before it was started again on another port. Undefined where the
 * address is nobody's that we know. `otherwise` is the version of the API where the address does not say.
 */
export const filePath = (url: URL, base: URL, otherwise: string): string | undefined => {
  const ours =
    url.origin === base.origin ||
    url.hostname === keyHost ||
    (Address.isLoopback(url) && Address.isLoopback(base))
  const [, version = otherwise, id] =
    /(?:\/(v1[a-z0-9]*))?\/files\/([A-Za-z0-9_-]+)(?::download)?$/.exec(url.pathname) ?? []
  return ours && id !== undefined ? `${version}/files/${id}:download?alt=media` : undefined
}

/** `gs://bucket/object` as an address of the storage; undefined where it names none. */
export const objectUrl = (uri: string, storage: string = storageBase): URL | undefined => {
  const [, bucket, object] = /^gs:\/\/([a-z0-9][a-z0-9._-]+)\/(.+)$/.exec(uri) ?? []
  return bucket === undefined || object === undefined
    ? undefined
    : new URL(
        `${storage.replace(/\/+$/, "")}/download/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}?alt=media`
      )
}
