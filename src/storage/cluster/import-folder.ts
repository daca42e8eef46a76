/**
 * A node's folder as imports use it: files that are kept ready until the log says that the webhook is there, and notes of
 * files that the node lacks.
 */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { open, readdir, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { newUnguessableId } from "../../lib/ids.ts";
import { isLost } from "../sqlite/file-size.ts";

const READY = /^ready-(\d{1,15})-([0-9a-f-]{36})\.db$/;
const AWAITED = /^awaited-([0-9a-f-]{36})$/;

export type AwaitedFile = Readonly<{
  webhookId: string;
  /** The log's entry that made the webhook visible. */
  position: number;
}>;

/** The files that the node lacks: nothing is lost, other nodes have them. */
export function listAwaited(dataDir: string): readonly AwaitedFile[] {
  if (!existsSync(dataDir)) return [];
  return readdirSync(dataDir).flatMap((name) => {
    const webhookId = AWAITED.exec(name)?.[1];
    if (webhookId === undefined || !isLost(eventPath(dataDir, webhookId))) return [];
    const position = Number(readFileSync(join(dataDir, name), "utf8"));
    // If it cannot be read, no node may say that the webhook is deleted.
    return [{ webhookId, position: position > 0 ? position : Number.MAX_SAFE_INTEGER }];
  });
}

export class ImportFolder {
  readonly #dataDir: string;

  constructor(dataDir: string) {
    this.#dataDir = dataDir;
  }

  hasEvents(webhookId: string): boolean {
    return !isLost(eventPath(this.#dataDir, webhookId));
  }

  /** For a file that is being received; removed at the next start, as those of other transfers are. */
  newPart(): string {
    return join(this.#dataDir, `transfer-${newUnguessableId()}.part`);
  }

  /** Removes what is left of a part once it is used, or of no use. */
  async drop(part: string): Promise<void> {
    for (const end of ["", "-wal", "-shm"]) await rm(part + end, { force: true });
  }

  /** Keeps a received file ready. It is on disk once this resolves. */
  async keepReady(part: string, of: Readonly<{ webhookId: string; epoch: number }>): Promise<void> {
    await rename(part, join(this.#dataDir, `ready-${of.epoch}-${of.webhookId}.db`));
    await this.#sync();
  }

  /** Makes the file that was kept ready the webhook's event file, which must not exist. Returns whether there is one. */
  async useReady(webhookId: string): Promise<boolean> {
    const [ready] = (await this.#listReady()).filter((each) => each.webhookId === webhookId);
    if (ready === undefined) return false;
    await this.place(webhookId, join(this.#dataDir, ready.name));
    return true;
  }

  async isReady(webhookId: string): Promise<boolean> {
    return (await this.#listReady()).some((each) => each.webhookId === webhookId);
  }

  async dropReady(isMeant: (of: Readonly<{ webhookId: string; epoch: number }>) => boolean): Promise<void> {
    for (const each of (await this.#listReady()).filter(isMeant)) await rm(join(this.#dataDir, each.name));
  }

  /** Makes it the webhook's event file. */
  async place(webhookId: string, from: string): Promise<void> {
    const to = eventPath(this.#dataDir, webhookId);
    for (const end of ["-wal", "-shm"]) await rm(to + end, { force: true });
    await rename(from, to);
    await this.#sync();
    await this.forget(webhookId);
  }

  /** Notes that the node lacks the file. */
  async await({ webhookId, position }: AwaitedFile): Promise<void> {
    const path = this.#noteOf(webhookId);
    await writeFile(path, String(position), { mode: 0o600, flush: true });
    await this.#sync();
  }

  async forget(webhookId: string): Promise<void> {
    await rm(this.#noteOf(webhookId), { force: true });
  }

  /** The webhooks whose files are at other nodes only. */
  async listLacking(): Promise<readonly string[]> {
    const ready = new Set((await this.#listReady()).map(({ webhookId }) => webhookId));
    return listAwaited(this.#dataDir).flatMap(({ webhookId }) => (ready.has(webhookId) ? [] : webhookId));
  }

  /** Uses the ready files that are awaited, and removes all others and all notes: nothing comes any more. */
  async end(): Promise<void> {
    for (const { webhookId } of listAwaited(this.#dataDir)) await this.useReady(webhookId);
    await this.dropReady(() => true);
    for (const name of await readdir(this.#dataDir)) {
      if (AWAITED.test(name)) await rm(join(this.#dataDir, name));
    }
  }

  async #listReady() {
    return (await readdir(this.#dataDir)).flatMap((name) => {
      const [, epoch, webhookId] = READY.exec(name) ?? [];
      return webhookId === undefined ? [] : [{ name, webhookId, epoch: Number(epoch) }];
    });
  }

  #noteOf(webhookId: string): string {
    return join(this.#dataDir, `awaited-${webhookId}`);
  }

  async #sync(): Promise<void> {
    // Windows has no handle on a folder to sync.
    if (process.platform === "win32") return;
    const folder = await open(this.#dataDir, "r");
    try {
      await folder.sync();
    } finally {
      await folder.close();
    }
  }
}

function eventPath(dataDir: string, webhookId: string): string {
  return join(dataDir, `events-${webhookId}.db`);
}
