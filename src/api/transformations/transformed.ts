/** What a transformation made of an event, as the API answers it. */
import { z } from "zod";
import { describeFault, type TransformRun } from "../../targets/transformations/transformer.ts";
import type { SentRequest } from "../../webhooks/sent-request.ts";
import { base64, presentHeaders } from "../presenters.ts";
import { count, headerPairs } from "../schema-parts.ts";

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
  request: requestSchema.nullable().describe("What is sent; null where nothing is."),
  error: z.string().nullable(),
  line: z.int().nullable().describe("Where in the code it failed, if known; counts from 1."),
  column: z.int().nullable(),
  micros: count.describe("How long the code ran."),
  console: z.array(z.string()).describe("What the code wrote to its console: at most 50 lines."),
};

export const sentRequestSchema = z
  .strictObject({ version: z.int(), ...transformedShape })
  .meta({ id: "SentRequest" });

export function presentSentRequest({ version, run }: SentRequest): z.infer<typeof sentRequestSchema> {
  return { version, ...presentRun(run) };
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
