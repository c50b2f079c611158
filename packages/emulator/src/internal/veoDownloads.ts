/**
 * The addresses of finished videos. A video is found by the id of its job, never by a path.
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
import * as Jobs from "./jobs.ts"

/**
 * `/v1beta/files/ID:download?alt=media`. Google's own client knows the id only in an address that begins with
 * `https://`; of any other it makes `files/ADDRESS:download`, so the id is what follows the last `files/`.
 */
export const file = (wire: Wire): Handler =>
  Effect.flatMap(rest, (path) => {
    const id = /^(?:.*files\/)?([0-9a-f]+):download(?::download)?$/.exec(path)?.[1] ?? ""
    return send(wire, id, (record) => record.dialect === "veo", `The file ${path}`)
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
  Jobs.findById(wire, id).pipe(
    Effect.map(Option.filter(({ record }) => isMeant(record))),
    Effect.flatMap(Effect.mapError(() => refuse({ why: "not-found", what }))),
    Effect.flatMap(({ record }) => Delivery.send(wire, record))
  )
