/**
 * What came of a batch: an account of each line, a count of each kind, and the exit code for both.
 */
import type * as Costs from "@mutoscope/core/Costs"
import * as Generation from "@mutoscope/core/Generation"
import type { GenerationError } from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import * as Receipt from "@mutoscope/core/Receipt"
import * as Option from "effect/Option"
import { codes } from "../ExitCode.ts"
import { describe } from "../Outcome.ts"
import { type Column, table } from "../table.ts"
import { spent } from "../wording.ts"
import type { BadLine } from "./line.ts"

/** What came of one line. `estimate` and `cost` are in millionths of a US dollar, absent where they are not known. */
export interface Account {
  readonly line: number
  readonly status: Generation.Summary["status"] | "invalid"
  readonly prompt?: string
  readonly recordId?: string
  readonly path?: string
  /** What is in the file. */
  readonly media?: Generation.Summary["media"]
  readonly error?: string
  readonly warnings?: ReadonlyArray<string>
  readonly tried?: Generation.Summary["tried"]
  readonly estimate?: number
  readonly cost?: number
  readonly costSource?: Generation.Cost["source"]
}

/** How many lines came to what. */
export type Counts = { readonly [Status in Account["status"]]: number }

/** The account of a line that has a record. `error` is why this run stopped short of its end, where it did. */
export const accountOf = (
  line: number,
  generation: Generation.Generation,
  error: GenerationError | undefined
): Account => {
  const summary = Generation.summary(generation)
  const { cost, costSource, error: recorded, media, path, recordId, status, tried, warnings } = summary
  const reason = recorded ?? (Generation.isFinal(generation) ? undefined : error?.message)
  return {
    line,
    status,
    prompt: generation.request.prompt,
    recordId,
    ...(path === undefined ? {} : { path }),
    ...(media === undefined ? {} : { media }),
    ...(reason === undefined ? {} : { error: reason }),
    ...(warnings === undefined ? {} : { warnings }),
    ...(tried === undefined ? {} : { tried }),
    ...(generation.estimate === undefined ? {} : { estimate: generation.estimate }),
    ...(cost === undefined || costSource === undefined ? {} : { cost, costSource })
  }
}

/** The account of a line that could not be used. */
export const accountOfBad = ({ number, reason }: BadLine): Account => ({
  line: number,
  status: "invalid",
  error: reason
})

/** The counts of a report. */
export const countsOf = (accounts: ReadonlyArray<Account>): Counts => {
  const counts = {
    completed: 0,
    failed: 0,
    cancelled: 0,
    unknown: 0,
    unreachable: 0,
    processing: 0,
    pending: 0,
    invalid: 0
  }
  for (const { status } of accounts) counts[status]++
  return counts
}

/** `3 completed, 1 failed`, without what there is none of. */
export const wordsOf = (counts: Counts): string =>
  Object.entries(counts)
    .flatMap(([status, count]) => (count === 0 ? [] : [`${count} ${status}`]))
    .join(", ")

/** The same, with what those that were sent cost. What is free is not worth a word. */
export const summaryOf = (counts: Counts, cost: Costs.Total): string => {
  const isFree = cost.reported + cost.estimated + cost.unknown + cost.possible.jobs === 0
  return isFree ? wordsOf(counts) : `${wordsOf(counts)}; cost: ${spent(cost)}`
}

/** Zero only where every line has its video; else the code of the worst that there is. */
export const codeOf = (
  counts: Counts,
  halted: Option.Option<GenerationError>,
  errors: ReadonlyArray<GenerationError>
): number => {
  if (Option.isSome(halted)) return describe(halted.value).code
  if (counts.invalid > 0) return codes.usage
  if (counts.unknown > 0) return codes.submitUnknown
  if (counts.failed > 0) return codes.failed
  if (counts.cancelled > 0) return codes.cancelled
  if (errors.some(({ _tag }) => _tag === "StorageError")) return codes.storage
  if (counts.unreachable > 0) return codes.unavailable
  if (counts.pending + counts.processing === 0) return codes.ok
  const cause = errors.find(isOfDownload)
  return cause === undefined ? codes.timeout : describe(cause).code
}

/** The provider is done with the job, and its video did not come. */
const isOfDownload = ({ _tag }: GenerationError): boolean =>
  _tag === "DownloadFailed" || _tag === "OutputRefused" || _tag === "NotAVideo"

/** `$1.60`, with a word for those that have no known price. */
export const costOf = (generations: ReadonlyArray<Generation.Generation>): string => {
  const priced = generations.flatMap(({ estimate }) => (estimate === undefined ? [] : [estimate]))
  const unknown = generations.length - priced.length
  const sum = Money.format(priced.reduce(Money.plus, Money.zero))
  if (unknown === 0) return `about ${sum}`
  return priced.length === 0 ? "unknown" : `about ${sum}, and ${unknown} of unknown price`
}

/** A sentence for each line whose receipt was larger than its quote. */
export const receiptsOf = (
  lines: ReadonlyArray<{ readonly number: number; readonly generation: Generation.Generation }>
): ReadonlyArray<string> =>
  lines.flatMap(({ generation, number }) =>
    Option.toArray(Option.map(Receipt.warning(generation), (said) => `Line ${number}: ${said}`))
  )

const columns: ReadonlyArray<Column> = [
  { heading: "LINE" },
  { heading: "STATE" },
  { heading: "ID" },
  { heading: "PROMPT", flexible: true },
  { heading: "VIDEO OR ERROR", flexible: true }
]

/** The report as a table. */
export const tableOf = (accounts: ReadonlyArray<Account>, width: Option.Option<number>) =>
  table(
    columns,
    accounts.map(({ error, line, path, prompt = "", recordId = "", status }) => [
      String(line),
      status,
      recordId.slice(0, 8),
      prompt.slice(0, 100),
      path ?? error ?? ""
    ]),
    Option.getOrUndefined(width)
  )
