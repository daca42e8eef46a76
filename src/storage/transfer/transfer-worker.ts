/** Runs in a Worker: writes, checks and adopts files of whole webhooks, for as long as that takes. */
import { diskFault } from "../../lib/disk-fault.ts";
import { AppError, type ErrorKind, errorMessage } from "../../lib/errors.ts";
import { adoptWebhookFile, type IdChanges } from "./adopt-webhook-file.ts";
import { readWebhookFile, writeWebhookFile } from "./webhook-file.ts";

export type TransferRequest =
  | Readonly<{ kind: "write"; eventFile: string; to: string; document: string }>
  | Readonly<{ kind: "read"; path: string }>
  | Readonly<{ kind: "adopt"; path: string; to: string; ids: IdChanges }>;

/** `document` is the result of a read. `error` carries an AppError's fields, which errors lose between threads. */
export type TransferAnswer =
  | Readonly<{ kind: "done"; document: string | null }>
  | Readonly<{
      kind: "failed";
      message: string;
      error: Readonly<{ kind: ErrorKind; code: string; hint: string | undefined }> | null;
    }>;

declare const self: Worker;

function act(request: TransferRequest): string | null {
  switch (request.kind) {
    case "write":
      writeWebhookFile(request);
      return null;
    case "read":
      return readWebhookFile(request.path);
    case "adopt":
      adoptWebhookFile(request);
      return null;
  }
}

function answer(request: TransferRequest): TransferAnswer {
  try {
    return { kind: "done", document: act(request) };
  } catch (error) {
    const message = errorMessage(error);
    const known = error instanceof AppError ? error : diskFault(error);
    if (known === null) return { kind: "failed", message, error: null };
    const { kind, code, hint } = known;
    return { kind: "failed", message: known.message, error: { kind, code, hint } };
  }
}

self.onmessage = (event: MessageEvent<TransferRequest>) => self.postMessage(answer(event.data));
