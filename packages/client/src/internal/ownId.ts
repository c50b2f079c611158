/**
 * Names that follow from what they name: the same attempt of the same intent always gets the same id, so that whoever
 * finds a job of that id knows whose it is.
 */
import { createHash } from "node:crypto"
import type { Intent } from "@mutoscope/core/VideoProvider"
import { label } from "./jobList.ts"

/** The id of an attempt: a UUID of version 8 (made as its maker likes), in small letters and with hyphens. */
export const uuidOf = (intent: Pick<Intent, "id" | "attempt">): string => {
  const hex = digest(intent).toString("hex")
  const variant = "89ab".charAt(Number.parseInt(hex.charAt(16), 16) % 4)
  return [
    hex.slice(0, 8),
    hex.slice(8, 12),
    `8${hex.slice(13, 16)}`,
    `${variant}${hex.slice(17, 20)}`,
    hex.slice(20, 32)
  ].join("-")
}

/** A seed for whoever named none: an unsigned number of 32 bits, the same for the same attempt. */
export const seedOf = (intent: Pick<Intent, "id" | "attempt">): number => digest(intent).readUInt32BE(28)

/** A name for bytes, the same for the same. */
export const contentName = (bytes: Uint8Array): string =>
  createHash("sha256").update(bytes).digest("hex").slice(0, 32)

// The prefix is part of every id that was ever sent to a provider, so it keeps the name the product had then.
const digest = (intent: Pick<Intent, "id" | "attempt">): Buffer =>
  createHash("sha256")
    .update(`videogen ${label(intent)}`)
    .digest()
