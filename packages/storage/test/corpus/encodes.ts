/**
 * The encodes that the corpus is made of: each a few kilobytes, made by ffmpeg where it is needed for the first time.
 */
import { execFile } from "node:child_process"
import { readFile } from "node:fs/promises"
import { join } from "node:path"
import { promisify } from "node:util"

const run = promisify(execFile)

/** Arguments of an encode, and the extension of its file. */
interface Encode {
  readonly extension: string
  readonly arguments: string
}

const picture = (size = "128x72", rate = "10", seconds = "1.5") =>
  `-f lavfi -i testsrc=size=${size}:rate=${rate}:duration=${seconds}`
const tone = "-f lavfi -i sine=duration=1.5"
const h264 = "-c:v libx264 -preset ultrafast -pix_fmt yuv420p -g 5"
const av1 = "-c:v libaom-av1 -cpu-used 8 -usage realtime"
const vp8 = "-c:v libvpx -deadline realtime"
const vp9 = "-c:v libvpx-vp9 -deadline realtime"

const mp4 = (args: string): Encode => ({ extension: "mp4", arguments: args })
const mov = (args: string): Encode => ({ extension: "mov", arguments: args })
const webm = (args: string): Encode => ({ extension: "webm", arguments: args })
const mkv = (args: string): Encode => ({ extension: "mkv", arguments: args })
const fragmented = (flags: string, more = "") =>
  mp4(`${picture()} ${tone} ${h264} -c:a aac -movflags ${flags} ${more}`)
const as = (extension: string, args: string): Encode => ({ extension, arguments: args })

/** Every encode by its name. */
export const encodes = {
  "mp4 h264": mp4(`${picture()} ${h264}`),
  "mp4 h264 first": mp4(`${picture()} ${h264} -movflags faststart`),
  "mp4 h264 aac": mp4(`${picture()} ${tone} ${h264} -c:a aac -movflags faststart`),
  "mp4 h264 mp3": mp4(`${picture()} ${tone} ${h264} -c:a libmp3lame`),
  "mp4 h264 opus": mp4(`${picture()} ${tone} ${h264} -c:a libopus -strict -2`),
  "mp4 h264 ac3": mp4(`${picture()} ${tone} ${h264} -c:a ac3`),
  "mp4 h264 b-frames": mp4(`${picture()} -c:v libx264 -preset veryfast -pix_fmt yuv420p -bf 3`),
  "mp4 h264 portrait": mp4(`${picture("72x128")} ${h264}`),
  "mp4 h264 320x180": mp4(`${picture("320x180")} ${h264}`),
  "mp4 h264 64x64": mp4(`${picture("64x64", "10", "0.5")} ${h264}`),
  "mp4 h264 ntsc": mp4(`${picture("128x72", "24000/1001")} ${h264}`),
  "mp4 h264 60": mp4(`${picture("128x72", "60", "0.5")} ${h264}`),
  "mp4 h264 anamorphic": mp4(`${picture()} -vf setsar=2/1 ${h264}`),
  "mp4 h264 timecode": mp4(`${picture("128x72", "25")} ${h264} -timecode 01:00:00:00`),
  "mp4 h264 titled": mp4(`${picture()} ${h264} -metadata title=Lamp -metadata comment=Hill`),
  "mp4 h264 no edits": mp4(`${picture()} ${tone} ${h264} -c:a aac -use_editlist 0`),
  "mp4 h264 10 bit": mp4(`${picture()} -c:v libx264 -preset ultrafast -pix_fmt yuv420p10le`),
  "mp4 h264 444": mp4(`${picture()} -c:v libx264 -preset ultrafast -pix_fmt yuv444p`),
  "mp4 h264 two sounds": mp4(`${picture()} ${tone} ${tone} -map 0 -map 1 -map 2 ${h264} -c:a aac`),
  "mp4 hevc": mp4(`${picture()} -c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1`),
  "mp4 hevc hev1": mp4(`${picture()} -c:v libx265 -preset ultrafast -x265-params log-level=none`),
  "mp4 av1": mp4(`${picture("64x64", "10", "0.5")} ${av1}`),
  "mp4 vp9": mp4(`${picture()} ${vp9}`),
  "mp4 mpeg4": mp4(`${picture()} -c:v mpeg4`),
  "mp4 mjpeg": mp4(`${picture()} -c:v mjpeg -pix_fmt yuvj420p`),
  "mp4 single picture": mp4(`${picture("64x64", "10", "0.1")} ${h264}`),
  "3gp h263": as("3gp", `${picture("176x144")} -c:v h263`),
  "m4v h264": as("m4v", `${picture()} ${h264}`),
  fragments: fragmented("frag_keyframe+empty_moov"),
  "fragments default base": fragmented("frag_keyframe+empty_moov+default_base_moof"),
  "fragments hybrid": fragmented("frag_keyframe"),
  "fragments separate": fragmented("frag_keyframe+empty_moov+separate_moof"),
  "fragments every frame": fragmented("frag_every_frame+empty_moov"),
  "fragments dash": fragmented("dash", "-frag_duration 400000"),
  "fragments global index": fragmented("dash+global_sidx", "-frag_duration 400000"),
  "fragments cmaf": fragmented("cmaf", "-frag_duration 400000"),
  "fragments omit offset": fragmented("frag_keyframe+empty_moov+omit_tfhd_offset"),
  "mov h264": mov(`${picture()} ${h264}`),
  "mov h264 pcm": mov(`${picture()} ${tone} ${h264} -c:a pcm_s16le`),
  "mov prores": mov(`${picture()} -c:v prores_ks -profile:v 0`),
  "mov mjpeg": mov(`${picture()} -c:v mjpeg -pix_fmt yuvj420p`),
  "mov png": mov(`${picture("64x64", "10", "0.5")} -c:v png`),
  "mov animation": mov(`${picture("64x64", "10", "0.5")} -c:v qtrle`),
  "mov raw": mov(`${picture("64x64", "10", "0.3")} -c:v rawvideo -pix_fmt rgb24`),
  "mov black raw": mov(
    `-f lavfi -i color=black:size=64x64:rate=10:duration=0.3 -c:v rawvideo -pix_fmt rgb24`
  ),
  "mov hevc": mov(`${picture()} -c:v libx265 -preset ultrafast -x265-params log-level=none -tag:v hvc1`),
  "webm vp8": webm(`${picture()} ${vp8}`),
  "webm vp8 vorbis": webm(`${picture()} ${tone} ${vp8} -c:a libvorbis`),
  "webm vp9 opus": webm(`${picture()} ${tone} ${vp9} -c:a libopus`),
  "webm av1": webm(`${picture("64x64", "10", "0.5")} ${av1}`),
  "webm vp9 alpha": webm(`${picture("64x64")} ${vp9} -pix_fmt yuva420p`),
  "webm clusters": webm(`${picture()} ${vp8} -cluster_time_limit 300`),
  "webm index first": webm(`${picture()} ${vp8} -reserve_index_space 1000`),
  "webm live": webm(`${picture()} ${vp8} -live 1 -cluster_time_limit 300`),
  "webm dash": webm(`${picture()} ${vp9} -dash 1`),
  "mkv h264": mkv(`${picture()} ${h264}`),
  "mkv h264 aac": mkv(`${picture()} ${tone} ${h264} -c:a aac`),
  "mkv hevc": mkv(`${picture()} -c:v libx265 -preset ultrafast -x265-params log-level=none`),
  "mkv ffv1": mkv(`${picture("64x64", "10", "0.5")} -c:v ffv1`),
  "mkv vp9 flac": mkv(`${picture()} ${tone} ${vp9} -c:a flac`),
  "mkv mjpeg": mkv(`${picture()} -c:v mjpeg -pix_fmt yuvj420p`),
  "mkv live": mkv(`${picture()} ${h264} -live 1`),
  "ts h264": as("ts", `${picture()} ${h264}`),
  "ts h264 aac": as("ts", `${picture()} ${tone} ${h264} -c:a aac`),
  "ts mpeg2": as("ts", `${picture("128x72", "25")} -c:v mpeg2video`),
  "ts hevc": as("ts", `${picture()} -c:v libx265 -preset ultrafast -x265-params log-level=none`),
  "ts sound": as("ts", `${tone} -c:a aac`),
  gif: as("gif", picture("64x64")),
  apng: as("apng", `${picture("64x64")} -plays 0`),
  webp: as("webp", `${picture("64x64")} -c:v libwebp_anim`),
  "gif still": as("gif", `${picture("64x64")} -frames:v 1`),
  "png still": as("png", `${picture("64x64")} -frames:v 1`),
  "webp still": as("webp", `${picture("64x64")} -c:v libwebp -frames:v 1`),
  "jpeg still": as("jpg", `${picture("64x64")} -frames:v 1`),
  m4a: as("m4a", `${tone} -c:a aac`),
  "mp4 sound": mp4(`${tone} -c:a aac -movflags faststart`),
  "webm sound": webm(`${tone} -c:a libopus`),
  mka: as("mka", `${tone} -c:a flac`),
  mp3: as("mp3", `${tone} -c:a libmp3lame`),
  wav: as("wav", tone),
  ogg: as("ogg", `${tone} -c:a libvorbis`),
  avi: as("avi", `${picture()} -c:v mpeg4`),
  flv: as("flv", `${picture()} -c:v flv1`),
  mpg: as("mpg", `${picture("128x72", "25")} -c:v mpeg2video`),
  ogv: as("ogv", `${picture()} -c:v libtheora`),
  encrypted: mp4(
    `${picture()} ${h264} -encryption_scheme cenc-aes-ctr -encryption_key 76a6c65c5ea762046bd749a2e632ccbb -encryption_kid a7e61c373e219033c21091fa607bf3b8`
  )
} as const satisfies Readonly<Record<string, Encode>>

/** The name of an encode. */
export type Name = keyof typeof encodes

/** Makes encodes in a folder, each once. */
export const maker = (folder: string) => {
  const made = new Map<Name, Promise<Buffer>>()
  const make = async (name: Name) => {
    const { arguments: args, extension } = encodes[name]
    const path = join(folder, `${name.replaceAll(" ", "-")}.${extension}`)
    await run("ffmpeg", ["-hide_banner", "-loglevel", "error", "-y", ...args.trim().split(/ +/), path])
    return await readFile(path)
  }
  return (name: Name): Promise<Buffer> => {
    const one = made.get(name) ?? make(name)
    made.set(name, one)
    return one
  }
}
