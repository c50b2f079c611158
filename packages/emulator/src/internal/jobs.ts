/**
 * Finding the job that a client means.
 *
 * @internal
 */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { Wire } from "../Dialect.ts"
import { OperationId, type OperationRecord } from "../OperationRecord.ts"
import type { Operation } from "../Operations.ts"
import type { Refusal } from "./refusal.ts"

/** The job that its dialect knows by this name. Whoever asks in another dialect learns nothing. */
export const find = (wire: Wire, name: string): Effect.Effect<Operation, Refusal> =>
  Effect.flatMap(findById(wire, idIn(name)), (found) =>
    Effect.mapError(
      Option.filter(found, ({ record }) => record.name === name),
      () => wire.dialect.refuse({ why: "unknown-job", job: name })
    )
  )

/** As `find`, for a question about its state, which the job's scenario may keep unanswered. */
export const ask = (wire: Wire, name: string): Effect.Effect<Operation, Refusal> =>
  Effect.tap(find(wire, name), ({ record }) =>
    Effect.flatMap(wire.faults.at("poll", record.scenario, record.id), (fault) =>
      Option.isSome(fault) ? Effect.fail(wire.dialect.refuse({ why: "unavailable" })) : Effect.void
    )
  )

/** The job of an id that came over the wire: only what has the shape of an id is looked for. */
export const findById = (wire: Wire, id: string): Effect.Effect<Option.Option<Operation>> =>
  Effect.flatMap(Effect.option(Schema.decode(OperationId)(id)), (known) =>
    Option.isSome(known)
      ? Effect.map(
          wire.operations.find(known.value),
          Option.filter(({ record }) => isOf(wire, record))
        )
      : Effect.succeedNone
  )

/** The jobs of this dialect, the oldest first. */
export const list = (wire: Wire): Effect.Effect<ReadonlyArray<Operation>> =>
  Effect.map(wire.operations.list, (all) => all.filter(({ record }) => isOf(wire, record)))

/** How far a job is, a fraction from 0 to 1. One that has ended without a video stays at nothing. */
export const progressOf = ({ record, progress }: Operation): number =>
  record.outcome._tag === "Rendered"
    ? 1
    : Math.min(
        1,
        Math.max(
          0,
          Option.getOrElse(progress, () => 0)
        )
      )

/** Names end with the id, which may be hyphenated as a UUID is. */
const idIn = (name: string): string => /[0-9a-f]{32}$/.exec(name.replaceAll("-", ""))?.[0] ?? ""

const isOf = ({ dialect }: Wire, record: OperationRecord): boolean =>
  record.dialect === dialect.name || record.dialect.startsWith(`${dialect.name}-`)
