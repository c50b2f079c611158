/**
 * What the user settled about patience, unknown submits and money, as the policy of the generator.
 */
import type { Generation } from "@mutoscope/core/Generation"
import * as Policy from "@mutoscope/core/Policy"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Configuration, type Settings } from "./Configuration.ts"
import { previewName } from "./Preview.ts"

/** The policy for generations of a provider; the preview on this machine is looked at more often, and waited for as long as it takes. */
export const forProvider = (provider: string) =>
  Effect.map(Configuration, ({ settings }) => make(settings, provider === previewName ? previewPatience : {}))

/** The policy for a generation: that of the preview only where no other provider can have its turn. */
export const forGeneration = ({ fallback, provider }: Generation) =>
  forProvider((fallback?.models ?? []).every((model) => model.startsWith(`${previewName}/`)) ? provider : "")

/** The policy for generations of any provider, each with the patience that is its own. */
export const forMany = Effect.map(Configuration, ({ settings }) => ofMany(settings))

/** The policy for what the generator does by itself, and for callers without one of their own. */
export const layer = ({ settings }: Configuration["Type"]): Layer.Layer<Policy.Policy> =>
  Layer.succeed(Policy.Policy, ofMany(settings))

const ofMany = (settings: Partial<Settings>) =>
  Policy.make(overrides(settings, {}), ({ fallback, provider }) =>
    provider === previewName && fallback === undefined ? overrides(settings, previewPatience) : {}
  )

const previewPatience = {
  pollInterval: 500,
  pollAttempts: Number.MAX_SAFE_INTEGER,
  pollTimeout: "7 days"
} as const

const make = (settings: Partial<Settings>, patience: Partial<Policy.Settings>) =>
  Policy.make(overrides(settings, patience))

/** What the user settled comes before what we think is right. */
const overrides = (
  {
    dailyCap,
    downloadTimeout,
    outputTimeout,
    pollAttempts,
    pollInterval,
    pollTimeout,
    retries,
    retryAfterLimit,
    retryDelay,
    runCap,
    unknownSubmit,
    unreachableAfter
  }: Partial<Settings>,
  patience: Partial<Policy.Settings>
): Partial<Policy.Settings> => ({
  ...patience,
  ...(pollInterval === undefined ? {} : { pollInterval: pollInterval * 1000 }),
  ...(pollAttempts === undefined ? {} : { pollAttempts }),
  ...(pollTimeout === undefined ? {} : { pollTimeout: pollTimeout * 1000 }),
  ...(retries === undefined ? {} : { retries }),
  ...(retryDelay === undefined ? {} : { retryDelay: retryDelay * 1000 }),
  ...(retryAfterLimit === undefined ? {} : { retryAfterLimit: retryAfterLimit * 1000 }),
  ...(downloadTimeout === undefined ? {} : { downloadTimeout: downloadTimeout * 1000 }),
  ...(outputTimeout === undefined ? {} : { outputTimeout: outputTimeout * 1000 }),
  ...(unreachableAfter === undefined ? {} : { unreachableAfter: unreachableAfter * 1000 }),
  ...(unknownSubmit === undefined ? {} : { unknownSubmit }),
  budget: {
    ...(runCap === undefined ? {} : { run: runCap }),
    ...(dailyCap === undefined ? {} : { day: dailyCap })
  }
})
