/**
 * What a video file really holds, as its own structure says: not what was asked for, and not what a server announced.
 *
 * @since 0.1.0
 */
import * as Schema from "effect/Schema"

/** The file formats that a finished video may have: what a file is called in a sentence, its media type and its extension. */
export const containers = {
  mp4: { title: "an MP4", mediaType: "video/mp4", extension: ".mp4" },
  mov: { title: "a QuickTime movie", mediaType: "video/quicktime", extension: ".mov" },
  webm: { title: "a WebM", mediaType: "video/webm", extension: ".webm" },
  matroska: { title: "a Matroska video", mediaType: "video/matroska", extension: ".mkv" },
  "mpeg-ts": { title: "an MPEG transport stream", mediaType: "video/mp2t", extension: ".ts" },
  webp: { title: "an animated WebP", mediaType: "image/webp", extension: ".webp" },
  gif: { title: "an animated GIF", mediaType: "image/gif", extension: ".gif" },
  apng: { title: "an animated PNG", mediaType: "image/apng", extension: ".apng" }
} as const

/** The name of a file format, as records keep it. */
export const Container = Schema.Literal("mp4", "mov", "webm", "matroska", "mpeg-ts", "webp", "gif", "apng")
export type Container = typeof Container.Type

/** The pictures of a file. */
export const Picture = Schema.Struct({
  /** The codec of the first video track, such as `avc` or `vp9`; absent where the format names none (GIF). */
  codec: Schema.optional(Schema.NonEmptyString),
  /** Width in pixels as shown: after rotation, and with the shape of a pixel taken into account. */
  width: Schema.Int.pipe(Schema.positive()),
  /** Height in pixels as shown, in the same sense. */
  height: Schema.Int.pipe(Schema.positive()),
  /** Frames a second on average; absent where the file does not say. */
  frameRate: Schema.optional(Schema.Positive.pipe(Schema.finite()))
})
export type Picture = typeof Picture.Type

/** The sound of a file. */
export const Sound = Schema.Struct({
  /** The codec of the first audio track, such as `aac` or `opus`; absent where the file names one that is unknown. */
  codec: Schema.optional(Schema.NonEmptyString),
  /** How many channels the first audio track has; absent where the file does not say. */
  channels: Schema.optional(Schema.Int.pipe(Schema.positive())),
  /** Samples a second of each channel, in hertz; absent where the file does not say. */
  sampleRate: Schema.optional(Schema.Int.pipe(Schema.positive()))
})
export type Sound = typeof Sound.Type

/** What is in a file. Its bytes and its hash stand beside this, in the record's video. */
export const Media = Schema.Struct({
  /** The file format. */
  container: Container,
  /** The media type of the file, such as `video/mp4`. */
  mediaType: Schema.NonEmptyString,
  /** The length in seconds, to the millisecond; absent where the file does not say (a stream that was never closed). */
  durationSeconds: Schema.optional(Schema.Positive.pipe(Schema.finite())),
  /** The pictures. A file without any is no video and is never stored. */
  picture: Picture,
  /** The sound; absent where the file has none. */
  sound: Schema.optional(Sound)
})
export type Media = typeof Media.Type

/** What the name of a video's place is meant for. */
export type PlaceKind = "file" | "folder" | "foreign"

/**
 * What a name stands for where a video is to go: a `file` that ends in `.mp4` or `.webm`, which are the formats that providers
 * make; `foreign` where it ends like a media file of another format, which would be no such file; else a `folder`.
 */
export const placeKind = (output: string): PlaceKind => {
  const extension = /[^/\\]\.([a-z0-9]+)$/i.exec(output)?.[1]?.toLowerCase()
  if (extension === undefined) return "folder"
  if (extension === "mp4" || extension === "webm") return "file"
  return foreign.has(extension) ? "foreign" : "folder"
}

const foreign: ReadonlySet<string> = new Set(
  (
    "mov qt m4v mkv avi wmv flv f4v mpg mpeg m2v mts m2ts ts vob ogv ogg 3gp 3g2 asf mxf " +
    "gif webp apng png jpg jpeg bmp tif tiff heic avif svg mp3 wav m4a aac flac opus"
  ).split(" ")
)

/** Why a `foreign` name is refused, and what to name instead. */
export const foreignPlace = (output: string): string =>
  `${output} ends like a file of another format. Expected a folder, or a file that ends in .mp4: ` +
  "a video is kept in the format that its provider made"
