/**
 * The name of each job of a batch, by which the same file can be run again: the line's own key, or what the line asks
 * for and how often it was asked for above. So a line that moves keeps its job, and the same line twice is two clips.
 *
 * What a line asks for includes the content of its local files. Earlier builds knew only their paths: {@link withFiles} is
 * for lines that have no job under such a key.
 */
import { createHash } from "node:crypto"
import { JobKey } from "@mutoscope/core/Generation"

/** What a key is made of: the line's own key where it has one, and what it asks for. */
export interface Named {
  readonly key: string | undefined
  readonly content: string
}

/** A function that gives each line of a batch, in their order, its key. */
export const keysOf = (batch: string) => {
  const seen = new Map<string, number>()
  return ({ content, key }: Named): JobKey => {
    if (key !== undefined) return keyOf([batch, "key", key])
    const print = digest(content)
    const occurrence = (seen.get(print) ?? 0) + 1
    seen.set(print, occurrence)
    return keyOf([batch, "line", print, String(occurrence)])
  }
}

/** The same text for the same value, in whatever order its fields stand. */
export const canonical = (value: unknown): string => {
  if (Array.isArray(value)) return `[${value.map(canonical).join(",")}]`
  if (typeof value !== "object" || value === null) return JSON.stringify(value) ?? "null"
  const fields = Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1))
  return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${canonical(field)}`).join(",")}}`
}

/** The name of a batch that has none but its content. */
export const batchOfContent = (content: string): string => `stdin:${digest(content).slice(0, 16)}`

/** What a line asks for, with the hashes of its local files; without files it is what it was. */
export const withFiles = (content: string, hashes: ReadonlyArray<string>): string =>
  hashes.length === 0 ? content : canonical([content, ...hashes])

const keyOf = (parts: ReadonlyArray<string>) => JobKey.make(`batch:${digest(JSON.stringify(parts))}`)

const digest = (text: string) => createHash("sha256").update(text).digest("hex")
