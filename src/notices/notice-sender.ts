/** Sends due notices, grouped by webhook, and retries a few times if one does not arrive. */

import { createAlarm } from "../lib/alarm.ts";
import type { Clock } from "../lib/clock.ts";
import { AppError, errorMessage } from "../lib/errors.ts";
import type { Logger } from "../observability/log.ts";
import { type NoticeChannel, type NoticeSettings, PROBLEM_SUBJECTS } from "../settings/notice-settings.ts";
import type { EntrypointQueries } from "../storage/main-db/entrypoints.ts";
import type { NoticeQueries, PendingNotice } from "../storage/main-db/notices.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import type { Routing } from "../storage/main-db/routing.ts";
import type { WebhookQueries } from "../storage/main-db/webhooks.ts";
import type { SendOnce } from "./notice-channels.ts";
import { describeNotice, describeTest, type NoticeSubject } from "./notice-message.ts";
import { channelsOf } from "./problem-journal.ts";

/** Delays between attempts; after the last one a notice is given up. */
const RETRY_AFTER_MS = [30_000, 2 * 60_000, 10 * 60_000, 60 * 60_000];
/** Number of notices read at a time; those of one webhook and channel are sent as one. */
const BATCH = 500;
const AT_ONCE = 4;
/** Minimum interval between test notices: each is an e-mail or a request to another server. */
const TEST_EVERY_MS = 5_000;

export type TestResult = Readonly<{ channel: NoticeChannel; error: string | null }>;

/**
 * Sends a test notice immediately to each channel of the webhook's settings. Rejects with AppError: conflict,
 * rate_limited.
 */
export type SendTestNotice = (
  webhook: Readonly<{ id: string; name: string; ownerId: string }>,
) => Promise<readonly TestResult[]>;

export type NoticeSender = Readonly<{
  /** Call when there may be new notices. */
  wake: () => void;
  /** Sends everything that is due, as `wake` does. */
  pass: () => Promise<void>;
  sendTest: SendTestNotice;
  stop: () => Promise<void>;
}>;

export function createNoticeSender(deps: {
  queries: Pick<NoticeQueries, "listDue" | "earliestDue" | "retryLater" | "remove">;
  webhooks: Pick<WebhookQueries, "find">;
  entrypoints: Pick<EntrypointQueries, "find">;
  routing: Pick<Routing, "findTarget">;
  findSettings: (webhookId: string) => NoticeSettings | null;
  synced: MainDb["synced"];
  sendOnce: SendOnce;
  baseUrl: string;
  clock: Clock;
  log: Logger;
}): NoticeSender {
  const { queries, webhooks, entrypoints, routing, findSettings, sendOnce, baseUrl, clock, log } = deps;
  /** Ignores a failed sync: a notice sent twice after a power cut is better than one never sent. */
  const synced = () => deps.synced().catch(() => undefined);
  const alarm = createAlarm(clock, wake);
  const lastTests = new Map<string, number>();
  let running: Promise<void> | null = null;
  let isAskedAgain = false;
  let isStopped = false;

  function wake(): void {
    void pass();
  }

  function pass(): Promise<void> {
    if (running !== null) isAskedAgain = true;
    running ??= passes().finally(() => {
      running = null;
    });
    return running;
  }

  async function passes(): Promise<void> {
    do {
      isAskedAgain = false;
      try {
        await sendDue();
      } catch (error) {
        log.error("notices could not be sent", { cause: errorMessage(error) });
      }
    } while (isAskedAgain && !isStopped);
  }

  async function sendDue(): Promise<void> {
    if (isStopped) return;
    const groups = [...groupBy(queries.listDue(clock.now(), BATCH)).values()];
    await synced();
    const worker = async () => {
      for (let group = groups.shift(); group && !isStopped; group = groups.shift()) await send(group);
    };
    await Promise.all(Array.from({ length: AT_ONCE }, worker));
    await synced();
    const next = isStopped ? null : queries.earliestDue();
    if (next !== null) alarm.ringIn(Math.max(0, next - clock.now()));
  }

  async function send(group: readonly PendingNotice[]): Promise<void> {
    const [first] = group;
    if (!first) return;
    const { webhookId, channel, attempts } = first;
    const ids = group.map(({ id }) => id);
    const webhook = webhooks.find(webhookId);
    const settings = findSettings(webhookId);
    // The webhook was deleted or its notices were disabled meanwhile.
    if (!webhook || !channelsOf(settings).includes(channel) || !settings) return queries.remove(ids);
    const changes = group.map((notice) => ({ ...notice, name: nameOf(notice) }));
    const message = describeNotice(changes, subjectOf(webhook));
    const error = await sendOnce({ userId: webhook.userId, webhook, channel, settings, message });
    if (error === null) return queries.remove(ids);
    const wait = RETRY_AFTER_MS[attempts];
    const fields = { webhook_id: webhookId, channel, notices: ids.length, error };
    if (wait === undefined) {
      log.warn("a notice was given up", fields);
      return queries.remove(ids);
    }
    log.info("a notice could not be sent, and will be retried", fields);
    queries.retryLater(ids, clock.now() + wait);
  }

  function subjectOf({ id, name }: { id: string; name: string }): NoticeSubject {
    return { webhook: { id, name }, url: `${baseUrl}/source/${id}` };
  }

  function nameOf({ kind, subjectId, webhookId }: PendingNotice): string {
    if (PROBLEM_SUBJECTS[kind] === "target") return routing.findTarget(subjectId)?.name ?? subjectId;
    return entrypoints.find({ id: subjectId, webhookId })?.name ?? subjectId;
  }

  const sendTest: SendTestNotice = async (webhook) => {
    const settings = findSettings(webhook.id);
    const channels = channelsOf(settings);
    if (!settings || channels.length === 0) throw noRecipient();
    const now = clock.monotonic();
    for (const [id, at] of lastTests) if (now - at >= TEST_EVERY_MS) lastTests.delete(id);
    if (lastTests.has(webhook.ownerId)) throw tooFrequent();
    lastTests.set(webhook.ownerId, now);
    const message = describeTest(subjectOf(webhook));
    return Promise.all(
      channels.map(async (channel) => ({
        channel,
        error: await sendOnce({ userId: webhook.ownerId, webhook, channel, settings, message }),
      })),
    );
  };

  return {
    wake,
    pass,
    sendTest,
    async stop() {
      isStopped = true;
      alarm.stop();
      await running;
    },
  };
}

/** Groups notices with the same number of attempts, so that an old one does not delay new ones. */
function groupBy(notices: readonly PendingNotice[]): Map<string, PendingNotice[]> {
  const groups = new Map<string, PendingNotice[]>();
  for (const notice of notices) {
    const key = `${notice.webhookId} ${notice.channel} ${notice.attempts}`;
    groups.set(key, [...(groups.get(key) ?? []), notice]);
  }
  return groups;
}

function noRecipient(): AppError {
  return new AppError({
    kind: "conflict",
    code: "no_notices",
    message: "Notices are off for this webhook.",
    hint: "Choose a target or an e-mail address for notices first.",
  });
}

function tooFrequent(): AppError {
  return new AppError({
    kind: "rate_limited",
    message: "A test notice was just sent.",
    hint: "Wait a few seconds.",
    retryAfterSeconds: TEST_EVERY_MS / 1_000,
  });
}
