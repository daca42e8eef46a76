/** Event files in a folder of their own, with the writer, the store and the worker as the program composes them. */
import { Database } from "bun:sqlite";
import { createHash } from "node:crypto";
import { chmodSync, readdirSync, readlinkSync, rmSync } from "node:fs";
import { newId } from "../../src/lib/ids.ts";
import { noMetrics, type StorageMetrics } from "../../src/observability/metrics.ts";
import type { DedupKey } from "../../src/storage/event-db/duplicates.ts";
import type { EventFile } from "../../src/storage/event-db/event-file.ts";
import type { EventDraft, Settlement } from "../../src/storage/event-db/types.ts";
import {
  type EventFileUpkeep,
  startEventFileUpkeep,
} from "../../src/storage/event-files/event-file-upkeep.ts";
import { WebhookDBManager } from "../../src/storage/event-files/webhook-db-manager.ts";
import { type EventReader, startEventReader } from "../../src/storage/reader/event-reader.ts";
import { createChangeSignal } from "../../src/storage/stores/change-signal.ts";
import { createEventStore, type EventStore } from "../../src/storage/stores/event-store.ts";
import { inTransaction } from "../../src/storage/writer/commit-writes.ts";
import { createEventWriter, type LocalWriter } from "../../src/storage/writer/event-writer.ts";
import { createFakeClock, type FakeClock } from "../support/fake-clock.ts";
import { makeTestFolder } from "../support/folder.ts";

type Replaceable<T> = { -readonly [K in keyof T]: T[K] };

export type StorageWorld = Readonly<{
  dataDir: string;
  clock: FakeClock;
  /** The real worker; a test may replace single functions of it. */
  upkeep: Replaceable<EventFileUpkeep>;
  files: WebhookDBManager;
  writer: LocalWriter;
  reader: EventReader;
  events: EventStore;
  /** Errors that the writer reported. */
  errors: string[];
  /** Webhooks whose events were reported as recorded. */
  recorded: string[];
  /** The recorded webhooks that were reported to have something to deliver. */
  due: string[];
  append: (draft: Partial<EventDraft> & { webhookId: string }) => Promise<EventDraft>;
  /** Changes a file in a transaction beside the writer, as no command does. */
  inFile: <T>(webhookId: string, change: (file: EventFile) => T) => T;
  /** Ids of the stored events, oldest first, read by a separate connection. */
  storedIds: (webhookId: string) => string[];
  dispose: () => Promise<void>;
}>;

/** Creates a world. With `dataDir` it opens another world's files again; the world that made the folder removes it. */
export function createStorageWorld(
  options: {
    maxOpen?: number;
    dataDir?: string;
    metrics?: StorageMetrics;
    reader?: EventReader;
    isFolderInPlace?: () => boolean;
    onMissing?: (webhookId: string) => void;
  } = {},
): StorageWorld {
  const dataDir = options.dataDir ?? makeTestFolder("events");
  const clock = createFakeClock();
  const upkeep: Replaceable<EventFileUpkeep> = { ...startEventFileUpkeep() };
  const errors: string[] = [];
  const recorded: string[] = [];
  const due: string[] = [];
  const { monotonic } = clock;
  const { maxOpen = 100, metrics = noMetrics, isFolderInPlace = () => true } = options;
  const { onMissing = () => {}, reader = startEventReader() } = options;
  const checks = { isFolderInPlace, onMissing };
  const files = new WebhookDBManager({ dataDir, maxOpen, upkeep, monotonic, metrics, ...checks });
  const changes = createChangeSignal();
  const writer = createEventWriter({
    files,
    upkeep,
    onRecorded(webhookId, hasDue) {
      recorded.push(webhookId);
      if (hasDue) due.push(webhookId);
    },
    onStored: changes.announce,
    onError: (message) => errors.push(message),
    monotonic,
    metrics,
  });
  return {
    dataDir,
    clock,
    upkeep,
    files,
    writer,
    reader,
    events: createEventStore({ files, writer, reader, changes, clock }),
    errors,
    recorded,
    due,
    async append(values) {
      const event = draft({ receivedAt: clock.now(), ...values });
      await writer.append(event);
      return event;
    },
    inFile: (webhookId, change) => inTransaction(files.open(webhookId), change),
    storedIds: (webhookId) =>
      query<{ id: string }>(files.pathOf(webhookId), "SELECT id FROM events ORDER BY id").map(({ id }) => id),
    async dispose() {
      await writer.drain();
      await files.closeAll();
      reader.stop();
      upkeep.stop();
      if (options.dataDir === undefined) rmSync(dataDir, { recursive: true, force: true });
    },
  };
}

export function draft(values: Partial<EventDraft> & { webhookId: string }): EventDraft {
  return {
    id: newId(),
    entrypointId: "entrypoint",
    receivedAt: 1_000,
    method: "POST",
    pathTail: "",
    query: "",
    headers: [["content-type", "text/plain"]],
    contentType: "text/plain",
    remoteAddress: "192.0.2.1",
    type: null,
    body: Buffer.from("hello"),
    targets: [],
    ...values,
  };
}

/** The key of an entrypoint that detects duplicates; `body` must be that of the draft. */
export function dedupKey(
  values: { key?: string; body?: string; differing?: DedupKey["differing"] } = {},
): DedupKey {
  const { key = "k", body = "hello", differing = "store" } = values;
  return { key, bodyHash: createHash("sha256").update(body).digest(), differing };
}

export const pendingFor = (id: string) => ({ id, settlesAtIngest: false });

/** The settlement of a first attempt with status 200. */
export function settlement(
  values: Partial<Omit<Settlement, "result">> & { eventId: string; targetId: string },
  result: Partial<Settlement["result"]> = {},
): Settlement {
  return {
    replays: 0,
    status: "delivered",
    nextAttemptAt: null,
    reason: null,
    ...values,
    result: {
      id: newId(),
      attempt: 1,
      startedAt: 2_000,
      durationMs: 5,
      statusCode: 200,
      error: null,
      responseHeaders: [["x-answer", "yes"]],
      responseBody: Buffer.from("ok"),
      responseBodyTruncated: false,
      transformationVersion: null,
      transformationFailed: false,
      ...result,
    },
  };
}

/** Queries a file through a separate connection, which changes nothing. */
export function query<Row>(path: string, sql: string): Row[] {
  const db = new Database(path, { readonly: true });
  try {
    return db.query<Row, []>(sql).all();
  } finally {
    db.close();
  }
}

/** This process's descriptors of files under a folder, unlinked files included. */
export function openDescriptors(folder: string): string[] {
  return readdirSync("/proc/self/fd").flatMap((descriptor) => {
    const path = targetOf(`/proc/self/fd/${descriptor}`);
    return path.startsWith(folder) ? [path] : [];
  });
}

function targetOf(link: string): string {
  try {
    return readlinkSync(link);
  } catch {
    // The descriptor that read the list is closed by now.
    return "";
  }
}

const NOBODY = 65_534;

/** Runs `act` while nobody may write to the folder, not even the superuser that tests run as in containers. */
export function whileReadOnly<T>(folder: string, act: () => T): T {
  chmodSync(folder, 0o555);
  const isRoot = process.geteuid?.() === 0;
  if (isRoot) process.seteuid?.(NOBODY);
  try {
    return act();
  } finally {
    if (isRoot) process.seteuid?.(0);
    chmodSync(folder, 0o700);
  }
}

/** A promise that the test resolves. */
export function gate(): { passed: Promise<void>; open: () => void } {
  let open = () => {};
  const passed = new Promise<void>((resolve) => {
    open = resolve;
  });
  return { passed, open };
}

/** Waits for one turn of the event loop: everything scheduled before it has run. */
export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
