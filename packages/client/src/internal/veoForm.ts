/**
 * Where the two forms of Veo's protocol differ: addresses, credentials, and how a file is named.
 */
import * as Option from "effect/Option"
import { type Form, retiredOn } from "../catalogue/veo.ts"
import * as Address from "./address.ts"
import type { Source } from "./download.ts"
import { filePath, keyHost, objectUrl, webUrl } from "./googleFiles.ts"
import type { Question } from "./http.ts"

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
  const { origin, pathname: root } = new URL(`${base}/`)
  const at = (path: string) => `${root}v1beta/${path}`
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
      const url = webUrl(uri)
      if (url === undefined) return "it has no address that can be fetched with an API key"
      const file = filePath(url, new URL(base), "v1beta")
      return file === undefined
        ? { model, url, credential: url.origin === origin }
        : { model, url: new URL(`${root}${file}`, origin), credential: true }
    }
  }
}

/** Where a Vertex AI is, whose, and where it puts videos. */
export interface VertexPlace {
  /** Without a slash at its end. */
  readonly base: string
  readonly project: string
  readonly location: string
  readonly storage: string | undefined
}

/** The Vertex AI form, for the models of one project in one location. */
export const vertex = ({ base, location, project, storage }: VertexPlace): Addresses => {
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
      const stored = objectUrl(uri, storage)
      if (stored !== undefined) return { model, url: stored, credential: true }
      const url = webUrl(uri)
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
  form === "ApiKey" && URL.canParse(base) && new URL(base).hostname === keyHost
    ? `Google switched Veo off at ${keyHost} on ${retiredOn("veo-3.1") ?? ""}: use Vertex AI instead`
    : Address.baseFault(base)
