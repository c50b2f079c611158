/**
 * Many providers as one: each call goes to the provider that it names, and each provider is built when it is first
 * needed. Adding a provider is a file, and a line in the registry.
 *
 * @since 0.1.0
 */
import { type Capabilities, isNamed } from "@videogen/core/Capabilities"
import { AuthenticationFailed, ProviderUnavailable } from "@videogen/core/GenerationError"
import { VideoProvider } from "@videogen/core/VideoProvider"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import { own } from "./internal/modelNames.ts"

/**
 * One provider: the models that can be named without building it, what is assumed of any other that is named with the
 * provider's name before it, where it is, and how it is built.
 */
export interface Entry<E = unknown, R = never> {
  readonly models: ReadonlyArray<Capabilities>
  readonly other?: ((model: string) => Option.Option<Capabilities>) | undefined
  readonly address?: string | undefined
  readonly layer: Layer.Layer<VideoProvider, E, R>
}

/** Providers by the name that their operations carry. The first that has a model answers to its bare name. */
export type Registry<E = unknown, R = never> = { readonly [provider: string]: Entry<E, R> }

/**
 * The provider that is all of a registry's. One that cannot be built (a key is missing) fails the calls to it, with
 * `AuthenticationFailed` or `ProviderUnavailable`, and hurts no other; the next call tries again to build it.
 */
export const layer = <E, R>(registry: Registry<E, R>): Layer.Layer<VideoProvider, never, R> =>
  Layer.scoped(VideoProvider, make(registry))

/** {@link layer} as the effect that makes it. */
export const make = <E, R>(
  registry: Registry<E, R>
): Effect.Effect<Context.Tag.Service<VideoProvider>, never, R | Scope.Scope> =>
  Effect.gen(function* () {
    const built = yield* Effect.all(Object.entries(registry).map(([name, entry]) => lazily(name, entry)))
    const named = (name: string) =>
      Option.getOrElse(Option.fromNullable(built.find((provider) => provider.name === name)), () => ({
        name,
        get: Effect.fail(unknownProvider(name))
      })).get
    const models = Object.values(registry).flatMap((entry) => entry.models)
    const listed = new Map<string, ReadonlyArray<Capabilities>>()
    return VideoProvider.of({
      submit: (intent) => Effect.flatMap(named(intent.provider), (provider) => provider.submit(intent)),
      poll: (operation) => Effect.flatMap(named(operation.provider), (provider) => provider.poll(operation)),
      cancel: (operation) =>
        Effect.flatMap(named(operation.provider), (provider) => provider.cancel(operation)),
      reconcile: (intent) => Effect.flatMap(named(intent.provider), (provider) => provider.reconcile(intent)),
      download: (operation, video, from) =>
        Effect.flatMap(named(operation.provider), (provider) => provider.download(operation, video, from)),
      capabilities: (model) => find(registry, listed, model),
      models,
      catalogue: Effect.forEach(built, (provider) => catalogueOf(provider, registry[provider.name], listed), {
        concurrency: "unbounded"
      }).pipe(Effect.map((all) => all.flat()))
    })
  })

/** By the providers' own lists, where they were asked for, then by the table, then by what may be assumed. */
const find = <E, R>(
  registry: Registry<E, R>,
  listed: ReadonlyMap<string, ReadonlyArray<Capabilities>>,
  name: string
): Option.Option<Capabilities> => {
  const entries = Object.entries(registry)
  const known = entries.flatMap(([provider, { models }]) => [...(listed.get(provider) ?? []), ...models])
  return Option.orElse(Option.fromNullable(known.find((model) => isNamed(model, name))), () => {
    const [provider, entry] = entries.find(([provider]) => name.startsWith(`${provider}/`)) ?? []
    return provider === undefined ? Option.none() : (entry?.other?.(own(provider, name)) ?? Option.none())
  })
}

/** The models as a provider lists them, or as they are known where it has no list or cannot be asked. */
const catalogueOf = <E, R>(
  { get, name }: Lazy,
  entry: Entry<E, R> | undefined,
  listed: Map<string, ReadonlyArray<Capabilities>>
): Effect.Effect<ReadonlyArray<Capabilities>> =>
  Effect.flatMap(get, (provider) =>
    provider.catalogue === undefined
      ? Effect.succeed(entry?.models ?? [])
      : Effect.tap(provider.catalogue, (models) => Effect.sync(() => listed.set(name, models)))
  ).pipe(
    Effect.catchAll((error) =>
      Effect.as(
        Effect.logWarning(`${name} was not asked for its models: ${error.message}`),
        entry?.models ?? []
      )
    )
  )

interface Lazy {
  readonly name: string
  readonly get: Effect.Effect<Context.Tag.Service<VideoProvider>, AuthenticationFailed | ProviderUnavailable>
}

/** A provider that is built once, when it is first asked for; a failure is not remembered. */
const lazily = <E, R>(name: string, entry: Entry<E, R>) =>
  Effect.gen(function* () {
    const build = yield* builder(name, entry)
    const built = yield* SynchronizedRef.make(Option.none<Context.Tag.Service<VideoProvider>>())
    const get = SynchronizedRef.modifyEffect(built, (current) =>
      Option.match(current, {
        onNone: () => Effect.map(build, (provider) => [provider, Option.some(provider)] as const),
        onSome: (provider) => Effect.succeed([provider, current] as const)
      })
    )
    return { name, get }
  })

/** Builds a provider into the router's scope; what a failed attempt has opened is closed at once. */
const builder = <E, R>(name: string, entry: Entry<E, R>) =>
  Effect.zipWith(Effect.context<R>(), Effect.scope, (context, scope) =>
    Effect.flatMap(Scope.fork(scope, ExecutionStrategy.sequential), (own) =>
      Layer.buildWithScope(entry.layer, own).pipe(
        Effect.onError((cause) => Scope.close(own, Exit.failCause(cause)))
      )
    ).pipe(
      Effect.provide(context),
      Effect.map(Context.get(VideoProvider)),
      Effect.mapError((error) => unusable(name, error))
    )
  )

const unusable = (provider: string, error: unknown): AuthenticationFailed | ProviderUnavailable =>
  error instanceof AuthenticationFailed || error instanceof ProviderUnavailable
    ? error
    : ConfigError.isConfigError(error)
      ? new AuthenticationFailed({ provider, reason: `it is not configured: ${String(error)}` })
      : new ProviderUnavailable({ provider, reason: `it could not be set up: ${String(error)}` })

const unknownProvider = (provider: string) =>
  new AuthenticationFailed({ provider, reason: "no provider of this name is configured" })
