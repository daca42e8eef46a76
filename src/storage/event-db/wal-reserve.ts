/** Keeps the WAL's file longer than its content, as syncing a file that grows is expensive. */
import { fstatSync, writeSync } from "node:fs";
import { ASK_AFTER_BYTES } from "../sqlite/wal-length.ts";

/**
 * A frame of the WAL: its header, and a page of SQLite's default size, which every event file has.
 * https://sqlite.org/fileformat2.html#wal_file_format
 */
const FRAME_BYTES = 24 + 4_096;
/** A shorter WAL may never grow, such as that of a webhook with few events. */
const SHORT_PAGES = 32;
/**
 * Written at once and synced with the next sync: with 256 KB, the slowest of 100 busy webhooks waited twice as long.
 */
const STEP_BYTES = 65_536;
/** About twice what a WAL contains when it is copied back: from then on its file is long enough. */
const LONGEST_BYTES = 8_388_608;

const ZEROS = new Uint8Array(65_536);

export class WalReserve {
  readonly #descriptor: number;
  /** The file's length, or the intended one. */
  #bytes: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#bytes = fstatSync(descriptor).size;
  }

  /**
   * Lengthens the file if needed; call it between two transactions with the WAL's length. Syncing a file that has grown
   * also waits for the file system's journal, and so does anyone else who lets a file grow meanwhile: storing and
   * delivering the events of one busy webhook took 3 % longer. SQLite does not take zeros for frames. Best effort:
   * without free space the WAL grows as it needs.
   */
  cover(pages: number): void {
    const wanted = pages * FRAME_BYTES + ASK_AFTER_BYTES;
    if (pages < SHORT_PAGES || wanted <= this.#bytes || this.#bytes >= LONGEST_BYTES) return;
    this.#bytes = wanted + STEP_BYTES;
    try {
      for (let at = fstatSync(this.#descriptor).size; at < this.#bytes; at += ZEROS.byteLength) {
        writeSync(this.#descriptor, ZEROS, 0, ZEROS.byteLength, at);
      }
    } catch {
      // The sync reports the fault, if it matters.
    }
  }
}
