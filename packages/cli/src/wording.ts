/**
 * Figures as people read them.
 */

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

/** A text in one line, cut where it is too long for one. */
export const oneLine = (text: string, most = 66): string => {
  const line = text.replace(/[\p{Cc}\p{Cf}\s]+/gu, " ")
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
