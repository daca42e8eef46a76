/**
 * Sends traces to a collector by OTLP over HTTP: one span for the request of each event, and below it one for each
 * attempt.
 * The span of the request can be derived from the event alone, days and restarts later: its id is the end of the
 * event's id, and if the sender started no trace, the event's id is also the trace's id.
 */
import {
  type Attributes,
  type Context,
  ROOT_CONTEXT,
  type SpanContext,
  SpanKind,
  SpanStatusCode,
  TraceFlags,
  trace,
} from "@opentelemetry/api";
import { ExportResultCode, parseTraceParent } from "@opentelemetry/core";
import { OTLPTraceExporter } from "@opentelemetry/exporter-trace-otlp-proto";
import { defaultResource, resourceFromAttributes } from "@opentelemetry/resources";
import {
  AlwaysOffSampler,
  AlwaysOnSampler,
  BatchSpanProcessor,
  ParentBasedSampler,
  RandomIdGenerator,
  type Sampler,
  SamplingDecision,
  type SpanExporter,
  TraceIdRatioBasedSampler,
  TracerProvider,
} from "@opentelemetry/sdk-trace";
import type { Traces } from "../config-traces.ts";
import { type Clock, wait } from "../lib/clock.ts";
import { userAgent, version } from "../lib/version.ts";
import type { Logger } from "./log.ts";
import type { BegunAttempt, EndedAttempt, ReceivedRequest, TracedAttempt, Tracing } from "./tracing.ts";

/** Maximum number of spans waiting for the collector, about 2 KB each; more are dropped. */
const MOST_WAITING = 8_192;
const BATCH = 1_024;
const EXPORT_MS = 10_000;
/** Maximum time that a stop waits for the collector. */
const STOP_MS = 2_000;

export function startTracing(options: { config: Traces; clock: Clock; log: Logger }): {
  tracing: Tracing;
  /** Sends waiting spans, or gives up. */
  stop: () => Promise<void>;
} {
  const { config, clock, log } = options;
  const sampler = createSampler(config);
  const random = new RandomIdGenerator();
  /** Ids of the next span: the library asks for them while it starts one. */
  let next = { traceId: "", spanId: "" };
  const exporter = new OTLPTraceExporter({
    url: `${config.endpoint}/v1/traces`,
    headers: { ...config.headers },
    timeoutMillis: EXPORT_MS,
    userAgent,
  });
  const processor = new BatchSpanProcessor({
    exporter: loggingFaults(exporter, log),
    maxQueueSize: MOST_WAITING,
    maxExportBatchSize: BATCH,
    exportTimeoutMillis: EXPORT_MS,
  });
  const provider = new TracerProvider({
    resource: defaultResource().merge(
      resourceFromAttributes({
        "service.version": version,
        ...config.resourceAttributes,
        "service.name": config.serviceName,
      }),
    ),
    sampler,
    idGenerator: { generateTraceId: () => next.traceId, generateSpanId: () => next.spanId },
    spanProcessors: [processor],
  });
  const tracer = provider.getTracer("webhooker", version);

  function received(request: ReceivedRequest): void {
    const { eventId, isDuplicate, method, entrypointId, statusCode } = request;
    const endedAt = clock.now();
    next = {
      traceId: traceIdOf(eventId),
      spanId: isDuplicate ? random.generateSpanId() : receivedSpanIdOf(eventId),
    };
    const attributes: Attributes = {
      "http.request.method": method,
      "http.route": "/webhook/:entrypointId",
      "http.response.status_code": statusCode,
      "http.request.body.size": request.bodyBytes,
      "webhooker.webhook_id": request.webhookId,
      "webhooker.entrypoint_id": entrypointId,
      "webhooker.event_id": eventId,
      ...(isDuplicate && { "webhooker.duplicate": true }),
    };
    const startTime = endedAt - (clock.monotonic() - request.since);
    const from = contextOf(parentOf(request.traceparent));
    tracer
      .startSpan(`${method} /webhook`, { kind: SpanKind.SERVER, startTime, attributes }, from)
      .end(endedAt);
  }

  function beginAttempt(begun: BegunAttempt): TracedAttempt | null {
    const { eventId, targetType } = begun;
    const sender = parentOf(begun.traceparent);
    const traceId = sender?.traceId ?? traceIdOf(eventId);
    const { decision } = sampler.shouldSample(contextOf(sender), traceId, "", SpanKind.SERVER, {}, []);
    if (decision !== SamplingDecision.RECORD_AND_SAMPLED) return null;
    const spanId = random.generateSpanId();
    next = { traceId, spanId };
    const startTime = clock.now();
    const since = clock.monotonic();
    const span = tracer.startSpan(
      `deliver ${targetType}`,
      { kind: SpanKind.CLIENT, startTime, attributes: attributesOf(begun) },
      contextOf({ traceId, spanId: receivedSpanIdOf(eventId), traceFlags: TraceFlags.SAMPLED }),
    );
    return {
      traceparent: `00-${traceId}-${spanId}-01`,
      end({ status, statusCode, error }: EndedAttempt) {
        span.setAttribute("webhooker.delivery_status", status);
        if (statusCode !== null) span.setAttribute("http.response.status_code", statusCode);
        if (error !== null) {
          span.setAttribute("error.type", statusCode === null ? "_OTHER" : String(statusCode));
          span.setStatus({ code: SpanStatusCode.ERROR, message: error });
        }
        span.end(startTime + (clock.monotonic() - since));
      },
    };
  }

  return {
    tracing: { now: clock.monotonic, received, beginAttempt },
    async stop() {
      const flushed = provider.shutdown().catch(() => undefined);
      await Promise.race([flushed, wait(clock, STOP_MS)]);
    },
  };
}

function createSampler({ sampler, ratio }: Traces): Sampler {
  const [, isByParent, name] = /^(parentbased_)?(.*)$/.exec(sampler) ?? [];
  const root =
    name === "traceidratio"
      ? new TraceIdRatioBasedSampler(ratio)
      : name === "always_off"
        ? new AlwaysOffSampler()
        : new AlwaysOnSampler();
  return isByParent === undefined ? root : new ParentBasedSampler({ root });
}

/** Logs once when exporting starts to fail and once when it recovers; the library itself would be silent. */
function loggingFaults(exporter: OTLPTraceExporter, log: Logger): SpanExporter {
  let isFaulty = false;
  return {
    export(spans, done) {
      exporter.export(spans, (result) => {
        const failed = result.code !== ExportResultCode.SUCCESS;
        if (failed && !isFaulty) log.warn("traces cannot be sent", { cause: result.error?.message });
        if (!failed && isFaulty) log.info("traces can be sent again");
        isFaulty = failed;
        done(result);
      });
    },
    forceFlush: () => exporter.forceFlush(),
    shutdown: () => exporter.shutdown(),
  };
}

function parentOf(traceparent: string | null): SpanContext | null {
  return traceparent === null ? null : parseTraceParent(traceparent);
}

function contextOf(parent: SpanContext | null): Context {
  return parent === null ? ROOT_CONTEXT : trace.setSpanContext(ROOT_CONTEXT, { ...parent, isRemote: true });
}

function traceIdOf(eventId: string): string {
  return eventId.replaceAll("-", "");
}

/** Returns the end of the id, because its beginning is the time. */
function receivedSpanIdOf(eventId: string): string {
  return traceIdOf(eventId).slice(16);
}

function attributesOf(begun: BegunAttempt): Attributes {
  return {
    ...destinationOf(begun),
    "webhooker.webhook_id": begun.webhookId,
    "webhooker.event_id": begun.eventId,
    "webhooker.target_id": begun.targetId,
    "webhooker.target_type": begun.targetType,
    "webhooker.attempt": begun.attempt,
    "webhooker.replays": begun.replays,
  };
}

function destinationOf({ destination, method }: BegunAttempt): Attributes {
  const url = URL.parse(destination);
  // The destination of a Slack target is a host alone, which with a port parses as a URL with another scheme.
  if (url === null || !/^https?:$/.test(url.protocol)) return {};
  const port = Number(url.port) || (url.protocol === "https:" ? 443 : 80);
  return {
    "http.request.method": method,
    "url.full": url.href,
    "server.address": url.hostname,
    "server.port": port,
  };
}
