/**
 * How a batch file may be written.
 */
export const formats = ["jsonl", "json", "csv", "text"] as const
export type Format = (typeof formats)[number]
