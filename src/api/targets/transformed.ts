/** The outcome of a transformation for an event, as the API answers it. */
import { z } from "zod";
import { describeFault, type TransformRun } from "../../targets/transformations/transformer.ts";
import type { SentRequest } from "../../webhooks/sent-request.ts";
import type { TransformationTrial } from "../../webhooks/target-trials/trial-tally.ts";
import { base64, presentHeaders, time as presentTime } from "../presenters.ts";
import { count, headerPairs, id, time } from "../schema-parts.ts";

const requestSchema = z
  .strictObject({
    method: z.string(),
    path_tail: z.string(),
    query: z.string(),
    headers: headerPairs,
    body_base64: z.string().meta({ contentEncoding: "base64" }),
  })
  .meta({ id: "TransformedRequest" });

const transformedShape = {
  outcome: z.enum(["request", "dropped", "failed", "unavailable"]),
  request: requestSchema.nullable().describe("The request; null where nothing is sent."),
  error: z.string().nullable(),
  line: z.int().nullable().describe("Where in the code it failed, if known; counts from 1."),
  column: z.int().nullable(),
  micros: count.describe("How long the code ran."),
  console: z.array(z.string()).describe("Lines that the code wrote to its console, at most 50."),
};

export const sentRequestSchema = z
  .strictObject({
    version: z.int().nullable().describe("Version of the transformation; null: none ran."),
    ...transformedShape,
    sent: z
      .strictObject({ method: z.string(), url: z.string(), headers: headerPairs })
      .nullable()
      .describe(
        'The request line and all headers by the target\'s present settings; its secrets show as "[secret]". Null where nothing was sent or the target is gone.',
      ),
    target_changed: z.boolean().describe("The target was changed after the attempt."),
  })
  .meta({ id: "SentRequest" });

const triedEventSchema = z.strictObject({
  event_id: id,
  received_at: time,
  changed: z.boolean().describe("Whether something else is sent now."),
  ...transformedShape,
  request: requestSchema
    .nullable()
    .describe("The request; null where nothing is sent, or the body is over 64 KiB."),
});

export const transformationTrialSchema = z.strictObject({
  tried: count.describe("Events that were tried, from the newest, without those that are filtered."),
  skipped: count.describe("Events that were not read, as their bodies are over 4 MiB."),
  complete: z.boolean().describe("false: the time was up before `last` events were tried."),
  request: count.describe("Events for which a request would be sent."),
  dropped: count,
  failed: count,
  unavailable: count.describe("Events for which the code could not run now."),
  changes: count.describe("Events for which something else is sent now."),
  mean_micros: count.describe("How long the code ran."),
  most_micros: count,
  events: z
    .array(triedEventSchema)
    .describe("At most 20, with bodies of 8 MiB: failures first, then changes."),
});

/** Requests with longer bodies are left out of the list of a trial. */
const MAX_LISTED_BODY = 64 * 1024;

export function presentTransformationTrial(
  trial: TransformationTrial,
): z.infer<typeof transformationTrialSchema> {
  return {
    tried: trial.tried,
    skipped: trial.skipped,
    complete: trial.isWhole,
    ...trial.outcomes,
    changes: trial.changes,
    mean_micros: trial.micros.mean,
    most_micros: trial.micros.most,
    events: trial.listed.map(({ event, run, isChanged }) => {
      const presented = presentRun(run);
      const isLong = run.kind === "request" && run.event.body.byteLength > MAX_LISTED_BODY;
      return {
        event_id: event.id,
        received_at: presentTime(event.receivedAt),
        changed: isChanged,
        ...presented,
        ...(isLong && { request: null }),
      };
    }),
  };
}

export function presentSentRequest(sent: SentRequest): z.infer<typeof sentRequestSchema> {
  const { event, transformation, request, isTargetChanged } = sent;
  const unchanged: TransformRun = { kind: "request", event, micros: 0, lines: [] };
  return {
    version: transformation?.version ?? null,
    ...presentRun(transformation?.run ?? unchanged),
    sent: request && { method: request.method, url: request.url, headers: presentHeaders(request.headers) },
    target_changed: isTargetChanged,
  };
}

function presentRun(run: TransformRun) {
  const fault = run.kind === "failed" ? run.fault : null;
  return {
    outcome: run.kind,
    request: run.kind === "request" ? presentRequest(run.event) : null,
    error: fault ? describeFault(fault) : run.kind === "unavailable" ? run.error : null,
    line: fault?.line ?? null,
    column: fault?.column ?? null,
    micros: run.micros,
    console: [...run.lines],
  };
}

function presentRequest(event: Extract<TransformRun, { kind: "request" }>["event"]) {
  return {
    method: event.method,
    path_tail: event.pathTail,
    query: event.query,
    headers: presentHeaders(event.headers),
    body_base64: base64(event.body),
  };
}
