/**
 * Recipes of files, and the verdict on each. `kind` is a row of the table in docs/media.md.
 */
import { box } from "../tinyMp4.ts"
import { lastFragment, mdatSize, renamed, rotated, shifted, withIndex, zeroed } from "./changes.ts"
import type { Name } from "./encodes.ts"

/** What is done with a file. */
export type Verdict = "kept" | "kept, with a warning" | "refused"

/** A file of the corpus. */
export interface Recipe {
  readonly name: string
  readonly kind: string
  readonly verdict: Verdict
  /** What it is made of. */
  readonly from: ReadonlyArray<Name>
  readonly make: (...files: ReadonlyArray<Buffer>) => Buffer
  /** What ffmpeg cannot decode, though it plays elsewhere. */
  readonly undecodable?: boolean
  /** Whether ffprobe has to say of it what we say: where it is an encode as it came. */
  readonly isPlain?: boolean
}

const nothing = Buffer.alloc(0)

const plain = (kind: string, verdict: Verdict, ...names: ReadonlyArray<Name>): ReadonlyArray<Recipe> =>
  names.map((name) => ({
    name,
    kind,
    verdict,
    from: [name],
    make: (file = nothing) => file,
    isPlain: verdict !== "refused" && name !== "ts mpeg2",
    undecodable: name === "webp"
  }))

/** A change of encodes. */
const changed = (
  kind: string,
  verdict: Verdict,
  what: string,
  change: (file: Buffer) => Buffer,
  ...names: ReadonlyArray<Name>
): ReadonlyArray<Recipe> =>
  names.map((name) => ({
    name: `${name}, ${what}`,
    kind,
    verdict,
    from: [name],
    make: (file = nothing) => change(Buffer.from(file)),
    undecodable: name === "webp"
  }))

// The table --------------------------------------------------------------------------------------------------------

const truncatable: ReadonlyArray<readonly [kind: string, ...names: ReadonlyArray<Name>]> = [
  ["MP4 or MOV, truncated", "mp4 h264", "mp4 h264 aac", "mov h264"],
  ["fragmented MP4, truncated within a fragment", "fragments"],
  ["WebM or Matroska, truncated", "webm vp8", "webm live", "mkv h264 aac"],
  ["animated GIF, PNG or WebP, truncated", "gif", "apng", "webp"],
  ["MPEG transport stream, truncated within a packet", "ts h264"]
]

const cuts: ReadonlyArray<readonly [what: string, at: (length: number) => number]> = [
  ["cut at 10 %", (length) => length * 0.1],
  ["cut at 25 %", (length) => length * 0.25],
  ["cut at 50 %", (length) => length * 0.5],
  ["cut at 75 %", (length) => length * 0.75],
  ["cut at 95 %", (length) => length * 0.95],
  ["without its last byte", (length) => length - 1]
]

// Never at the end of a part by accident.
const cutAt = (file: Buffer, at: number) =>
  file.subarray(0, Math.floor(at) - (Math.floor(at) % 188 === 0 ? 1 : 0))

const remainders: ReadonlyArray<readonly [what: string, bytes: Buffer]> = [
  ["before zeros", Buffer.alloc(512)],
  ["before a line break", Buffer.from("\r\n")],
  ["before an ID3 tag", Buffer.from("ID3\x04\0\0\0\0\0\x0aTIT2\0\0\0\0\0\0", "latin1")],
  ["before JSON", Buffer.from('{"status":"ok"}')]
]

/** All of them. */
export const recipes: ReadonlyArray<Recipe> = [
  ...plain(
    "MP4",
    "kept",
    "mp4 h264",
    "mp4 h264 first",
    "mp4 h264 aac",
    "mp4 h264 mp3",
    "mp4 h264 opus",
    "mp4 h264 ac3",
    "mp4 h264 b-frames",
    "mp4 h264 portrait",
    "mp4 h264 320x180",
    "mp4 h264 64x64",
    "mp4 h264 ntsc",
    "mp4 h264 60",
    "mp4 h264 anamorphic",
    "mp4 h264 timecode",
    "mp4 h264 titled",
    "mp4 h264 no edits",
    "mp4 h264 10 bit",
    "mp4 h264 444",
    "mp4 h264 two sounds",
    "mp4 hevc",
    "mp4 hevc hev1",
    "mp4 av1",
    "mp4 vp9",
    "mp4 mpeg4",
    "mp4 mjpeg",
    "mp4 single picture",
    "3gp h263",
    "m4v h264"
  ),
  ...changed("MP4", "kept", "rotated", rotated, "mp4 h264", "mp4 h264 aac").map((recipe) => ({
    ...recipe,
    isPlain: true
  })),
  ...plain(
    "fragmented MP4",
    "kept",
    "fragments",
    "fragments default base",
    "fragments hybrid",
    "fragments separate",
    "fragments every frame",
    "fragments dash",
    "fragments global index",
    "fragments cmaf",
    "fragments omit offset"
  ),
  ...plain(
    "MOV",
    "kept",
    "mov h264",
    "mov h264 pcm",
    "mov prores",
    "mov mjpeg",
    "mov png",
    "mov animation",
    "mov raw",
    "mov black raw",
    "mov hevc"
  ),
  ...changed(
    "MOV without ftyp (`wide`, `moov` or `mdat` first)",
    "kept",
    "without ftyp",
    (file) => shifted(file.subarray(file.readUInt32BE(0)), -file.readUInt32BE(0)),
    "mov h264",
    "mov prores",
    "mp4 h264 first"
  ),
  ...["free", "skip"].flatMap((type) =>
    changed(
      "MP4 or MOV behind `free` or `skip`",
      "kept",
      `behind ${type}`,
      (file) => Buffer.concat([box(type, Buffer.alloc(24)), shifted(file, 32)]),
      "mp4 h264",
      "mp4 h264 first",
      "mov h264"
    )
  ),
  ...changed(
    "MP4 whose last box has no size",
    "kept",
    "with an open end",
    (file) => mdatSize(file, () => 0),
    "mp4 h264 first",
    "mp4 h264 aac"
  ),
  ...[1, 8].flatMap((by) =>
    changed(
      "MP4 with an `mdat` up to 8 bytes too long",
      "kept, with a warning",
      `${by} too long`,
      (file) => mdatSize(file, (size) => size + by),
      "mp4 h264 first",
      "mp4 h264 aac"
    )
  ),
  ...changed(
    "MP4 with an `mdat` that is longer still",
    "refused",
    "9 too long",
    (file) => mdatSize(file, (size) => size + 9),
    "mp4 h264 first"
  ),
  ...remainders.flatMap(([what, bytes]) =>
    changed(
      "video with a remainder behind its end",
      "kept, with a warning",
      what,
      (file) => Buffer.concat([file, bytes]),
      "mp4 h264",
      "mp4 h264 first",
      "fragments",
      "mov h264",
      "webm vp8",
      "mkv h264"
    )
  ),
  ...changed(
    "two videos in one file",
    "kept, with a warning",
    "twice",
    (file) => Buffer.concat([file, file]),
    "mp4 h264",
    "mp4 h264 first",
    "webm vp8",
    "mkv h264"
  ),
  ...plain(
    "WebM",
    "kept",
    "webm vp8",
    "webm vp8 vorbis",
    "webm vp9 opus",
    "webm av1",
    "webm vp9 alpha",
    "webm clusters",
    "webm index first",
    "webm live",
    "webm dash"
  ),
  ...plain(
    "Matroska",
    "kept",
    "mkv h264",
    "mkv h264 aac",
    "mkv hevc",
    "mkv ffv1",
    "mkv vp9 flac",
    "mkv mjpeg",
    "mkv live"
  ),
  ...plain("MPEG transport stream", "kept, with a warning", "ts h264", "ts h264 aac", "ts mpeg2", "ts hevc"),
  ...plain("animated GIF, PNG or WebP", "kept, with a warning", "gif", "apng", "webp"),
  ...truncatable.flatMap(([kind, ...names]) =>
    cuts.flatMap(([what, at]) =>
      changed(kind, "refused", what, (file) => cutAt(file, at(file.length)), ...names)
    )
  ),
  ...changed(
    "fragmented MP4, cut between fragments, that says how far it goes",
    "refused",
    "without its last fragment",
    (file) => file.subarray(0, lastFragment(file)),
    "fragments global index"
  ),
  ...changed(
    "fragmented MP4, cut between fragments, that says nothing",
    "kept",
    "without its last fragment",
    (file) => file.subarray(0, lastFragment(file)),
    "fragments",
    "fragments default base",
    "fragments dash"
  ),
  ...changed(
    "MP4 or MOV with an index of zeros or junk",
    "refused",
    "index of zeros",
    (file) => withIndex(file, (index) => void index.fill(0)),
    "mp4 h264",
    "mp4 h264 first",
    "mov h264"
  ),
  ...changed(
    "MP4 or MOV with an index of zeros or junk",
    "refused",
    "index of junk",
    (file) => withIndex(file, (index) => void index.fill(0x5a)),
    "mp4 h264",
    "mp4 h264 first",
    "mov h264"
  ),
  ...changed(
    "MP4 or MOV without an index",
    "refused",
    "index renamed",
    (file) => renamed(file, "moov", "free"),
    "mp4 h264",
    "mov h264"
  ),
  ...changed(
    "MP4 or MOV whose samples lie behind its end",
    "refused",
    "shifted",
    (file) => shifted(file, 1_000_000),
    "mp4 h264",
    "mp4 h264 aac",
    "mov h264"
  ),
  ...changed(
    "video whose first picture consists of zeros",
    "refused",
    "zeros",
    zeroed,
    "mp4 h264",
    "mp4 h264 first",
    "mov h264",
    "mp4 hevc"
  ),
  ...plain("encrypted video", "refused", "encrypted"),
  ...changed(
    "encrypted video",
    "refused",
    "renamed",
    (file) => renamed(file, "avc1\0\0\0\0", "encv"),
    "mp4 h264"
  ),
  ...plain(
    "sound or subtitles without pictures",
    "refused",
    "m4a",
    "mp4 sound",
    "webm sound",
    "mka",
    "mp3",
    "wav",
    "ogg",
    "ts sound"
  ),
  ...plain("still picture", "refused", "gif still", "png still", "webp still", "jpeg still"),
  ...plain("AVI, FLV, Ogg or MPEG program stream", "refused", "avi", "flv", "mpg", "ogv"),
  ...[
    ["an HTML page", "<!doctype html><p>Sign in</p>"],
    ["a JSON document", '{"error":{"code":403}}'],
    ["an XML document", "<?xml version='1.0'?><Error/>"],
    ["a ZIP archive", "PK\x03\x04 and some more"],
    ["nothing", ""]
  ].map(
    ([name = "", text = ""]): Recipe => ({
      name,
      kind: "page, document or archive",
      verdict: "refused",
      from: [],
      make: () => Buffer.from(text, "latin1")
    })
  )
]
