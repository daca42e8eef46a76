/**
 * Event files of imported webhooks, which the log does not bring: a node takes them from another one, if it can before the
 * log says that the webhook is there, else afterwards. Until then the log's entries for that webhook wait, and no others.
 */
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { requireSpace } from "../backup/free-space.ts";
import { eventMigrations } from "../event-db/migrations/index.ts";
import type { Owner } from "./event-log.ts";
import { type AwaitedFile, ImportFolder, listAwaited } from "./import-folder.ts";
import { type ArrivingCopy, receiveCopy } from "./receive-copy.ts";

/**
 * Resolves with the file as any node has it that has applied the log up to that position; null if the webhook was deleted
 * after that. Rejects if no node gives it at the moment.
 */
export type FetchImported = (file: AwaitedFile, signal: AbortSignal) => Promise<ArrivingCopy | null>;

export type ImportedFiles = Readonly<{
  /** Keeps a copy ready for a webhook that the leader is about to make visible. It is on disk once this resolves. */
  keepReady: (
    of: Readonly<{ webhookId: string; epoch: number }>,
    fetch: (signal: AbortSignal) => Promise<ArrivingCopy>,
  ) => Promise<void>;
  /** Call it before rows are applied by which the imported webhook becomes visible. */
  expect: (file: AwaitedFile) => Promise<void>;
  /** Resolves once the log's entries can be written to the file; null if they can already. */
  writable: (webhookId: string) => Promise<void> | null;
  /** Resolves once the files are there, or their webhooks deleted; null if no file is awaited. */
  arrived: (webhookIds: readonly string[]) => Promise<unknown> | null;
  /** Call it when the leader has undone an import. */
  undone: (webhookId: string) => Promise<void>;
  /** Call it when a webhook was deleted, before its file is. */
  deleted: (webhookId: string) => Promise<void>;
  /** Call it with the leader as it is at first, and with each claim of the leadership: imports end with their leader. */
  claimed: (owner: Owner) => void;
  /** Resolves once no file is written any more. */
  stop: () => Promise<void>;
}>;

type Arrival = Readonly<{
  file: AwaitedFile;
  /** The entries can be applied, or are refused because the webhook is deleted. */
  writable: PromiseWithResolvers<void>;
  arrived: PromiseWithResolvers<void>;
  abort: AbortController;
  /** Resolves once nothing is fetched any more. */
  ended: Promise<void>;
}>;

type Readying = Readonly<{ ended: Promise<void>; abort: AbortController }>;

const AGAIN_MS = 2_000;

export function createImportedFiles(deps: {
  dataDir: string;
  fetchImported: FetchImported;
  /** Removes a webhook's event file, and refuses all writes to it from then on. */
  deleteFile: (webhookId: string) => Promise<void>;
  clock: Pick<Clock, "after">;
  /** Whether there is such a webhook, and it is not deleted. */
  isThere: (webhookId: string) => boolean;
  onTrouble: (message: string, error: unknown) => void;
}): ImportedFiles {
  const { dataDir, fetchImported, deleteFile, clock, isThere, onTrouble } = deps;
  const folder = new ImportFolder(dataDir);
  const stopping = new AbortController();
  const arrivals = new Map<string, Arrival>();
  /** Files that are fetched to be kept ready. */
  const readying = new Map<string, Readying>();
  let leader: Owner | null = null;

  for (const file of listAwaited(dataDir)) if (isThere(file.webhookId)) begin(file);

  function begin(file: AwaitedFile): void {
    const abort = new AbortController();
    const arrival = {
      file,
      writable: Promise.withResolvers<void>(),
      arrived: Promise.withResolvers<void>(),
      abort,
    };
    const signal = AbortSignal.any([abort.signal, stopping.signal]);
    arrivals.set(file.webhookId, { ...arrival, ended: fetchUntilThere(arrival, signal) });
  }

  async function fetchUntilThere(arrival: Omit<Arrival, "ended">, signal: AbortSignal): Promise<void> {
    const { webhookId } = arrival.file;
    /** Size of the copy that was offered last: the other node makes one for each question. */
    let bytes = 0;
    const noteSize = (copy: ArrivingCopy) => (bytes = copy.bytes);
    while (!signal.aborted) {
      try {
        if (bytes > 0) requireSpace({ folder: dataDir, bytes });
        // It may be on its way already.
        await readying.get(webhookId)?.ended.catch(() => undefined);
        const hasFile = (await folder.useReady(webhookId)) || (await fetchOnce(arrival, signal, noteSize));
        if (hasFile) {
          arrivals.delete(webhookId);
          arrival.arrived.resolve();
        }
        return arrival.writable.resolve();
      } catch (error) {
        if (signal.aborted) return;
        onTrouble(
          `the events of webhook ${webhookId} could not be copied from another node; trying again`,
          error,
        );
        await pause(signal);
      }
    }
  }

  /** Returns false for a webhook that is deleted further on in the log: what comes for it until then is dropped. */
  async function fetchOnce(
    { file }: Omit<Arrival, "ended">,
    signal: AbortSignal,
    onCopy: (copy: ArrivingCopy) => void,
  ): Promise<boolean> {
    const { webhookId } = file;
    const copy = await fetchImported(file, signal);
    if (copy === null) {
      await deleteFile(webhookId);
      return false;
    }
    onCopy(copy);
    await received(copy, signal, (part) => folder.place(webhookId, part));
    return true;
  }

  async function received(
    copy: ArrivingCopy,
    signal: AbortSignal,
    use: (part: string) => Promise<void>,
  ): Promise<void> {
    const part = folder.newPart();
    try {
      await receiveCopy(copy, part, { signal, newest: eventMigrations.length });
      signal.throwIfAborted();
      await use(part);
    } finally {
      await folder.drop(part);
    }
  }

  function pause(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = () => {
        cancel();
        // A file may be tried for days.
        signal.removeEventListener("abort", end);
        resolve();
      };
      const cancel = clock.after(AGAIN_MS, end);
      signal.addEventListener("abort", end, { once: true });
    });
  }

  async function makeReady(
    of: Readonly<{ webhookId: string; epoch: number }>,
    fetch: (signal: AbortSignal) => Promise<ArrivingCopy>,
    signal: AbortSignal,
  ): Promise<void> {
    signal.throwIfAborted();
    await received(await fetch(signal), signal, (part) => folder.keepReady(part, of));
    // Another node may have taken over meanwhile.
    if (!isPast(of.epoch)) return;
    await folder.dropReady(({ webhookId }) => webhookId === of.webhookId);
    throw new AppError({ kind: "unavailable", code: "not_leader", message: "Another node leads now." });
  }

  async function giveUpReadying(webhookId: string): Promise<void> {
    const running = readying.get(webhookId);
    running?.abort.abort();
    await running?.ended.catch(() => undefined);
  }

  /** Nothing of that leadership comes any more. */
  function isPast(epoch: number): boolean {
    return leader !== null && epoch < leader.epoch;
  }

  return {
    async keepReady(of, fetch) {
      const { webhookId } = of;
      if (await folder.isReady(webhookId)) return;
      const running = readying.get(webhookId);
      if (running) return running.ended;
      const abort = new AbortController();
      const signal = AbortSignal.any([abort.signal, stopping.signal]);
      const ended = makeReady(of, fetch, signal).finally(() => readying.delete(webhookId));
      readying.set(webhookId, { ended, abort });
      await ended;
    },
    async expect(file) {
      const { webhookId } = file;
      if (arrivals.has(webhookId) || folder.hasEvents(webhookId)) return;
      if (await folder.useReady(webhookId)) return;
      await folder.await(file);
      begin(file);
    },
    writable: (webhookId) => arrivals.get(webhookId)?.writable.promise ?? null,
    arrived(webhookIds) {
      const awaited = webhookIds.flatMap((id) => arrivals.get(id) ?? []);
      return awaited.length === 0 ? null : Promise.all(awaited.map(({ arrived }) => arrived.promise));
    },
    async undone(webhookId) {
      await giveUpReadying(webhookId);
      await folder.dropReady((each) => each.webhookId === webhookId);
    },
    async deleted(webhookId) {
      const arrival = arrivals.get(webhookId);
      arrival?.abort.abort();
      await giveUpReadying(webhookId);
      await arrival?.ended;
      arrivals.delete(webhookId);
      await folder.forget(webhookId);
      arrival?.writable.resolve();
      arrival?.arrived.resolve();
    },
    claimed(owner) {
      const before = leader;
      leader = owner;
      // A leader that was restarted may still have to tell the log what it had decided before.
      if (before === null || before.node === owner.node) return;
      folder
        .dropReady(({ epoch }) => isPast(epoch))
        .catch((error: unknown) => onTrouble("files of imports that ended could not be removed", error));
    },
    async stop() {
      stopping.abort();
      const all = [...arrivals.values(), ...readying.values()];
      await Promise.allSettled(all.map(({ ended }) => ended));
    },
  };
}
