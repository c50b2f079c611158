/**
 * Many providers as one: each call goes to the provider that it names, and each provider is built when it is first
 * needed. Adding a provider is a file, and a line in the registry.
 *
 * @since 0.1.0
 */
import { type Capabilities, isNamed } from "@mutoscope/core/Capabilities"
import {
  AuthenticationFailed,
  type PollError,
  ProviderUnavailable,
  UnsupportedOption
} from "@mutoscope/core/GenerationError"
import { narrowedTo, VideoProvider } from "@mutoscope/core/VideoProvider"
import * as ConfigError from "effect/ConfigError"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as ExecutionStrategy from "effect/ExecutionStrategy"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Scope from "effect/Scope"
import * as SynchronizedRef from "effect/SynchronizedRef"
import * as Retired from "./catalogue/retired.ts"
import { own } from "./internal/modelNames.ts"
import { together } from "./internal/together.ts"

/**
 * One provider: the models that can be named without building it, what is assumed of any other that is named with the
 * provider's name before it, where it is, and how it is built. Where `asks` is `false` there is nobody to ask what its
 * models can do now, so that it is not built for that. With a `fault` it cannot be used as it is set up, and whoever names
 * a model of its is told why. A stand-in answers to names that are others' by right: not to those that are retired.
 */
export interface Entry<E = unknown, R = never> {
  readonly models: ReadonlyArray<Capabilities>
  readonly other?: ((model: string) => Option.Option<Capabilities>) | undefined
  readonly address?: string | undefined
  readonly asks?: boolean | undefined
  readonly fault?: string | undefined
  readonly standsIn?: boolean | undefined
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
    const live = new Map<string, Context.Tag.Service<VideoProvider>>()
    return VideoProvider.of({
      submit: (intent) => Effect.flatMap(named(intent.provider), (provider) => provider.submit(intent)),
      poll: (operation) => Effect.flatMap(named(operation.provider), (provider) => provider.poll(operation)),
      cancel: (operation) =>
        Effect.flatMap(named(operation.provider), (provider) => provider.cancel(operation)),
      reconcile: (intent, options) =>
        Effect.flatMap(named(intent.provider), (provider) => provider.reconcile(intent, options)),
      download: (operation, video, from, request) =>
        Effect.flatMap(named(operation.provider), (provider) =>
          provider.download(operation, video, from, request)
        ),
      capabilities: (model) => find(registry, live, model),
      get models() {
        return Object.entries(registry).flatMap(([name, { models }]) => live.get(name)?.models ?? models)
      },
      refresh: (names) => together(concerned(registry, built, names).map((one) => refresh(one, live))),
      refusal: (model) => refusal(registry, live, model),
      // Whoever has nobody to ask is not built for this either.
      narrowed: (capabilities, request) =>
        registry[capabilities.provider]?.asks === false
          ? Effect.succeed(capabilities)
          : Effect.matchEffect(named(capabilities.provider), {
              onFailure: () => Effect.succeed(capabilities),
              onSuccess: (provider) => narrowedTo(provider, capabilities, request)
            })
    })
  })

type Live = ReadonlyMap<string, Context.Tag.Service<VideoProvider>>

/**
 * Whose model a name is by what is known without asking: the first that has it in its table, else the one whose own name
 * stands before it.
 */
const homeOf = <E, R>(registry: Registry<E, R>, name: string): Option.Option<string> => {
  const entries = Object.entries(registry)
  const [home] =
    entries.find(([, { models }]) => models.some((model) => isNamed(model, name))) ??
    entries.find(([provider]) => name.startsWith(`${provider}/`)) ??
    []
  return Option.fromNullable(home)
}

/**
 * A name goes to whom it belongs by the tables, whatever others have listed since, and is what that one now says of it. A
 * name that belongs to nobody is the first's who lists it.
 */
const find = <E, R>(registry: Registry<E, R>, live: Live, name: string): Option.Option<Capabilities> =>
  Option.match(homeOf(registry, name), {
    onNone: () => Option.firstSomeOf(Object.keys(registry).map((provider) => listedBy(live, provider, name))),
    onSome: (home) =>
      Option.orElse(listedBy(live, home, name), () => {
        const entry = registry[home]
        return Option.orElse(
          Option.fromNullable(entry?.models.find((model) => isNamed(model, name))),
          () => entry?.other?.(own(home, name)) ?? Option.none()
        )
      })
  })

/** Nobody has it, or whoever has it cannot be asked for it. */
const refusal = <E, R>(
  registry: Registry<E, R>,
  live: Live,
  name: string
): Option.Option<UnsupportedOption> => {
  const home = Option.getOrUndefined(homeOf(registry, name))
  const entry = home === undefined ? undefined : registry[home]
  if (home === undefined || entry === undefined)
    return Option.isSome(find(registry, live, name)) ? Option.none() : Retired.refusalOf(name)
  const { fault: reason, standsIn = false } = entry
  if (reason !== undefined)
    return Option.some(
      new UnsupportedOption({
        provider: home,
        model: own(home, name),
        option: "model",
        value: name,
        supported: [],
        reason: `${home} is not set up well: ${reason}`
      })
    )
  return standsIn && !name.startsWith(`${home}/`)
    ? Retired.refusalOf(name)
    : (live.get(home)?.refusal?.(name) ?? Option.none())
}

const listedBy = (live: Live, provider: string, name: string) =>
  Option.fromNullable(live.get(provider)?.models.find((model) => isNamed(model, name)))

/** Who is asked, and about which names: whom they belong to, and about those of nobody everybody. Without names, all. */
const concerned = <E, R>(
  registry: Registry<E, R>,
  built: ReadonlyArray<Lazy>,
  names: ReadonlyArray<string> | undefined
): ReadonlyArray<Concerned> => {
  const askable = built.filter(
    ({ name }) => registry[name]?.asks !== false && registry[name]?.fault === undefined
  )
  if (names === undefined) return askable.map((provider) => ({ provider, names }))
  const homes = names.map((name) => [name, homeOf(registry, name)] as const)
  return askable.flatMap((provider) => {
    const own = homes.filter(([, home]) => Option.getOrElse(home, () => provider.name) === provider.name)
    return own.length === 0 ? [] : [{ provider, names: own.map(([name]) => name) }]
  })
}

interface Concerned {
  readonly provider: Lazy
  readonly names: ReadonlyArray<string> | undefined
}

const refresh = (
  { names, provider: { get, name } }: Concerned,
  live: Map<string, Context.Tag.Service<VideoProvider>>
): Effect.Effect<ReadonlyArray<PollError>> =>
  Effect.matchEffect(get, {
    onFailure: (error) => Effect.succeed<ReadonlyArray<PollError>>([error]),
    onSuccess: (provider) => {
      if (provider.refresh === undefined) return Effect.succeed([])
      live.set(name, provider)
      return provider.refresh(names)
    }
  })

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
