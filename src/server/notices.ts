/** Builds the parts that notify owners of problems with their webhooks. */
import type { Config } from "../config.ts";
import type { TargetOpener } from "../delivery/open-target.ts";
import { createRefusalTally } from "../ingest/refusal-tally.ts";
import { type Clock, wait } from "../lib/clock.ts";
import { createMailer } from "../lib/mailer.ts";
import { createNoticeChannels } from "../notices/notice-channels.ts";
import { createNoticeSender } from "../notices/notice-sender.ts";
import { createNotices } from "../notices/notices.ts";
import { createSilenceWatch } from "../notices/silence-watch.ts";
import { createTestMail } from "../notices/test-mail.ts";
import type { Logger } from "../observability/log.ts";
import type { WebhookDBManager } from "../storage/event-files/webhook-db-manager.ts";
import type { MainDb } from "../storage/main-db/open.ts";
import { createRhythmReader } from "../storage/reader/rhythms.ts";

/** How long a notice may take to be sent after a stop; then it is aborted, and sent after the next start. */
const GRACE_MS = 1_000;

export function createNoticeParts(deps: {
  config: Config;
  files: Pick<WebhookDBManager, "pathOf">;
  mainDb: MainDb;
  openTarget: TargetOpener;
  /** False while another node of the cluster leads. */
  isLeading: () => boolean;
  clock: Clock;
  log: Logger;
}) {
  const { config, files, mainDb, openTarget, isLeading, clock, log } = deps;
  const { webhooks, entrypoints, routing, notices: queries, problems } = mainDb;
  const abort = new AbortController();
  const sendMail = config.mail && createMailer(config.mail);
  const notices = createNotices({
    queries: problems,
    webhooks,
    entrypoints,
    routing,
    clock,
    log,
    onNotice: () => sender.wake(),
  });
  const { findSettings } = notices;
  const sender = createNoticeSender({
    queries,
    webhooks,
    entrypoints,
    routing,
    findSettings,
    clock,
    log,
    synced: mainDb.synced,
    baseUrl: config.baseUrl,
    sendOnce: createNoticeChannels({
      routing,
      webhooks,
      openTarget,
      clock,
      sendMail,
      signal: abort.signal,
    }),
  });
  const silence = createSilenceWatch({
    webhooks,
    routing,
    notices,
    clock,
    log,
    readRhythms: createRhythmReader(files),
  });
  const refusals = createRefusalTally({
    queries: mainDb.refusals,
    onRefusing: notices.entrypointRefusing,
    onAccepted: notices.entrypointAccepted,
    routing,
    isLeading,
    listRefusing: () => notices.listSubjects("entrypoint_refusing"),
    clock,
    log,
  });
  return {
    notices,
    refusals,
    sendTest: sender.sendTest,
    sendTestMail: createTestMail({ sendMail, baseUrl: config.baseUrl, clock }),
    recorded: silence.noteRecorded,
    start(): void {
      refusals.start();
      silence.start();
      sender.wake();
    },
    async stop(): Promise<void> {
      await silence.stop();
      refusals.stop();
      notices.stop();
      const stopped = sender.stop();
      abort.abort();
      await Promise.race([stopped, wait(clock, GRACE_MS)]);
    },
  };
}
