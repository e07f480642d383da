/** Traces by OTLP where the environment names a collector, in OpenTelemetry's own variables; nothing where it names none. */
import { layerScrubTracer } from "@farmops/core/log/scrubTracer"
import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { OtlpSerialization, OtlpTracer } from "effect/observability"

/**
 * Spans go to `OTEL_EXPORTER_OTLP_ENDPOINT`, without secrets. A collector that is away costs nothing but what it misses. Logs go to
 * standard error alone, where they are scrubbed.
 */
export const layerTelemetry = (env: Readonly<Record<string, string | undefined>>): Layer.Layer<never> => {
  const endpoint = env.OTEL_EXPORTER_OTLP_ENDPOINT ?? ""
  if (endpoint === "") return Layer.empty
  const tracer = OtlpTracer.layer({
    url: `${endpoint.replace(/\/+$/, "")}/v1/traces`,
    resource: { serviceName: env.OTEL_SERVICE_NAME ?? "farmops-harness" }
  }).pipe(Layer.provide(Layer.merge(OtlpSerialization.layerJson, FetchHttpClient.layer)))
  return layerScrubTracer.pipe(Layer.provide(tracer))
}
