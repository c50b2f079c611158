/**
 * What is tested, and in which words it speaks.
 */
import type { HttpClient } from "@effect/platform/HttpClient"
import type { VideoProvider } from "@mutoscope/core/VideoProvider"
import type { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as Data from "effect/Data"
import type * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Redacted from "effect/Redacted"
import type { Received, Reply } from "../liar.ts"

/**
 * What a request to the API is about. `result` is the second question about a job that is done, where its state does not say
 * how it ended; `list` asks for a list of jobs; `other` is what comes before a submit, such as an upload.
 */
export type Purpose = "submit" | "poll" | "result" | "cancel" | "download" | "list" | "other"

/** A job that the API lists: its id, what its submit called it, and when it was made, in milliseconds since 1970. */
export interface ListedJob {
  readonly id: string
  readonly label: string | undefined
  readonly createdAt: number
}

/** How the API answers. Each answer is what the vendor's own server would say. */
export interface Wire {
  readonly purpose: (request: Received) => Purpose
  /** The submit is accepted as the job `id`. `base` is the server's own address, for what the answer names besides. */
  readonly accepted: (id: string, base: string) => Reply
  readonly running: (id: string) => Reply
  /** The job runs, in as few words as the API ever makes of it, such as a 202 without a body. */
  readonly wordless?: (id: string) => Reply
  /**
   * The job has its video at an address. Where videos have none of their own, the API's way of saying that it is done.
   * `base` is as in `accepted`.
   */
  readonly succeeded: (id: string, videoUrl: string, base: string) => Reply
  readonly failed: (id: string, reason: string) => Reply
  /** The job's state has a word that nobody knows; left out where states have no words. */
  readonly strange?: (id: string) => Reply
  readonly cancelled?: (id: string) => Reply
  /** What the request to cancel is answered. */
  readonly cancelling?: (id: string) => Reply
  /** Whether a job that was stopped is not found afterwards, so that nobody can see what became of it. */
  readonly forgets?: boolean
  /** What the question for the result is answered, where there is one. */
  readonly result?: (request: Received) => Reply
  /**
   * The job has its video, and names an address of it that is not the one where it is fetched first; left out where the API
   * has one place only.
   */
  readonly beside?: (id: string, videoUrl: string, base: string) => Reply
  /** Whether an answer about a job without the job's id cannot be read, as in somebody else's client. */
  readonly wantsId?: boolean
  /** Any request that is none of the others. */
  readonly other?: (request: Received) => Reply
  /** A refusal with a status and a sentence, in the shape of the API's errors. */
  readonly refused: (status: number, message: string) => Reply
  /**
   * What the vendor says when its filter blocks something, where it has a filter: in place of accepting a submit, of a job that
   * ended, and in place of an answer how a job is doing.
   */
  readonly blocked?:
    | {
        readonly submit?: () => Reply
        readonly failed?: (id: string) => Reply
        readonly poll?: (id: string) => Reply
      }
    | undefined
  /** What a paid request calls its job; left out where the API has no documented place for that. */
  readonly labelIn?: (submit: Received) => string | undefined
  /** The list of jobs, the newest first; left out where the API has none. */
  readonly listed?: (jobs: ReadonlyArray<ListedJob>) => Reply
  /** The job runs, and shows what its submit called it; left out where the API does not show that. */
  readonly labelled?: (id: string, label: string | undefined) => Reply
  /** Whether a job whose submit had no answer can be proven ours by what the API shows: false. */
  readonly proves?: boolean
  /** Whether the address in `succeeded` is where the video is fetched; else it is made of the job's id. */
  readonly namesVideos: boolean
}

/** A provider under test. */
export interface Subject {
  /** The provider, speaking to a server at that address with that key. */
  readonly layer: (options: {
    readonly baseUrl: string
    readonly apiKey: Redacted.Redacted
  }) => Layer.Layer<VideoProvider, unknown, HttpClient>
  /** A request that the model can do. */
  readonly request: VideoRequest
  /** An id as the API makes them. */
  readonly id: string
  readonly wire: Wire
}

/** What a provider did that it must not, or did not do that it must. */
export class ContractBroken extends Data.TaggedError("ContractBroken")<{
  readonly rule: string
  readonly found: string
}> {
  override get message() {
    return `${this.rule}: ${this.found}`
  }
}

/** One test. */
export interface Case {
  readonly name: string
  readonly run: Effect.Effect<void, ContractBroken>
}
