/**
 * How a failure is told: the exit code, the sentence, and what to do next.
 */

import type { Generation } from "@mutoscope/core/Generation"
import type { GenerationError, ProviderPaused } from "@mutoscope/core/GenerationError"
import * as Money from "@mutoscope/core/Money"
import type { EmulatorFailed } from "@mutoscope/emulator/Emulator"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import type { ConfigurationInvalid } from "./Configuration.ts"
import { codes } from "./ExitCode.ts"
import { howToPrice } from "./ownPrice.ts"
import * as Undecided from "./Undecided.ts"

/** The command cannot be carried out as it was given. */
export class UsageError extends Data.TaggedError("UsageError")<{
  readonly reason: string
  readonly hint?: string
}> {
  override get message() {
    return this.reason
  }
}

/** Something that was checked is not in order; it has been said already. */
export class CheckFailed extends Data.TaggedError("CheckFailed") {}

/** It may cost more than the user wants to spend unasked, and there is nobody to ask. */
export class NotConfirmed extends Data.TaggedError("NotConfirmed")<{
  readonly reason: string
  readonly above: Money.MicroUsd
  /** What the amounts consist of, or why they are unknown, a sentence each. */
  readonly details?: ReadonlyArray<string>
}> {
  override get message() {
    return `${this.reason}: more than ${Money.format(this.above)} is not spent unasked`
  }
}

/** The person at the terminal broke off an answer. */
export class Quit extends Data.TaggedError("Quit") {}

/** Some of many did not come to a good end; which is said already. */
export class SomeLeft extends Data.TaggedError("SomeLeft")<{ readonly code: number }> {}

/**
 * A generation that stopped short, whether going on with it can help, and whether somebody has to decide about it. It is
 * `unsent` where it is certain that no provider ever accepted it.
 */
export class GenerationStopped extends Data.TaggedError("GenerationStopped")<{
  readonly error: GenerationError
  readonly id: Generation["id"]
  readonly resumable: boolean
  readonly unsent?: boolean
  /** The key that will always lead to this very end, and whether the job of an earlier call had it. */
  readonly key?: { readonly name: string; readonly earlier: boolean }
  readonly undecided?: Undecided.Undecided
  readonly tried?: Generation["tried"]
  /** The models that were still to be tried. */
  readonly fallback?: Generation["fallback"]
  /** What there is to say of its quote, where a limit of money stopped it. */
  readonly quote?: ReadonlyArray<string>
}> {
  override get message() {
    return this.error.message
  }
}

/** Every failure that a command expects. */
export type CommandError =
  | GenerationError
  | GenerationStopped
  | ConfigurationInvalid
  | UsageError
  | CheckFailed
  | NotConfirmed
  | SomeLeft
  | Quit
  | EmulatorFailed

/** What a failure comes to. */
export interface Outcome {
  readonly code: number
  readonly message: string
  readonly hints: ReadonlyArray<string>
}

/** The outcome of a failure; `id` and `resumable` where it belongs to a record. */
export const describe = (error: CommandError): Outcome => {
  if (error._tag !== "GenerationStopped") return outcome(error, nothingKnown)
  if (error.undecided !== undefined)
    return { code: codes.submitUnknown, message: error.message, hints: Undecided.screen(error.undecided) }
  const resume = error.resumable ? [`Go on with it: mutoscope resume ${error.id}`] : []
  const told = outcome(error.error, {
    resume,
    unsent: error.unsent ?? false,
    under: error.key === undefined ? "" : " under another key"
  })
  const { quote = [], tried } = error
  const hints = [...quote, ...told.hints.filter((hint) => !quote.includes(hint))]
  return { ...told, hints: [...triedBefore(tried), ...keyHints(error), ...untriedHints(error), ...hints] }
}

const untriedHints = ({ error, fallback }: GenerationStopped): ReadonlyArray<string> =>
  fallback === undefined || error._tag !== "AuthenticationFailed" || error.unclear !== true
    ? []
    : [
        `The prompt was not sent to ${fallback.models.join(", ")}, since a filter may have blocked it. ` +
          "To try the next model after such a refusal: --fallback-unclear"
      ]

const keyHints = ({ id, key }: GenerationStopped): ReadonlyArray<string> => {
  if (key === undefined) return []
  return [
    key.earlier
      ? `That is how an earlier job under the key ${key.name} ended: mutoscope show ${id}`
      : `The key ${key.name} stands for this job, and will always lead to this end`
  ]
}

/** The models that accepted nothing, a line each. */
export const triedBefore = (tried: Generation["tried"] = []): ReadonlyArray<string> =>
  tried.map(({ error, model, provider }) => `Tried before: ${provider}/${model}: ${error.message}`)

/** When the next job is sent to a provider that delivers nothing, and how to send it now. */
const whenTriedAgain = ({ provider, retryAt }: ProviderPaused): ReadonlyArray<string> => [
  "What was not sent waits, and costs nothing",
  `One job at a time is tried${retryAt === undefined ? "" : ` from ${DateTime.formatIso(retryAt)} on`}, until a video arrives`,
  `Once the provider works again, send everything: mutoscope queue continue --provider ${provider}`
]

/** What there is to say of the record that a failure belongs to, if it is one's. */
interface Known {
  readonly resume: ReadonlyArray<string>
  readonly unsent: boolean
  /** What has to be other the next time, in words. */
  readonly under: string
}

const nothingKnown: Known = { resume: [], unsent: false, under: "" }

/** A promise about money, so it is made only where the record bears it out. */
const later = ({ under, unsent }: Known, pause = Duration.zero) => {
  const when = Duration.greaterThan(pause, Duration.zero) ? `in ${Duration.format(pause)}` : "in a while"
  return unsent ? `Nothing was charged; try again ${when}${under}` : `Try again ${when}${under}`
}

const outcome = (error: Exclude<CommandError, GenerationStopped>, known: Known): Outcome => {
  const { resume, under } = known
  const told = (code: number, ...hints: ReadonlyArray<string>): Outcome => ({
    code,
    message: error.message,
    hints: [...hints, ...resume]
  })
  switch (error._tag) {
    case "InvalidRequest":
      return told(
        codes.usage,
        ...(error.nearest === undefined ? [] : [`The nearest that works is ${error.nearest}`]),
        ...(error.field === "baseUrl" ? ["Which addresses are configured, and where: mutoscope doctor"] : [])
      )
    case "UnsupportedOption":
      return told(
        codes.usage,
        ...(error.option === "model" || error.nearest === undefined ? [] : ["Take the nearest: --snap"]),
        ...(error.reason === undefined ? [] : ["What is configured, and where: mutoscope doctor"]),
        "What each model can do: mutoscope models",
        ...(error.option === "model" && error.reason === undefined
          ? ["Providers that are not set up yet: mutoscope providers"]
          : [])
      )
    case "ConfigurationInvalid":
      return told(codes.usage, "What is configured, and where: mutoscope doctor")
    case "UsageError":
      return told(codes.usage, ...(error.hint === undefined ? [] : [error.hint]))
    case "CheckFailed":
      return { code: codes.unexpected, message: "", hints: [] }
    case "NotConfirmed":
      return told(codes.budget, ...(error.details ?? []), "Nothing was sent. If it is wanted, add --yes")
    case "SomeLeft":
      return { code: error.code, message: "", hints: [] }
    case "Quit":
      return { code: codes.interrupted, message: "", hints: [] }
    case "AuthenticationFailed":
      return told(codes.authentication, "What is configured, and where: mutoscope doctor")
    case "QuotaExceeded":
      return told(codes.quota, "Look at the provider's console for what is left and when it is renewed")
    case "BudgetSpent":
      return told(
        codes.budget,
        ...(error.limit !== "jobs" && error.estimate === undefined && error.model !== undefined
          ? [howToPrice(error.model)]
          : []),
        "Nothing was sent; the limits: mutoscope doctor"
      )
    case "HeldBack":
      if (error.why === "paused")
        return told(codes.timeout, "Nothing was sent. Let the queue go on first: mutoscope queue continue")
      // To resume it would only say the same again.
      return {
        code: codes.timeout,
        message: error.message,
        hints: ["Nothing was sent. It is made when its line is back in its batch and that is run"]
      }
    case "ProviderPaused":
      return told(outcome(error.trouble, nothingKnown).code, ...whenTriedAgain(error))
    case "RateLimited":
      return told(codes.quota, later(known, error.retryAfter))
    case "ContentBlocked":
      return told(codes.blocked, "Say it in other words, or leave out what the filter may object to")
    case "EmptyResult":
      return told(
        codes.failed,
        resume.length === 0
          ? `Try again${under}, with another seed or in other words`
          : "The provider may name its video later, which costs nothing; a new job is paid for anew"
      )
    case "GenerationFailed":
      return told(codes.failed, `Try again${under}, with another seed or in other words`)
    case "NotAVideo":
      return told(
        codes.failed,
        ...(resume.length === 0 ? [] : ["The provider may serve the right file later"])
      )
    case "OutputExpired":
      return told(codes.failed)
    case "GenerationTimeout":
      return told(codes.timeout)
    case "SubmitUnknown":
      return told(
        codes.submitUnknown,
        "It is not sent again, since it may be running and charged already",
        "What to decide, and how: mutoscope show"
      )
    case "Cancelled":
      return told(codes.cancelled)
    case "StorageError":
      return told(codes.storage, "Where things are kept, and what is wrong: mutoscope doctor")
    case "DownloadFailed":
    case "OutputRefused":
      return told(codes.download, "What has arrived is kept")
    case "EmulatorFailed":
      return told(codes.unavailable)
    case "OperationNotFound":
      return told(codes.unavailable, "The operation is kept, and the job is not sent again")
    case "ProviderUnavailable":
    case "UnexpectedAnswer":
      return told(codes.unavailable, ...(resume.length > 0 ? [] : [later(known)]))
    case "GenerationNotFound":
      return told(
        codes.notFound,
        error.reference === "last"
          ? 'Make one: mutoscope generate "A serene mountain landscape at sunset"'
          : "All generations: mutoscope list"
      )
    case "LeaseLost":
      return told(codes.leaseLost, `Look on: mutoscope watch ${error.generationId}`)
  }
}
