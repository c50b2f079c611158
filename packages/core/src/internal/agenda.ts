/**
 * What is due when: any number of due times, and one alarm for the earliest.
 */
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Order from "effect/Order"
import * as Runtime from "effect/Runtime"
import type * as Scope from "effect/Scope"
import * as SortedMap from "effect/SortedMap"
import * as Monotonic from "../Monotonic.ts"

export interface Agenda<A> {
  /** Notes that something is due at a moment, in milliseconds of `Monotonic`. */
  readonly add: (due: number, thing: A) => void
}

/** An empty agenda, which tells of each thing when it is due. Closing the scope forgets them all. */
export const make = <A>(onDue: (thing: A) => void): Effect.Effect<Agenda<A>, never, Scope.Scope> =>
  Effect.gen(function* () {
    const runtime = yield* Effect.runtime<never>()
    let things = SortedMap.empty<number, Array<A>>(Order.number)
    let alarm: { readonly at: number; readonly fiber: Fiber.RuntimeFiber<void> } | undefined

    const cancelAlarm = () => {
      alarm?.fiber.unsafeInterruptAsFork(alarm.fiber.id())
      alarm = undefined
    }

    // Only something earlier moves the alarm: what comes later waits for the one that is set.
    const setAlarm = () => {
      const at = Option.map(SortedMap.headOption(things), ([due]) => due)
      if (Option.isNone(at) || (alarm !== undefined && alarm.at <= at.value)) return
      cancelAlarm()
      alarm = { at: at.value, fiber: Runtime.runFork(runtime)(ringAt(at.value)) }
    }

    const ringAt = (at: number) =>
      Monotonic.now.pipe(
        Effect.flatMap((now) => Effect.sleep(Math.max(0, at - now))),
        Effect.zipRight(Monotonic.now),
        Effect.flatMap((now) => Effect.sync(() => ring(Math.max(now, at))))
      )

    const ring = (now: number) => {
      alarm = undefined
      for (const thing of takeDue(now)) onDue(thing)
      setAlarm()
    }

    const takeDue = (now: number): ReadonlyArray<A> => {
      const due: Array<A> = []
      for (const [at, some] of things) {
        if (at > now) break
        due.push(...some)
        things = SortedMap.remove(things, at)
      }
      return due
    }

    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        things = SortedMap.empty(Order.number)
        cancelAlarm()
      })
    )
    return {
      add: (due, thing) => {
        const same = SortedMap.get(things, due)
        if (Option.isSome(same)) same.value.push(thing)
        else things = SortedMap.set(things, due, [thing])
        setAlarm()
      }
    }
  })
