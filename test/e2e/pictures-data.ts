/** A day of a small team's webhooks for the README's pictures: GitHub's own samples, and their deliveries. */
import { createHmac, randomUUID } from "node:crypto";
import { join } from "node:path";
import definitions from "@octokit/webhooks-examples";
import { newIdAt } from "../../src/lib/ids.ts";
import { recordSettlement } from "../../src/storage/event-db/deliveries/change-deliveries.ts";
import { EventFile } from "../../src/storage/event-db/event-file.ts";
import { recordEvent } from "../../src/storage/event-db/record-events.ts";
import type { EventDraft, Settlement } from "../../src/storage/event-db/types.ts";
import { commitWrites } from "../../src/storage/writer/commit-writes.ts";
import type { Gateway } from "../support/gateway.ts";

const MINUTE_MS = 60_000;
const HOUR_MS = 60 * MINUTE_MS;
const KINDS = ["push", "pull_request", "issues", "workflow_run", "check_run", "issue_comment", "release"];
/** Events per hour, up to now: quiet at night, and one target down for the last two hours. */
const RECEIVED = [9, 4, 2, 1, 0, 1, 3, 8, 17, 26, 31, 24, 19, 28, 33, 38, 29, 22, 25, 18, 14, 16, 22, 27];
const OUTAGE_HOURS = new Set([22, 23]);

export type WebhookSetup = Readonly<{
  webhookId: string;
  entrypointIds: readonly string[];
  targetIds: readonly string[];
}>;
export type Wish = Readonly<{
  name: string;
  entrypoints: readonly string[];
  targets: readonly Readonly<{ name: string; type: string; config?: Record<string, unknown> }>[];
}>;

export async function setUpWebhook(gateway: Gateway, wish: Wish): Promise<WebhookSetup> {
  const webhookId = await create(gateway, "/webhooks", { name: wish.name });
  const path = `/webhooks/${webhookId}`;
  const entrypointIds: string[] = [];
  for (const name of wish.entrypoints)
    entrypointIds.push(await create(gateway, `${path}/entrypoints`, { name }));
  const targetIds: string[] = [];
  for (const target of wish.targets) targetIds.push(await create(gateway, `${path}/targets`, target));
  return { webhookId, entrypointIds, targetIds };
}

async function create(gateway: Gateway, path: string, body: unknown): Promise<string> {
  const answer = await gateway.api.request("POST", path, body);
  const made: unknown = await answer.json();
  if (typeof made === "object" && made !== null && "id" in made) return String(made.id);
  throw new Error(`${path} was answered ${answer.status}`);
}

/** Writes a day into the webhook's file while no gateway runs. Resolves with the event for the close-up. */
export function fillDay(
  gateway: Gateway,
  setup: WebhookSetup,
  { share, failing }: { share: number; failing: boolean },
): string {
  const path = join(gateway.folder, "data", `events-${setup.webhookId}.db`);
  const file = new EventFile(setup.webhookId, path, { sync: async () => undefined, keepsWals: false });
  const now = Date.now();
  let count = 0;
  let shown = "";
  const writes = RECEIVED.flatMap((received, hour) =>
    Array.from({ length: Math.round(received * share) }, (_, place) => {
      const first = now - (RECEIVED.length - hour) * HOUR_MS;
      const at = Math.floor(first + ((place + 0.6) / (received * share)) * HOUR_MS) - 2 * MINUTE_MS;
      const draft = draftOf(setup, count, at);
      const isDown = failing && OUTAGE_HOURS.has(hour) && place % 4 === 1;
      if (draft.headers.some(([, value]) => value === "pull_request") && at < now - 3 * MINUTE_MS)
        shown = draft.id;
      return { draft, settlements: settlementsOf(draft, { index: count++, isDown, now }) };
    }),
  ).map(({ draft, settlements }) => ({
    apply() {
      recordEvent(file, draft);
      const settled = draft.id === shown && failing ? slowlyDelivered(draft) : settlements;
      for (const settlement of settled) recordSettlement(file, settlement);
    },
  }));
  // One by one: the counts of a transaction belong to one hour.
  for (const write of writes) {
    commitWrites(file, [write], (_write, cause) => {
      throw cause;
    });
  }
  file.db.close(true);
  return shown;
}

function draftOf(setup: WebhookSetup, index: number, receivedAt: number): EventDraft {
  const kind = KINDS[(index * 5) % KINDS.length] ?? "push";
  const examples = definitions.find(({ name }) => name === kind)?.examples ?? [];
  const body = JSON.stringify(examples[index % examples.length]);
  const headers: EventDraft["headers"] = [
    ["host", "hooks.example.com"],
    ["user-agent", "GitHub-Hookshot/044aadd"],
    ["accept", "*/*"],
    ["content-type", "application/json"],
    ["content-length", String(Buffer.byteLength(body))],
    ["x-github-delivery", randomUUID()],
    ["x-github-event", kind],
    ["x-github-hook-id", "292430182"],
    ["x-hub-signature-256", `sha256=${createHmac("sha256", "secret").update(body).digest("hex")}`],
  ];
  return {
    id: newIdAt(receivedAt),
    webhookId: setup.webhookId,
    entrypointId: setup.entrypointIds[index % 6 === 5 ? setup.entrypointIds.length - 1 : 0] ?? "",
    receivedAt,
    method: "POST",
    pathTail: "",
    query: "",
    headers,
    contentType: "application/json",
    remoteAddress: "140.82.115.42",
    type: kind,
    body: Buffer.from(body),
    targets: setup.targetIds.map((id) => ({ id, settlesAtIngest: false })),
  };
}

type AttemptData = Readonly<{
  afterMs: number;
  durationMs: number;
  statusCode: number | null;
  error: string | null;
  body?: string;
}>;

const DOWN: AttemptData = {
  afterMs: 40,
  durationMs: 212,
  statusCode: 503,
  error: "HTTP 503",
  body: '{"error":"deploying, try again later"}',
};

function settle(
  draft: EventDraft,
  targetId: string,
  attempts: readonly AttemptData[],
  next: Partial<Settlement>,
): Settlement[] {
  return attempts.map((each, index) => {
    const isLast = index === attempts.length - 1;
    const { statusCode, error, durationMs, body = '{"queued":true}' } = each;
    return {
      eventId: draft.id,
      targetId,
      replays: 0,
      status: "pending",
      nextAttemptAt: isLast ? null : draft.receivedAt,
      reason: null,
      ...(isLast && { status: error === null ? "delivered" : "pending", ...next }),
      result: {
        id: newIdAt(draft.receivedAt + each.afterMs),
        attempt: index + 1,
        startedAt: draft.receivedAt + each.afterMs,
        durationMs,
        statusCode,
        error,
        responseHeaders:
          statusCode === null
            ? null
            : [
                ["content-type", "application/json"],
                ["server", "nginx"],
              ],
        responseBody: statusCode === null ? null : Buffer.from(body),
        responseBodyTruncated: false,
        transformationVersion: null,
        transformationFailed: false,
      },
    };
  });
}

/** Delivered everywhere immediately, except to the first target while it is down. */
function settlementsOf(
  draft: EventDraft,
  of: { index: number; isDown: boolean; now: number },
): readonly Settlement[] {
  return draft.targets.flatMap(({ id }, place) => {
    const took = 18 + ((of.index * 37) % 90);
    if (place > 0 || !of.isDown) {
      return settle(draft, id, [{ afterMs: 4, durationMs: took, statusCode: 200, error: null }], {});
    }
    const isGivenUp = of.index % 3 === 0;
    const next: Partial<Settlement> = isGivenUp
      ? { status: "failed", nextAttemptAt: null, reason: "Gave up after 12 attempts." }
      : { nextAttemptAt: of.now + 14 * MINUTE_MS };
    return settle(draft, id, [DOWN, { ...DOWN, afterMs: 6_000 }], next);
  });
}

/** Refused, without a response, and then accepted: the timeline's purpose. */
function slowlyDelivered(draft: EventDraft): readonly Settlement[] {
  const silent = { statusCode: null, error: "no response within 30 s" };
  const attempts: readonly AttemptData[] = [
    DOWN,
    { ...silent, afterMs: 5_400, durationMs: 30_000 },
    { afterMs: 64_000, durationMs: 87, statusCode: 202, error: null, body: '{"queued":true,"build":4183}' },
  ];
  return draft.targets.flatMap(({ id }, place) =>
    settle(
      draft,
      id,
      place === 0 ? attempts : [{ afterMs: 3, durationMs: 64, statusCode: 200, error: null }],
      {},
    ),
  );
}
