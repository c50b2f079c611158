/**
 * Figures as people read them.
 */
import type { Ignorable } from "@mutoscope/core/Capabilities"
import type * as Costs from "@mutoscope/core/Costs"
import type { Media } from "@mutoscope/core/Media"
import * as Money from "@mutoscope/core/Money"
import { AspectRatio, Resolution, type VideoRequest } from "@mutoscope/core/VideoRequest"
import { inOneLine } from "./terminalText.ts"

/** 8 s, 1 min 5 s, 2 h 3 min. */
export const seconds = (value: number): string => {
  const whole = Math.max(0, Math.round(value))
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor((whole % 3600) / 60), whole % 60]
  if (hours > 0) return `${hours} h ${minutes} min`
  return minutes > 0 ? `${minutes} min ${rest} s` : `${rest} s`
}

/** 1.4 MB; bytes below a kilobyte are counted out. */
export const megabytes = (bytes: number): string =>
  bytes < 1000
    ? `${bytes} bytes`
    : bytes < 1_000_000
      ? `${Math.round(bytes / 1000)} kB`
      : `${(bytes / 1_000_000).toFixed(1)} MB`

/** `5 s, 720p, 16:9, with sound`: how a video was asked for, without what was ignored of it. */
export const form = (
  request: Pick<VideoRequest, "aspectRatio" | "audio" | "duration" | "resolution">,
  ignored: ReadonlyArray<Ignorable> = []
): string => {
  const { aspectRatio, audio, duration, resolution } = request
  const parts: ReadonlyArray<readonly [Ignorable, string | undefined]> = [
    ["duration", `${duration} s`],
    ["resolution", resolution],
    ["aspectRatio", aspectRatio],
    ["audio", audio === undefined ? undefined : audio ? "with sound" : "without sound"]
  ]
  return parts
    .flatMap(([name, words]) => (words === undefined || ignored.includes(name) ? [] : [words]))
    .join(", ")
}

/** `5.04 s, 1280x704`: what a file holds. Its size has the name of a resolution and a shape where it is exactly that. */
export const contents = ({ durationSeconds, picture: { height, width } }: Media): string =>
  [
    ...(durationSeconds === undefined ? [] : [`${Math.round(durationSeconds * 100) / 100} s`]),
    nameOfSize(width, height) ?? `${width}x${height}`
  ].join(", ")

const nameOfSize = (width: number, height: number): string | undefined => {
  const resolution = Resolution.literals.find((name) => shorterSide[name] === Math.min(width, height))
  const ratio = AspectRatio.literals.find((name) => {
    const [across = 1, down = 1] = name.split(":").map(Number)
    // A width is even: 854x480 is the nearest to 16:9.
    return Math.abs(width - (height * across) / down) < 2 || Math.abs(height - (width * down) / across) < 2
  })
  return resolution === undefined || ratio === undefined ? undefined : `${resolution}, ${ratio}`
}

const shorterSide: { readonly [Name in Resolution]: number } = {
  "480p": 480,
  "720p": 720,
  "1080p": 1080,
  "4K": 2160
}

/** `$3.20`, with what of it is estimated, and what is not known beside it. */
export const spent = ({ estimated, possible, reported, unknown }: Costs.Total): string => {
  const sum = Money.format(Money.plus(reported, estimated))
  const known =
    estimated === 0 ? sum : reported === 0 ? `about ${sum}` : `${sum} (${Money.format(estimated)} estimated)`
  const nothing = reported + estimated === 0 && unknown > 0
  return [
    ...(nothing ? [] : [known]),
    ...(unknown === 0 ? [] : [`${unknown} of unknown cost`]),
    ...(possible.jobs === 0 ? [] : [`${possible.jobs} may have been charged (${perhaps(possible)})`])
  ].join(", ")
}

/** What a submit whose outcome is unknown would have cost. */
export const perhaps = ({ amount, jobs, unpriced }: Costs.Total["possible"]): string => {
  if (unpriced === jobs) return "of unknown price"
  return unpriced === 0 ? Money.format(amount) : `${Money.format(amount)} and ${unpriced} of unknown price`
}

/** `next in the queue`, `3 before it in the queue`. */
export const place = (position: number): string =>
  position === 0 ? "next in the queue" : `${position} before it in the queue`

/** A text in one line, cut where it is too long for one. */
export const oneLine = (text: string, most = 66): string => {
  const line = inOneLine(text).replace(/\s+/g, " ")
  return line.length > most ? `${line.slice(0, most - 1)}…` : line
}

/** How long ago, roughly: just now, 5 min ago, 3 days ago. */
export const ago = (millis: number): string => {
  const units = [
    [86_400_000, "day"],
    [3_600_000, "hour"],
    [60_000, "min"]
  ] as const
  const unit = units.find(([size]) => millis >= size)
  if (unit === undefined) return "just now"
  const count = Math.floor(millis / unit[0])
  return `${count} ${unit[1]}${count > 1 && unit[1] !== "min" ? "s" : ""} ago`
}

/** Below a finding of the check-up, in its column. */
export const indented = `\n${" ".repeat(24)}`
