/**
 * The addresses of finished videos of all of Google's wires: files and objects. A video is found by the id of its job,
 * never by a path.
 *
 * @internal
 */
import * as HttpRouter from "@effect/platform/HttpRouter"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { Handler, Wire } from "../Dialect.ts"
import type { OperationRecord } from "../OperationRecord.ts"
import * as Delivery from "./delivery.ts"
import { refuse } from "./googleRefusal.ts"
import * as InteractionRefusal from "./interactionRefusal.ts"
import * as Jobs from "./jobs.ts"

/**
 * `/v1beta/files/ID:download?alt=media`. Google's own client knows the id only in an address that begins with
 * `https://`; of any other it makes `files/ADDRESS:download`, so the id is what follows the last `files/`.
 */
export const file = (wire: Wire): Handler =>
  Effect.flatMap(rest, (path) => {
    const id = /^(?:.*files\/)?([0-9a-f]+):download(?::download)?$/.exec(path)?.[1] ?? ""
    return send(wire, id, ({ destination }) => destination === undefined, `The file ${path}`)
  })

/** `/download/storage/v1/b/BUCKET/o/OBJECT?alt=media`, where `storageUri` said that the video shall be. */
export const object = (wire: Wire): Handler =>
  Effect.flatMap(HttpRouter.params, (params) =>
    Effect.flatMap(rest, (path) => {
      const uri = `gs://${params["bucket"] ?? ""}/${path}`
      const id = /([0-9a-f]+)\/sample_0\.mp4$/.exec(path)?.[1] ?? ""
      return send(wire, id, (record) => record.destination === uri, `The object ${uri}`)
    })
  )

/** What a route's `*` stands for, without the query. */
const rest = Effect.map(HttpRouter.params, (params) => params["*"] ?? "")

const send = (wire: Wire, id: string, isMeant: (record: OperationRecord) => boolean, what: string): Handler =>
  Effect.gen(function* () {
    for (const owner of [wire, interactions(wire)]) {
      const found = Option.filter(yield* Jobs.findById(owner, id), ({ record }) => isMeant(record))
      if (Option.isSome(found)) return yield* Delivery.send(owner, found.value.record)
    }
    return yield* refuse({ why: "not-found", what })
  })

/** The sister of Veo's wire, whose files lie beside Veo's. */
const interactions = (wire: Wire): Wire => ({
  ...wire,
  dialect: { ...wire.dialect, name: InteractionRefusal.name, refuse: InteractionRefusal.refuse }
})
