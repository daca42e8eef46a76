/** Reads where traces are sent, and which. */

export type Traces = Readonly<{
  /** Without a trailing slash. */
  endpoint: string;
  headers: Readonly<Record<string, string>>;
  serviceName: string;
  resourceAttributes: Readonly<Record<string, string>>;
  sampler: string;
  /** Share of traces that a ratio sampler takes, 0 to 1. */
  ratio: number;
}>;

type Given = Readonly<{
  OTEL_EXPORTER_OTLP_ENDPOINT?: string | undefined;
  OTEL_EXPORTER_OTLP_HEADERS?: Traces["headers"] | undefined;
  OTEL_SERVICE_NAME?: string | undefined;
  OTEL_RESOURCE_ATTRIBUTES?: Traces["resourceAttributes"] | undefined;
  OTEL_TRACES_SAMPLER?: string | undefined;
  OTEL_TRACES_SAMPLER_ARG?: number | undefined;
}>;

/** Returns null if nothing is traced. */
export function tracesOf(given: Given): Traces | null {
  const endpoint = given.OTEL_EXPORTER_OTLP_ENDPOINT;
  if (endpoint === undefined) return null;
  return Object.freeze({
    endpoint,
    headers: given.OTEL_EXPORTER_OTLP_HEADERS ?? {},
    serviceName: given.OTEL_SERVICE_NAME ?? "webhooker",
    resourceAttributes: given.OTEL_RESOURCE_ATTRIBUTES ?? {},
    sampler: given.OTEL_TRACES_SAMPLER ?? "parentbased_always_on",
    ratio: given.OTEL_TRACES_SAMPLER_ARG ?? 1,
  });
}
