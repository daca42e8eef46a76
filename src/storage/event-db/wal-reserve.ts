/** Keeps the file of a write-ahead log longer than what is written to it, as syncing a file that grows is dear. */
import { fstatSync, writeSync } from "node:fs";
import { ASK_AFTER_BYTES } from "../sqlite/wal-length.ts";

/**
 * A frame of the log: its header, and a page of SQLite's default size, which every event file has.
 * https://sqlite.org/fileformat2.html#wal_file_format
 */
const FRAME_BYTES = 24 + 4_096;
/** A log that is shorter may never grow longer, as that of a webhook with few events. */
const SHORT_PAGES = 32;
/** Written at once, and with the next sync: of 256 KB each made the slowest of 100 busy webhooks wait twice as long. */
const STEP_BYTES = 65_536;
/** About twice what a log holds when it is copied back: from then on its file is long enough. */
const LONGEST_BYTES = 8_388_608;

const ZEROS = new Uint8Array(65_536);

export class LogReserve {
  readonly #descriptor: number;
  /** The file's length, or what it was meant to be. */
  #bytes: number;

  constructor(descriptor: number) {
    this.#descriptor = descriptor;
    this.#bytes = fstatSync(descriptor).size;
  }

  /**
   * To be called between two transactions, with the log's length. A sync of a file that has grown waits for the file
   * system's journal as well, and meanwhile so does whoever lets a file grow: events of one busy webhook, delivered
   * and stored, took 3 % longer. Zeros are no frames to SQLite. Best effort: without space the log takes what it needs.
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
      // The sync tells of it, if it matters.
    }
  }
}
