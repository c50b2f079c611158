/**
 * The addresses that a provider named for a job, kept in its operation: as paths, so that a record outlives a move of the
 * server, and only where they are the provider's own.
 */
import type { JsonObject } from "@mutoscope/core/Json"
import type { Operation } from "@mutoscope/core/Operation"
import { ownPath } from "./address.ts"

/** The paths to keep, by what they are for. */
export const keep = (base: string, urls: Readonly<Record<string, string | undefined>>): JsonObject =>
  Object.fromEntries(
    Object.entries(urls).flatMap(([name, url]) => {
      const path = ownPath(base, url)
      return path === undefined ? [] : [[name, path]]
    })
  )

/** The path that was kept for something, if one was. */
export const kept = ({ metadata }: Operation, name: string): string | undefined => {
  const path = metadata?.[name]
  return typeof path === "string" && /^\/[^/]/.test(path) ? path : undefined
}
