/** /webhooks/{id}/query: one SELECT on a webhook's events. */
import { z } from "zod";
import { sqlQueryInput } from "../../webhooks/sql/sql-queries.ts";
import type { ApiDeps } from "../deps.ts";
import { type Operation, operation } from "../operation.ts";
import { count } from "../schema-parts.ts";
import { webhookPath } from "../schemas.ts";

/** Longer than a query waits and runs. */
const IDLE_SECONDS = 120;

const cell = z
  .union([z.string(), z.number(), z.null(), z.strictObject({ base64: z.string() })])
  .describe(
    "Integers beyond 2^53 are strings. Bytes are a string if they are UTF-8, and otherwise an object with their base64.",
  );

const resultSchema = z
  .strictObject({
    columns: z.array(z.string()).describe("Names, which need not differ from each other."),
    rows: z.array(z.array(cell)).describe("Each with a value for each column."),
    row_count: count,
    truncated: z
      .enum(["rows", "size"])
      .nullable()
      .describe("Why there are no more rows: `max_rows`, or 4 MiB. null: these are all."),
    ms: z.number().describe("Milliseconds that the statement took."),
  })
  .meta({ id: "SqlResult", description: "The rows of a SELECT." });

export function sqlOperations({ runSql }: ApiDeps): readonly Operation[] {
  return [
    operation({
      id: "queryEvents",
      method: "POST",
      path: "/webhooks/:webhook_id/query",
      tag: "Events",
      scope: "events:read",
      role: "editor",
      summary: "Run one SELECT on the webhook's events",
      description:
        "Reads the views `events`, `deliveries`, `results`, `targets` and `entrypoints`. A query may take 10 seconds and 128 MiB of memory. One runs at a time for each user, and two on the server; more wait, up to a limit.",
      params: webhookPath,
      body: sqlQueryInput,
      success: { status: 200, description: "The rows.", schema: resultSchema },
      errors: ["rate_limited"],
      async handle({ caller, params, body, request, setIdleTimeout }) {
        setIdleTimeout(IDLE_SECONDS);
        const of = { userId: caller.userId, webhookId: params.webhook_id };
        const { text, ...head } = await runSql({ ...of, input: body, signal: request.signal });
        // The rows are JSON already: reading and writing 4 MiB of it again would hold up everything else.
        const json = `${JSON.stringify(head).slice(0, -1)},"rows":${text}}`;
        return new Response(json, { headers: { "content-type": "application/json;charset=utf-8" } });
      },
    }),
  ];
}
