/**
 * Finding videos in what a provider answers: the one reader of addresses. What hosted models put out has a shape of its own
 * for each of them, and so has the place where gateways name a finished file: an address, a list of them, or objects in
 * objects.
 */
import type { VideoOutput } from "@mutoscope/core/Operation"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"

type Remote = Extract<VideoOutput, { readonly _tag: "Remote" }>

interface Found {
  readonly uri: string
  readonly mimeType: string | undefined
  /** The names of the fields that it is in, from the outside; the whole output has none. */
  readonly path: ReadonlyArray<string>
}

/** Nothing that is looked for lies deeper. */
const deepest = 6

/** The videos of an output: what is surely one, or else what may well be. */
export const videosIn = (output: unknown): ReadonlyArray<Remote> => {
  const all = found(output, [], isAddress).filter((address) => !isSomethingElse(address))
  const sure = all.filter(isVideo)
  return (sure.length > 0 ? sure : all).map(({ mimeType, uri }) => ({
    _tag: "Remote",
    uri,
    ...(mimeType === undefined ? {} : { mimeType })
  }))
}

/**
 * The addresses in an answer about a finished job under which its video may be served, the surest first; one without an
 * origin is the answering server's. An answer repeats its request and names addresses of many other kinds: only those in
 * fields that hold results count.
 */
export const resultsIn = ({ body }: { readonly body: string }): ReadonlyArray<string> => {
  const answer = Option.getOrUndefined(decodeJson(body))
  const all = found(answer, [], (text) => isAddress(text) || isPath(text)).filter(
    (address) => isResult(address) && !isSomethingElse(address)
  )
  const [sure, others] = [all.filter(isVideo), all.filter((address) => !isVideo(address))]
  return [...sure, ...others].map(({ uri }) => uri)
}

const decodeJson = Schema.decodeOption(Schema.parseJson(Schema.Unknown))

/** All addresses in a value, such as a request. */
export const addressesIn = (value: unknown): ReadonlyArray<string> =>
  found(value, [], isAddress).map(({ uri }) => uri)

const found = (
  value: unknown,
  path: ReadonlyArray<string>,
  isWanted: (text: string) => boolean
): ReadonlyArray<Found> => {
  if (typeof value === "string") return isWanted(value) ? [{ uri: value, mimeType: undefined, path }] : []
  if (typeof value !== "object" || value === null || path.length > deepest) return []
  // An item of a list has the name of the list.
  if (Array.isArray(value))
    return value.flatMap((item) => found(item, [...path, path.at(-1) ?? ""], isWanted))
  const { content_type: type, url, ...others } = { content_type: undefined, url: undefined, ...value }
  const own = typeof url === "string" && isWanted(url) ? [{ uri: url, mimeType: text(type), path }] : []
  return [...own, ...Object.entries(others).flatMap(([key, item]) => found(item, [...path, key], isWanted))]
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** Of whatever kind: which addresses are fetched is not decided here. */
const isAddress = (value: string): boolean => /^[a-z][\w+.-]*:\/\/\S+$/i.test(value) && URL.canParse(value)

/** On the server that answered. One that begins with two slashes would be on another. */
const isPath = (value: string): boolean => /^\/[^/\s]\S*$/.test(value)

const isVideo = ({ mimeType, path, uri }: Found): boolean =>
  /^video\//i.test(mimeType ?? "") ||
  /\.(mp4|m4v|mov|webm)$/i.test(pathOf(uri)) ||
  /video/i.test(path.at(-1) ?? "")

/** Pictures, sounds and texts that come with a video, by their kind or their name. */
const isSomethingElse = ({ mimeType, uri }: Found): boolean =>
  /^(image|audio|text|model)\/|^application\/(json|zip)/i.test(mimeType ?? "") ||
  /\.(png|jpe?g|webp|gif|avif|wav|mp3|flac|m4a|ogg|txt|vtt|srt|json|zip|safetensors)$/i.test(pathOf(uri))

const pathOf = (uri: string): string => new URL(uri, "https://relative.invalid").pathname

/** Names of fields that hold what came of a job, at every level down to the address. */
const isResult = ({ path }: Found): boolean => path.every((name) => resultName.test(name))

const resultName =
  /^((unsigned_|signed_|public_|download_|video_|file_|output_|result_|media_|content_|cdn_)?(url|uri|link)s?|(generated_|output_|result_)?(videos?|files?|outputs?|results?|assets?|media|content|samples?|generations?|creations?|works?)|data|metadata|response|task_result|file_output|video_result|)$/i
