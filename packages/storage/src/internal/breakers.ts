/**
 * The breakers of providers: one row for each that has a job in trouble since its last video.
 */
import { SqlError } from "@effect/sql/SqlError"
import * as Breaker from "@mutoscope/core/Breaker"
import type { Generation } from "@mutoscope/core/Generation"
import type { GenerationQueue } from "@mutoscope/core/GenerationQueue"
import * as Clock from "effect/Clock"
import * as DateTime from "effect/DateTime"
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as BreakerSql from "./breakerSql.ts"
import type { GroupCommit, Run } from "./groupCommit.ts"
import { storageError } from "./storageError.ts"
import * as Uptime from "./uptime.ts"

/** What the breakers are made of. */
export interface Services {
  readonly database: GroupCommit
  readonly breakers: ReturnType<typeof BreakerSql.make>
}

/** Now, as the statements need it. */
export const moment: Effect.Effect<BreakerSql.Moment> = Effect.map(
  Effect.all([Clock.currentTimeMillis, Uptime.now]),
  ([now, uptime]) => ({ now, uptime, longestPause: Duration.toMillis(Breaker.longestPause) })
)

/** Why a record must not be sent now, seen in the transaction that would send it. */
export const holding = (
  { breakers }: Pick<Services, "breakers">,
  run: Run,
  next: Generation,
  at: BreakerSql.Moment
) =>
  Effect.flatMap(run(breakers.holding(next, at)), ([row]) =>
    row === undefined ? Effect.succeed(undefined) : Effect.map(decode(row), Breaker.toError)
  )

/** Counts a job in trouble. */
export const fail = ({ breakers, database }: Services): GenerationQueue["fail"] =>
  Effect.fnUntraced(function* (failure) {
    const { provider } = failure
    const now = yield* DateTime.now
    yield* database
      .commit((run) =>
        Effect.gen(function* () {
          const [row] = yield* run(breakers.ofProvider(provider))
          const next = Breaker.after(row === undefined ? undefined : yield* decode(row), failure, now)
          const retryAt = Option.getOrNull(Option.map(Breaker.retryAt(next), DateTime.toEpochMillis))
          yield* run(breakers.put({ provider, retryAt, breaker: yield* encode(next) }))
        })
      )
      .pipe(Effect.mapError(storageError(`count a failure of ${provider}`)))
  })

/** The open ones. */
export const open = ({ breakers, database }: Services) =>
  Effect.flatMap(database.read(breakers.open), (rows) => Effect.forEach(rows, decode))

/** Closes the breaker of a provider. */
export const close =
  ({ breakers, database }: Services): GenerationQueue["close"] =>
  (provider) =>
    Effect.mapBoth(
      database.commit((run) => run(breakers.remove(provider))),
      {
        onFailure: storageError(`close the breaker of ${provider}`),
        onSuccess: ([row]) => row !== undefined && row.retry_at !== null
      }
    )

// Privates ---------------------------------------------------------------------------------------------------------

const Json = Schema.parseJson(Breaker.Breaker)

const unreadable = (cause: unknown) =>
  new SqlError({ cause, message: "a breaker could not be read or written" })

const decode = ({ breaker }: BreakerSql.BreakerRow) =>
  Effect.mapError(Schema.decode(Json)(breaker), unreadable)

const encode = (breaker: Breaker.Breaker) => Effect.mapError(Schema.encode(Json)(breaker), unreadable)
