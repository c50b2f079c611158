/**
 * Finding the videos in what a hosted model put out. Each model has a shape of its own: an address, a list of them, or
 * objects in objects.
 */
import type { VideoOutput } from "@mutoscope/core/Operation"

type Remote = Extract<VideoOutput, { readonly _tag: "Remote" }>

interface Found {
  readonly uri: string
  readonly mimeType: string | undefined
  /** The name of the field that it is in; the whole output has none. */
  readonly name: string
}

/** Nothing that is looked for lies deeper. */
const deepest = 6

/** The videos of an output: what is surely one, or else what may well be. */
export const videosIn = (output: unknown): ReadonlyArray<Remote> => {
  const all = found(output, "", 0).filter((address) => !isSomethingElse(address))
  const sure = all.filter(isVideo)
  return (sure.length > 0 ? sure : all).map(({ mimeType, uri }) => ({
    _tag: "Remote",
    uri,
    ...(mimeType === undefined ? {} : { mimeType })
  }))
}

const found = (value: unknown, name: string, depth: number): ReadonlyArray<Found> => {
  if (typeof value === "string") return isAddress(value) ? [{ uri: value, mimeType: undefined, name }] : []
  if (typeof value !== "object" || value === null || depth > deepest) return []
  if (Array.isArray(value)) return value.flatMap((item) => found(item, name, depth + 1))
  const { content_type: type, url, ...others } = { content_type: undefined, url: undefined, ...value }
  const own = typeof url === "string" && isAddress(url) ? [{ uri: url, mimeType: text(type), name }] : []
  return [...own, ...Object.entries(others).flatMap(([key, item]) => found(item, key, depth + 1))]
}

const text = (value: unknown): string | undefined =>
  typeof value === "string" && value !== "" ? value : undefined

/** Of whatever kind: which addresses are fetched is not decided here. */
const isAddress = (value: string): boolean => /^[a-z][\w+.-]*:\/\/\S+$/i.test(value) && URL.canParse(value)

const isVideo = ({ mimeType, name, uri }: Found): boolean =>
  /^video\//i.test(mimeType ?? "") ||
  /\.(mp4|m4v|mov|webm)$/i.test(new URL(uri).pathname) ||
  /video/i.test(name)

/** Pictures, sounds and texts that come with a video, by their kind or their name. */
const isSomethingElse = ({ mimeType, uri }: Found): boolean =>
  /^(image|audio|text|model)\/|^application\/(json|zip)/i.test(mimeType ?? "") ||
  /\.(png|jpe?g|webp|gif|avif|wav|mp3|flac|m4a|ogg|txt|vtt|srt|json|zip|safetensors)$/i.test(
    new URL(uri).pathname
  )
