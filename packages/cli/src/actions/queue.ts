/**
 * `mutoscope queue`: what waits and what is in flight, and what lets it go on or holds it back.
 */
import { GenerationStore } from "@mutoscope/core/GenerationStore"
import { Policy } from "@mutoscope/core/Policy"
import { VideoGenerator } from "@mutoscope/core/VideoGenerator"
import { VideoProvider } from "@mutoscope/core/VideoProvider"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { accounts } from "../accounts.ts"
import { tellHalted } from "../batch/halted.ts"
import * as BatchView from "../batch/view.ts"
import * as Breakers from "../breakers.ts"
import { codes } from "../ExitCode.ts"
import { describe, SomeLeft, UsageError } from "../Outcome.ts"
import { Output } from "../Output.ts"
import * as UserPolicy from "../UserPolicy.ts"

const theQueue = Effect.map(GenerationStore, ({ queue }) => queue)

export const show = ({ json }: { readonly json: boolean }) =>
  Effect.gen(function* () {
    const { data } = yield* Output
    const state = yield* Effect.flatMap(theQueue, ({ state }) => state)
    if (json)
      return yield* data(
        JSON.stringify({ event: "queue", ...state, breakers: state.breakers.map(Breakers.toJson) })
      )
    const aside = state.aside > 0 ? `, ${state.aside} set aside` : ""
    yield* data(
      `${state.waiting} waiting${aside}, ${state.inFlight} in flight${state.paused ? ", paused" : ""}`
    )
    yield* Effect.forEach(
      state.limits,
      ({ model, most, provider }) =>
        data(`at most ${most} in flight: ${model === undefined ? provider : `${provider}/${model}`}`),
      { discard: true }
    )
    yield* Effect.forEach(state.breakers, (one) => data(Breakers.line(one)), { discard: true })
  })

export const pause = () =>
  Effect.gen(function* () {
    yield* Effect.flatMap(theQueue, ({ pause }) => pause(true))
    yield* Effect.flatMap(Output, ({ note }) => note("Paused. Go on: mutoscope queue continue"))
  })

export interface ContinueFlags {
  readonly provider: Option.Option<string>
}

export const continue_ = ({ provider }: ContinueFlags) =>
  Option.match(provider, { onNone: () => unpause, onSome: sendAgainTo })

/** Whatever its jobs came to, the provider is sent jobs again. */
const sendAgainTo = (provider: string) =>
  Effect.gen(function* () {
    const { note } = yield* Output
    const wasOpen = yield* Effect.flatMap(theQueue, ({ close }) => close(provider))
    if (wasOpen)
      return yield* note(`Jobs are sent to ${provider} again. Make what waits: mutoscope queue run`)
    const known = yield* accounts
    if (known.some(({ name }) => name === provider))
      return yield* note(`${provider} was not stopped: jobs are sent to it.`)
    return yield* new UsageError({
      reason: `There is no provider ${provider}`,
      hint: "All that there are: mutoscope providers"
    })
  })

const unpause = Effect.gen(function* () {
  yield* Effect.flatMap(theQueue, ({ pause }) => pause(false))
  yield* Effect.flatMap(Output, ({ note }) =>
    note("Not paused any more. Make what waits: mutoscope queue run")
  )
})

export interface LimitFlags {
  readonly target: string
  readonly most: string
}

export const limit = ({ most, target }: LimitFlags) =>
  Effect.gen(function* () {
    const wanted = yield* placeOf(target)
    const queue = yield* theQueue
    const { note } = yield* Output
    if (most === "none") {
      yield* queue.unlimit(wanted)
      return yield* note(`${target}: no limit any more.`)
    }
    if (!/^\d{1,9}$/.test(most))
      return yield* new UsageError({ reason: `${most} is no number of jobs: give a whole number, or none` })
    yield* queue.limit({ ...wanted, most: Number(most) })
    yield* note(`${target}: at most ${Number(most)} in flight from now on, for every process.`)
  })

/** A model is limited under the provider's own name for it, whichever of its names was given. */
const placeOf = (target: string) =>
  Effect.flatMap(VideoProvider, ({ capabilities, models }) => {
    const found = target.includes("/") ? capabilities(target) : Option.none()
    if (Option.isSome(found))
      return Effect.succeed({ provider: found.value.provider, model: found.value.model })
    return models.some(({ provider }) => provider === target)
      ? Effect.succeed({ provider: target })
      : Effect.fail(
          new UsageError({
            reason: `There is no provider or model ${target}`,
            hint: "All that there are: mutoscope models"
          })
        )
  })

export interface RunFlags {
  readonly concurrency: number
  readonly json: boolean
  readonly quiet: boolean
}

export const run = (flags: RunFlags) =>
  Effect.gen(function* () {
    const { data, note } = yield* Output
    const generator = yield* VideoGenerator
    const { waiting } = yield* Effect.flatMap(theQueue, ({ state }) => state)
    const drained = yield* Effect.scoped(
      Effect.flatMap(BatchView.make(waiting, flags), (view) =>
        generator.drain({ concurrency: flags.concurrency, ...view })
      )
    ).pipe(Effect.provideServiceEffect(Policy, UserPolicy.forProvider("")))
    const { completed, failed, halted, paused } = drained
    const exitCode = Option.match(halted, {
      onNone: () => (failed > 0 ? codes.failed : paused ? codes.timeout : codes.ok),
      onSome: (error) => describe(error).code
    })
    const reason = Option.match(halted, {
      onNone: () => ({}),
      onSome: ({ message }) => ({ halted: message })
    })
    if (flags.json) {
      yield* data(JSON.stringify({ event: "report", completed, failed, paused, ...reason, exitCode }))
      return exitCode
    }
    if (!flags.quiet) yield* note(`${completed} completed, ${failed} failed${paused ? "; paused" : ""}`)
    if (Option.isSome(halted)) yield* tellHalted(halted.value, "mutoscope queue run")
    else if (paused) yield* note("The queue is paused. Go on: mutoscope queue continue")
    return exitCode
  }).pipe(Effect.flatMap((code) => (code === codes.ok ? Effect.void : new SomeLeft({ code }))))
