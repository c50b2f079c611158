/**
 * What the vendor's own adapter reads in an answer that a model of the AI SDK got. The packages tell less of an answer than
 * stands in it: a code, a charge, a cancel, or that there is no video.
 */

import type { Answered } from "@mutoscope/client/Failure"
import * as Fal from "@mutoscope/client/Fal"
import type { JobApi } from "@mutoscope/client/JobApi"
import * as Replicate from "@mutoscope/client/Replicate"
import * as Xai from "@mutoscope/client/Xai"
import type { Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as Option from "effect/Option"
import * as Redacted from "effect/Redacted"

/** The end of a job. */
export type End = Extract<OperationStatus, { readonly _tag: "Succeeded" | "Failed" | "Cancelled" }>

/** The end of a job that an answer tells of; none where it tells of none. */
export type Reader = (answer: Answered, operation: Operation) => Option.Option<End>

/** The reader for a model, by the name that its package gives its provider (`fal.video`, `replicate`); none for others. */
export const readerOf = (sdkProvider: string | undefined, provider: string): Option.Option<Reader> =>
  Option.map(Option.fromNullable(readers[sdkProvider?.split(".")[0] ?? ""]), (make) => make(provider))

// Nothing is asked by these, so that they need no key.
const options = { apiKey: Redacted.make("") }

const readers: { readonly [vendor: string]: (provider: string) => Reader } = {
  fal: (provider) => (answer) =>
    Option.filter(
      Option.flatMap(Fal.resultOf(answer, provider), endOf),
      ({ _tag }) => _tag === "Succeeded" || isResult(answer)
    ),
  replicate: (provider) => successOf(Replicate.api(provider, options)),
  xai: (provider) => successOf(Xai.api(provider, options))
}

/** A refusal may be about the question; what is none has to say how the job is doing. */
const successOf =
  ({ status }: JobApi): Reader =>
  (answer, operation) =>
    isSuccess(answer) ? Option.flatMap(status(answer, operation), endOf) : Option.none()

const isSuccess = ({ status }: Answered): boolean => status >= 200 && status < 300

/** fal's queue was not asked whether the request is worked off, so that an answer without a word of a video is no result. */
const isResult = (answer: Answered): boolean => !isSuccess(answer) || /"videos?"\s*:/.test(answer.body)

const endOf = (told: Option.Option.Value<ReturnType<JobApi["status"]>>): Option.Option<End> =>
  told._tag === "Succeeded" || told._tag === "Failed" || told._tag === "Cancelled"
    ? Option.some(told)
    : Option.none()
