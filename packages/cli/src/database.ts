/**
 * What there is to say of the database itself: which it is, whether it is an older copy, and how to go back.
 */
import { basename, dirname } from "node:path"
import type { Inspection, Standing } from "@mutoscope/storage/SqliteGenerationStore"
import * as Data from "effect/Data"
import * as DateTime from "effect/DateTime"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { indented } from "./wording.ts"

/** An older copy, which nothing is sent from. */
class OlderCopy extends Data.TaggedError("OlderCopy")<{ readonly message: string }> {}

/** Its lines for a person; a failure where nothing is sent from it. */
export const describe = (database: Inspection): Effect.Effect<string, OlderCopy> => {
  const lines = [about(database), ...backups(database), ...noted(database)]
  return isRestored(database)
    ? Effect.fail(new OlderCopy({ message: [...lines, ...whatItMeans(database), accepting].join(indented) }))
    : Effect.succeed([...lines, ...(tagOf(database) === "Unremembered" ? [unremembered] : [])].join(indented))
}

/** The same as data. */
export const summary = (database: Inspection) => {
  const { id, number, path, schema } = database
  const standing = Option.getOrUndefined(database.standing)
  return {
    path,
    id,
    schema,
    submits: number,
    ...(standing === undefined ? {} : { standing: words[standing._tag] }),
    ...(standing?._tag === "Restored" ? { remembered: standing.remembered } : {}),
    noted: database.noted,
    backups: database.backups.map(({ bytes, madeAt, path, schema }) => ({
      path,
      schema,
      bytes,
      madeAt: DateTime.formatIso(DateTime.unsafeMake(madeAt))
    }))
  }
}

/** Whether it is an older copy, or another than was there before. */
export const isRestored = (database: Inspection) => tagOf(database) === "Restored"

/** What it means to send from an older copy. */
export const whatItMeans = ({ number, standing }: Inspection): ReadonlyArray<string> => {
  const found = Option.getOrUndefined(standing)
  if (found?._tag !== "Restored") return []
  return [
    found.other
      ? `Another database was here before, with ${submits(found.remembered)}; this one has ${number}.`
      : `It is an older copy: it has ${submits(number)}, and had ${found.remembered} before it was put back.`,
    "Jobs that were sent since are not known to it: it may send, and pay for, the same again.",
    "The provider's console shows them; what is known here: mutoscope list"
  ]
}

// --- lines -------------------------------------------------------------------------------------------------------

const accepting = "Nothing is sent until it is accepted as it is: mutoscope doctor --accept-restored"

const unremembered = "the state folder knows nothing of it yet: whether it is an older copy can't be told"

const words = {
  Current: "current",
  Unremembered: "unremembered",
  Restored: "restored"
} as const satisfies Record<Standing["_tag"], string>

const tagOf = ({ standing }: Inspection) => Option.getOrUndefined(standing)?._tag

const about = ({ id, number, schema }: Inspection) => `${id}, schema ${schema}, ${submits(number)} recorded`

const submits = (count: number) => (count === 1 ? "1 submit" : `${count} submits`)

const noted = ({ noted }: Inspection): ReadonlyArray<string> =>
  noted.map(
    ({ generationId, operationId, provider }) =>
      `operation ${operationId} at ${provider}, of generation ${generationId}, is noted in the spool, and no record has it`
  )

const backups = ({ backups, path }: Inspection): ReadonlyArray<string> =>
  backups.length === 0
    ? []
    : [
        ...backups.map(
          ({ bytes, madeAt, path, schema }) =>
            `${basename(path)}  schema ${schema}, ${DateTime.formatIso(DateTime.unsafeMake(madeAt))}, ${bytes} bytes`
        ),
        `to go back to an earlier version: stop every mutoscope; in ${dirname(path)} remove ${basename(path)}-wal and ${basename(path)}-shm,`,
        `put a backup in the place of ${basename(path)}, and start the version that knows its schema. It knows nothing of what was sent since.`
      ]
