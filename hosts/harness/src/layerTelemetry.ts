/** Traces by OTLP where the environment names a collector, in OpenTelemetry's own variables; nothing where it names none. */
import { Layer } from "effect"
import { FetchHttpClient } from "effect/http"
import { Otlp, OtlpSerialization } from "effect/observability"

/** Spans go to `OTEL_EXPORTER_OTLP_ENDPOINT`, logs too. A collector that is away costs nothing but what it misses. */
export const layerTelemetry = (env: Readonly<Record<string, string | undefined>>): Layer.Layer<never> => {
  const baseUrl = env.OTEL_EXPORTER_OTLP_ENDPOINT
  return baseUrl === undefined || baseUrl === ""
    ? Layer.empty
    : Otlp.layer({ baseUrl, resource: { serviceName: env.OTEL_SERVICE_NAME ?? "farmops-harness" } }).pipe(
        Layer.provide(Layer.merge(OtlpSerialization.layerJson, FetchHttpClient.layer))
      )
}
