/**
 * Ids with hyphens in them.
 *
 * @internal
 */

/** An id of 32 digits as a UUID. */
export const uuid = (id: string): string => id.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5")

/** Whether it could be one. */
export const isUuid = (text: string): boolean => /^[0-9a-f]{32}$/.test(text.replaceAll("-", ""))
