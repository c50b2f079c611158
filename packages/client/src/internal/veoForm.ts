/**
 * Where the two forms of Veo's protocol differ: addresses, credentials, and how a file is named.
 */
import * as Option from "effect/Option"
import * as Address from "./address.ts"
import type { Source } from "./download.ts"
import type { Question } from "./http.ts"
import { type Form, retiredOn, switchedOff } from "./veoModels.ts"

/** The addresses of one form at one base. */
export interface Addresses {
  readonly submit: (model: string, body: unknown) => Question
  readonly poll: (model: string, name: string) => Question
  readonly cancel: (model: string, name: string) => Question
  /** One page of the jobs of a model; none where the form has no such list. */
  readonly list: Option.Option<(model: string, pageToken: string) => Question>
  /** Where a finished video is fetched, or why it cannot be. */
  readonly source: (model: string, uri: string) => Source | string
}

/** The API-key form below a base address without a slash at its end. */
export const apiKey = (base: string): Addresses => {
  const { origin, pathname } = new URL(`${base}/v1beta/`)
  const at = (path: string) => pathname + path
  return {
    submit: (model, body) => ({
      model,
      method: "POST",
      path: at(`models/${encodeURIComponent(model)}:predictLongRunning`),
      body
    }),
    poll: (model, name) => ({ model, method: "GET", path: at(name) }),
    cancel: (model, name) => ({ model, method: "POST", path: at(`${name}:cancel`), body: {} }),
    list: Option.some((model, pageToken) => ({
      model,
      method: "GET",
      path: `${at(`models/${encodeURIComponent(model)}/operations`)}?${new URLSearchParams({
        pageSize: "100",
        ...(pageToken === "" ? {} : { pageToken })
      })}`
    })),
    source: (model, uri) => {
      const url = httpUrl(uri)
      if (url === undefined) return "it has no address that can be fetched with an API key"
      const file = fileOf(url, new URL(base))
      return file === undefined
        ? { model, url, credential: url.origin === origin }
        : { model, url: new URL(at(`files/${file}:download?alt=media`), origin), credential: true }
    }
  }
}

/** The Vertex AI form below a base address, for the models of one project in one location. */
export const vertex = (base: string, project: string, location: string): Addresses => {
  const { origin, pathname } = new URL(`${base}/v1/`)
  const at = (path: string) => pathname + path
  const publisher = `projects/${encodeURIComponent(project)}/locations/${encodeURIComponent(location)}/publishers/google`
  return {
    submit: (model, body) => ({
      model,
      method: "POST",
      path: at(`${publisher}/models/${encodeURIComponent(model)}:predictLongRunning`),
      body
    }),
    poll: (model, name) => ({
      model,
      method: "POST",
      path: at(`${name.slice(0, name.lastIndexOf("/operations/"))}:fetchPredictOperation`),
      body: { operationName: name }
    }),
    cancel: (model, name) => ({ model, method: "POST", path: at(`${name}:cancel`), body: {} }),
    list: Option.none(),
    source: (model, uri) => {
      const stored = storageUrl(uri)
      if (stored !== undefined) return { model, url: stored, credential: true }
      const url = httpUrl(uri)
      return url === undefined
        ? "it has no address that can be fetched"
        : { model, url, credential: url.origin === origin }
    }
  }
}

/** The host of Vertex AI in a location. */
export const vertexBase = (location: string): string =>
  location === "global"
    ? "https://aiplatform.googleapis.com"
    : `https://${location}-aiplatform.googleapis.com`

/** Why a base address is not used; undefined where it may be. */
export const baseFault = (form: Form, base: string): string | undefined =>
  form === "ApiKey" && URL.canParse(base) && new URL(base).hostname === switchedOff.host
    ? `Google switched Veo off at ${switchedOff.host} on ${retiredOn("veo-3.1") ?? switchedOff.on}: use Vertex AI instead`
    : Address.baseFault(base)

const httpUrl = (uri: string): URL | undefined => {
  const url = URL.canParse(uri) ? new URL(uri) : undefined
  return url?.protocol === "https:" || url?.protocol === "http:" ? url : undefined
}

/**
 * A file of the API itself is asked for by its id at the configured address: the address in an answer may be that of
 * the server behind a proxy, or of a local server before it was started again on another port.
 */
const fileOf = (url: URL, base: URL): string | undefined => {
  const ours =
    url.origin === base.origin ||
    url.hostname === switchedOff.host ||
    (Address.isLoopback(url) && Address.isLoopback(base))
  return ours ? /\/files\/([A-Za-z0-9_-]+)(?::download)?$/.exec(url.pathname)?.[1] : undefined
}

/** `gs://bucket/object` as an address of Google's storage. */
const storageUrl = (uri: string): URL | undefined => {
  const [, bucket, object] = /^gs:\/\/([a-z0-9][a-z0-9._-]+)\/(.+)$/.exec(uri) ?? []
  return bucket === undefined || object === undefined
    ? undefined
    : new URL(
        `https://storage.googleapis.com/download/storage/v1/b/${bucket}/o/${encodeURIComponent(object)}?alt=media`
      )
}
