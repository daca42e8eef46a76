/** Sends one request over a connection, as fast as the connection accepts it. */

import type { Connection } from "./connection.ts";
import { writeRequest } from "./request-bytes.ts";

export class RequestWriter {
  #unsent: readonly Uint8Array[] = [];
  /** Number of bytes of the first unsent part that have been sent. */
  #offset = 0;

  /** True if the whole request has left. */
  get isDone(): boolean {
    return this.#unsent.length === 0;
  }

  /** Begins anew with a request. Returns false if the connection is gone. */
  start(head: string, body: Uint8Array, connection: Connection): boolean {
    const unsent = writeRequest(head, body, connection);
    if (unsent === null) return false;
    this.#unsent = unsent;
    this.#offset = 0;
    return this.proceed(connection);
  }

  /** Sends what the connection accepts now. Returns false if it is gone. */
  proceed(connection: Connection): boolean {
    for (;;) {
      const [part] = this.#unsent;
      if (part === undefined) return true;
      const left = part.byteLength - this.#offset;
      const written = connection.write(part, this.#offset, left);
      if (written < 0) return false;
      this.#offset += written;
      if (this.#offset < part.byteLength) return true;
      this.#unsent = this.#unsent.slice(1);
      this.#offset = 0;
    }
  }
}
