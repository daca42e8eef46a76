/** Fills an event file while no gateway runs: the program's own writes, without a sync after each. */
import { randomBytes } from "node:crypto";
import { newIdAt } from "../../src/lib/ids.ts";
import { commitWrites } from "../../src/storage/commit-writes.ts";
import { recordSettlement } from "../../src/storage/event-db/change-deliveries.ts";
import { EventFile } from "../../src/storage/event-db/event-file.ts";
import { recordEvent } from "../../src/storage/event-db/record-events.ts";
import type { EventDraft, Settlement } from "../../src/storage/event-db/types.ts";

const DAY_MS = 86_400_000;
/** Within the retention, which would delete what is older. */
export const DAYS = 20;
/** One of so many is PUT, has failed, or is still pending, as far as it is among the newest. */
const PUT_ONE_OF = 200;
const FAILED_ONE_OF = 500;
const PENDING_ONE_OF = 40;
const GROUP = 10_000;

export type Filling = Readonly<{
  path: string;
  webhookId: string;
  entrypointId: string;
  targetIds: readonly [string, string];
  events: number;
}>;

/** Returns the id of the event in the middle. */
export function fillEventFile(filling: Filling, progress: (done: number) => void): string {
  const { path, webhookId, events } = filling;
  const file = new EventFile(webhookId, path, async () => undefined);
  file.db.run("PRAGMA synchronous = OFF");
  const now = Date.now();
  const step = (DAYS * DAY_MS) / events;
  let middle = "";
  for (let begin = 0; begin < events; begin += GROUP) {
    const drafts = Array.from({ length: Math.min(GROUP, events - begin) }, (_, offset) => {
      const index = begin + offset;
      return { index, draft: draftOf(filling, index, Math.floor(now - (events - index) * step)) };
    });
    middle ||= drafts.find(({ index }) => index === Math.floor(events / 2))?.draft.id ?? "";
    const writes = drafts.map(({ index, draft }) => ({
      apply() {
        recordEvent(file, draft);
        for (const settlement of settlementsOf(draft, index)) recordSettlement(file, settlement);
      },
    }));
    commitWrites(file, writes, (_write, cause) => {
      throw cause;
    });
    progress(begin);
  }
  file.db.run("PRAGMA wal_checkpoint(TRUNCATE)");
  file.db.close(true);
  return middle;
}

function draftOf(filling: Filling, index: number, receivedAt: number): EventDraft {
  const { webhookId, entrypointId, targetIds } = filling;
  const body = {
    action: "opened",
    number: index,
    repository: { id: 4_711, full_name: "octo-org/hello-world", private: false },
    sender: { login: `user-${index % 977}`, type: "User" },
    head: randomBytes(100).toString("base64"),
    note: index % 50_000 === 0 ? "a needle in the haystack" : "nothing to be seen here",
  };
  return {
    id: newIdAt(receivedAt),
    webhookId,
    entrypointId,
    receivedAt,
    method: index % PUT_ONE_OF === 0 ? "PUT" : "POST",
    pathTail: "",
    query: "",
    headersJson: '[["content-type","application/json"],["user-agent","GitHub-Hookshot/1234567"]]',
    contentType: "application/json",
    remoteAddress: "192.0.2.7",
    type: null,
    body: Buffer.from(JSON.stringify(body)),
    targets: targetIds.map((id) => ({ id, settlesAtIngest: false })),
  };
}

/** Most are delivered everywhere; some wait far longer than the measurement takes. */
function settlementsOf(draft: EventDraft, index: number): readonly Settlement[] {
  return draft.targets.map(({ id: targetId }, place) => {
    const isFailed = place === 0 && index % FAILED_ONE_OF === 7;
    const isPending = place === 0 && index % PENDING_ONE_OF === 3;
    const error = isFailed || isPending ? "The target answered 503." : null;
    return {
      eventId: draft.id,
      targetId,
      replays: 0,
      status: isFailed ? "failed" : isPending ? "pending" : "delivered",
      nextAttemptAt: isPending ? Date.now() + DAY_MS : null,
      reason: isFailed ? "12 tries failed." : null,
      result: {
        id: newIdAt(draft.receivedAt),
        attempt: 1,
        startedAt: draft.receivedAt + 3,
        durationMs: 12,
        statusCode: error === null ? 200 : 503,
        error,
        responseHeaders: [["content-type", "text/plain"]],
        responseBody: Buffer.from("ok"),
        responseBodyTruncated: false,
      },
    } satisfies Settlement;
  });
}
