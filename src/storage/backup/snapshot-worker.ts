/** Runs in a Worker: copies a database as it is at one moment and hashes the copy, for as long as that takes. */
import { rmSync } from "node:fs";
import { type LineFault, lineFault } from "../workers/worker-line.ts";
import { copyDatabase } from "./copy-database.ts";
import { hashFile } from "./hashed-copy.ts";

export type SnapshotRequest = Readonly<{ from: string; to: string }>;

export type SnapshotAnswer = Readonly<{ bytes: number; sha256: string } | { fault: LineFault }>;

declare const self: Worker;

function answer({ from, to }: SnapshotRequest): SnapshotAnswer {
  try {
    copyDatabase({ from, to });
    return hashFile({ from: to });
  } catch (error) {
    rmSync(to, { force: true });
    return { fault: lineFault(error) };
  }
}

self.onmessage = (event: MessageEvent<SnapshotRequest>) => self.postMessage(answer(event.data));
