/**
 * `predictLongRunning`: a job of Veo, and the name of its operation.
 *
 * @internal
 */
import * as HttpServerResponse from "@effect/platform/HttpServerResponse"
import * as Effect from "effect/Effect"
import type { Handler, Wire } from "../Dialect.ts"
import { submit as submitIn } from "./submission.ts"
import { type Addressed, findModel } from "./veoForms.ts"
import * as VeoRequest from "./veoRequest.ts"

export const submit = (wire: Wire, { form, model, path }: Addressed): Handler =>
  Effect.gen(function* () {
    const { storageUri, ...request } = yield* VeoRequest.read(wire, yield* findModel(model))
    const ask = {
      ...request,
      form,
      model,
      known: (id: string) => ({
        name: `${path}/operations/${id}`,
        ...(storageUri === undefined
          ? {}
          : { destination: `${storageUri.replace(/\/+$/, "")}/${id}/sample_0.mp4` })
      })
    }
    return yield* submitIn(wire, ask, ({ name }) => HttpServerResponse.unsafeJson({ name }))
  })
