/**
 * Traces, metrics and logs for an OpenTelemetry collector, where the usual environment variables name one.
 */

import * as OtlpLogger from "@effect/opentelemetry/OtlpLogger"
import * as OtlpMetrics from "@effect/opentelemetry/OtlpMetrics"
import * as OtlpSerialization from "@effect/opentelemetry/OtlpSerialization"
import * as OtlpTracer from "@effect/opentelemetry/OtlpTracer"
import * as HttpTransport from "@mutoscope/client/HttpTransport"
import * as Config from "effect/Config"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { version } from "./version.ts"

/** Exports by OTLP over HTTP, as JSON, until the scope closes; what has not been sent then is sent. */
export const layer = (endpoint: string) =>
  Layer.unwrapEffect(
    Effect.gen(function* () {
      const serviceName = yield* Config.withDefault(Config.nonEmptyString("OTEL_SERVICE_NAME"), "mutoscope")
      const headers = yield* Config.withDefault(Config.string("OTEL_EXPORTER_OTLP_HEADERS"), "")
      const common = {
        resource: { serviceName, serviceVersion: version },
        headers: pairs(headers),
        shutdownTimeout: "2 seconds"
      } as const
      const url = (signal: string) => `${endpoint.replace(/\/+$/, "")}/v1/${signal}`
      return Layer.mergeAll(
        OtlpTracer.layer({ url: url("traces"), ...common }),
        OtlpMetrics.layer({ url: url("metrics"), ...common }),
        OtlpLogger.layer({ url: url("logs"), replaceLogger: undefined, ...common })
      )
    })
  ).pipe(Layer.provide(OtlpSerialization.layerJson), Layer.provide(HttpTransport.layer))

// key=value, comma between pairs, values percent-encoded.
const pairs = (text: string): Record<string, string> =>
  Object.fromEntries(
    text.split(",").flatMap((pair) => {
      const [key, ...value] = pair.split("=")
      return key === undefined || key.trim() === ""
        ? []
        : [[key.trim(), decodeURIComponent(value.join("=").trim())]]
    })
  )
