/** The event loop's side of webhook transfers: workers write and check the files that leave and arrive. */
import { existsSync } from "node:fs";
import { type FileHandle, open, readdir, rm, stat } from "node:fs/promises";
import { dirname, join } from "node:path";
import { AppError } from "../../lib/errors.ts";
import { newUnguessableId } from "../../lib/ids.ts";
import { requireSpace } from "../backup/free-space.ts";
import { askWorker } from "../workers/ask-worker.ts";
import type { IdChanges } from "./adopt-webhook-file.ts";
import type { TransferAnswer, TransferRequest } from "./transfer-worker.ts";

/** Transfer files are beside the event files, so that a finished one is only renamed. `moving-` is their earlier name. */
const PART_FILE = /^(?:transfer|moving)-[0-9a-f-]{36}\.part(-journal|-wal|-shm)?$/;
/** Bytes received between two checks of the free space. */
const LOOK_EVERY_BYTES = 32 * 1024 * 1024;
/** Each transfer uses a thread; files that are still being received are not counted. */
const MOST_AT_ONCE = 2;

export type WebhookFiles = ReturnType<typeof createWebhookFiles>;

export function createWebhookFiles(dataDir: string) {
  let running = 0;
  const pathOf = (webhookId: string) => join(dataDir, `events-${webhookId}.db`);
  const newPart = () => join(dataDir, `transfer-${newUnguessableId()}.part`);

  async function bounded<T>(act: () => Promise<T>): Promise<T> {
    if (running >= MOST_AT_ONCE) throw busy();
    running++;
    try {
      return await act();
    } finally {
      running--;
    }
  }

  return {
    /** Writes the webhook's file to `to`, which must not exist, or to a new file that the caller discards. */
    write: (options: { webhookId: string; document: string; to?: string }): Promise<string> =>
      bounded(async () => {
        const { webhookId, document, to = newPart() } = options;
        const eventFile = pathOf(webhookId);
        requireSpace({ folder: dirname(to), bytes: (await stat(eventFile)).size, besides: dataDir });
        try {
          await ask({ kind: "write", eventFile, to, document });
        } catch (error) {
          if (options.to === undefined) await discard(to);
          throw error;
        }
        return to;
      }),

    /**
     * Stores an uploaded file as it arrives; only the free space limits its size. It takes no slot of the few
     * transfers, as it uses no thread: a slow upload must not block everybody else's transfers.
     */
    async receive(chunks: AsyncIterable<Uint8Array>, expectedBytes: number): Promise<string> {
      const path = newPart();
      requireSpace({ folder: dataDir, bytes: expectedBytes, besides: dataDir });
      const file = await open(path, "wx", 0o600);
      try {
        let sinceLook = 0;
        for await (const chunk of chunks) {
          await writeWhole(file, chunk);
          sinceLook += chunk.byteLength;
          if (sinceLook < LOOK_EVERY_BYTES) continue;
          sinceLook = 0;
          requireSpace({ folder: dataDir, bytes: LOOK_EVERY_BYTES, besides: dataDir });
        }
        return path;
      } catch (error) {
        await discard(path);
        throw error;
      } finally {
        await file.close();
      }
    },

    /** Returns the document of a file. Throws AppError `invalid` unless the file is sound in every way. */
    read: (path: string): Promise<string> =>
      bounded(async () => {
        const document = await ask({ kind: "read", path });
        if (document === null) throw new Error("the file was not read");
        return document;
      }),

    /** True if any event file exists at the webhook's path, even for an id that no webhook has. */
    isTaken: (webhookId: string): boolean =>
      ["", "-wal", "-shm"].some((end) => existsSync(pathOf(webhookId) + end)),

    /** Makes it the event file of a webhook that has none yet; rejects rather than overwrite one. */
    adopt: (options: { path: string; webhookId: string; ids: IdChanges }): Promise<void> =>
      bounded(async () => {
        const { path, webhookId, ids } = options;
        await ask({ kind: "adopt", path, ids, to: pathOf(webhookId) });
      }),

    discard,
    /** Removes the adopted file of a webhook whose creation failed. */
    async remove(webhookId: string): Promise<void> {
      for (const end of ["", "-wal", "-shm"]) await rm(pathOf(webhookId) + end, { force: true });
    },
    /** Removes what an earlier run left; call it before any other file is created. */
    async removeLeftovers(): Promise<void> {
      const names = (await readdir(dataDir)).filter((name) => PART_FILE.test(name));
      for (const name of names) await discard(join(dataDir, name));
    },
  };
}

async function writeWhole(file: FileHandle, bytes: Uint8Array): Promise<void> {
  for (let from = 0; from < bytes.byteLength; ) from += (await file.write(bytes, from)).bytesWritten;
}

/** Asynchronous, as freeing a large file's blocks takes a while. */
async function discard(path: string): Promise<void> {
  for (const end of ["", "-journal", "-wal", "-shm"]) await rm(path + end, { force: true });
}

async function ask(request: TransferRequest): Promise<string | null> {
  const script = new URL("./transfer-worker.ts", import.meta.url);
  const answer = await askWorker<TransferRequest, TransferAnswer>(script, request);
  if (answer.kind === "done") return answer.document;
  const { message, error } = answer;
  if (error === null) throw new Error(message);
  const { kind, code, hint } = error;
  throw new AppError({ kind, code, message, ...(hint !== undefined && { hint }) });
}

function busy(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "busy",
    message: "Other exports or imports are running.",
    hint: "Try again when they are done.",
    retryAfterSeconds: 10,
  });
}
