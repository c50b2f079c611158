/**
 * A provider that answers from a script and keeps a ledger, and the layers to run the flow on it in memory.
 */
import { Capabilities, isNamed } from "@mutoscope/core/Capabilities"
import * as Generation from "@mutoscope/core/Generation"
import type { DownloadError, PollError, SubmitError } from "@mutoscope/core/GenerationError"
import * as GenerationStore from "@mutoscope/core/GenerationStore"
import type { CancelOutcome, Operation, OperationStatus } from "@mutoscope/core/Operation"
import * as VideoGenerator from "@mutoscope/core/VideoGenerator"
import { type Reconciliation, VideoProvider } from "@mutoscope/core/VideoProvider"
import { VideoRequest } from "@mutoscope/core/VideoRequest"
import * as VideoStore from "@mutoscope/core/VideoStore"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"

export const capabilities = Schema.decodeSync(Capabilities)({
  provider: "scripted",
  model: "scripted-1",
  aliases: ["s1"],
  title: "Scripted",
  aspectRatios: ["16:9", "9:16"],
  resolutions: ["480p", "720p"],
  durations: { _tag: "Range", minimum: 2, maximum: 10 },
  audio: "optional",
  negativePrompt: true,
  seed: true,
  startImage: false,
  lastFrame: false,
  referenceImages: 0,
  cancel: true,
  progress: true,
  minimumPollInterval: 0
})

export const request = new VideoRequest({
  prompt: "A serene mountain landscape at sunset",
  model: "scripted-1",
  aspectRatio: "16:9",
  duration: 5,
  resolution: "720p"
})

export const operation: Operation = { provider: "scripted", id: "operations/1", model: "scripted-1" }

export const remote = { _tag: "Remote", uri: "https://videos.example/1" } as const

export const succeeded: OperationStatus = { _tag: "Succeeded", videos: [remote] }

/** The smallest thing that begins like an MP4. */
export const mp4 = new Uint8Array([0, 0, 0, 8, 0x66, 0x74, 0x79, 0x70, 1, 2, 3, 4])

/** Answers in order; the last one is given for ever. */
export interface Script {
  readonly submit?: ReadonlyArray<Effect.Effect<Operation, SubmitError>>
  readonly poll?: ReadonlyArray<Effect.Effect<OperationStatus, PollError>>
  readonly cancel?: ReadonlyArray<Effect.Effect<CancelOutcome, PollError>>
  readonly reconcile?: ReadonlyArray<Effect.Effect<Reconciliation, PollError>>
  readonly download?: ReadonlyArray<Stream.Stream<Uint8Array, DownloadError>>
  /** The strong ETag of every download. */
  readonly validator?: string
  readonly minimumPollInterval?: number
  readonly capabilities?: Partial<Capabilities>
}

/** What the provider was asked, in order. */
export type Ledger = Array<"submit" | "poll" | "cancel" | "reconcile" | "download">

export const provider = (script: Script, ledger: Ledger) => Layer.succeed(VideoProvider, api(script, ledger))

/** Several scripts as one provider: each call goes to the one whose name it carries. */
export const router = (apis: ReadonlyArray<VideoProvider["Type"]>): VideoProvider["Type"] => {
  const models = apis.flatMap((one) => one.models)
  const of = (provider: string) => {
    const found = apis.find((one) => one.models.some((model) => model.provider === provider))
    if (found === undefined) throw new Error(`nobody is called ${provider}`)
    return found
  }
  return {
    submit: (intent) => of(intent.provider).submit(intent),
    poll: (operation) => of(operation.provider).poll(operation),
    cancel: (operation) => of(operation.provider).cancel(operation),
    reconcile: (intent) => of(intent.provider).reconcile(intent),
    download: (operation, video, from) => of(operation.provider).download(operation, video, from),
    capabilities: (name) => Option.fromNullable(models.find((model) => isNamed(model, name))),
    models
  }
}

/** A provider that answers from a script. */
export const api = (script: Script, ledger: Ledger): VideoProvider["Type"] => {
  const answers = <A>(name: Ledger[number], list: ReadonlyArray<A>) => {
    let next = 0
    return () => {
      ledger.push(name)
      const answer = list[Math.min(next++, list.length - 1)]
      if (answer === undefined) throw new Error(`the script has no answer to ${name}`)
      return answer
    }
  }
  const model = {
    ...capabilities,
    minimumPollInterval: script.minimumPollInterval ?? 0,
    ...script.capabilities
  }
  const accepted = { ...operation, provider: model.provider, model: model.model }
  let jobs = 0
  // No two jobs have one operation.
  const numbered = (accepted: Operation): Operation =>
    ++jobs > 1 && accepted.id === operation.id ? { ...accepted, id: `operations/${jobs}` } : accepted
  const submit = answers("submit", script.submit ?? [Effect.succeed(accepted)])
  const poll = answers("poll", script.poll ?? [Effect.succeed(succeeded)])
  const cancel = answers("cancel", script.cancel ?? [Effect.succeed("Cancelled" as const)])
  const notSupported: Reconciliation = { _tag: "NotSupported" }
  const reconcile =
    script.reconcile === undefined
      ? () => Effect.succeed(notSupported)
      : answers("reconcile", script.reconcile)
  const download = answers("download", script.download ?? [Stream.make(mp4)])
  return {
    submit: () => Effect.map(Effect.suspend(submit), numbered),
    poll: () => Effect.suspend(poll),
    cancel: () => Effect.suspend(cancel),
    reconcile: () => Effect.suspend(reconcile),
    download: () =>
      Effect.sync(() => ({
        offset: 0,
        totalBytes: Option.some(mp4.length),
        announcedHash: Option.none(),
        validator: Option.fromNullable(script.validator),
        bytes: download()
      })),
    capabilities: (name) => (isNamed(model, name) ? Option.some(model) : Option.none()),
    models: [model]
  }
}

/** The generator on a script, with its stores in reach of the test. */
export const layer = (script: Script, ledger: Ledger = []) =>
  VideoGenerator.layer.pipe(
    Layer.provideMerge(provider(script, ledger)),
    Layer.provideMerge(GenerationStore.layerMemory),
    Layer.provideMerge(VideoStore.layerMemory)
  )

export const id = Generation.GenerationId.make("test")
