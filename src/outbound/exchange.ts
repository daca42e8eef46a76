/** One request and its response, from the call to the value that says how it ended. */

import { KeptBody } from "./body.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import {
  abortedFailure,
  classify,
  connectTimeoutFailure,
  lostFailure,
  saysIdleTooLong,
  timeoutFailure,
} from "./failures.ts";
import type { Place } from "./origin.ts";
import type { OutboundRequest, OutboundResult } from "./outbound.ts";
import { requestHead, writeRequest } from "./request-bytes.ts";
import { Answer } from "./response.ts";
import type { Connection, ConnectionUser, Sockets } from "./sockets.ts";

/** The receiver has said that it took the request; the rest of its body is worth no more than this. */
const GRACE_AFTER_SUCCESS_MS = 5_000;

export type ExchangeOptions = {
  request: OutboundRequest;
  place: Place;
  deadlines: Deadlines;
  sockets: Sockets;
  settle: (result: OutboundResult) => void;
  /** On the monotonic clock. */
  now: number;
};

export class Exchange implements ConnectionUser, Timed {
  readonly connectBy: number;
  endBy: number;
  group: Timed[] | null = null;
  index = 0;
  readonly #options: ExchangeOptions;
  #body: KeptBody;
  #answer: Answer;
  #head = "";
  #unsent: readonly Uint8Array[] = [];
  /** Bytes of the first unsent part that are sent. */
  #offset = 0;
  #connection: Connection | null = null;
  #giveUpConnecting: (() => void) | null = null;
  #isReused = false;
  /** A request is sent again once, where the connection was closed for its idleness while the request was on its way. */
  #isRetried = false;
  #hasRead = false;
  #hasGrace = false;
  #isSettled = false;

  constructor(options: ExchangeOptions) {
    const { request, now } = options;
    this.connectBy = now + request.connectTimeoutMs;
    this.endBy = now + request.timeoutMs;
    this.#options = options;
    this.#body = new KeptBody(request.maxResponseBytes);
    this.#answer = this.#newAnswer();
  }

  start(): void {
    this.#options.deadlines.add(this, this.#options.request.signal);
    this.#send();
  }

  isConnected(): boolean {
    return this.#connection !== null;
  }

  onConnectTimeout(): void {
    const { place, request } = this.#options;
    this.#stop(connectTimeoutFailure(place.label, request.connectTimeoutMs));
  }

  onTimeout(): void {
    this.#stop(this.#answered() ?? timeoutFailure(this.#options.request.timeoutMs));
  }

  onAbort(): void {
    this.#stop(this.#answered() ?? abortedFailure());
  }

  onDrain(): void {
    this.#write();
  }

  onData(chunk: Buffer): void {
    this.#hasRead = true;
    const answer = this.#answer;
    try {
      answer.read(chunk);
    } catch (error) {
      this.#stop(this.#answered() ?? classify(error, this.#options.place.label));
      return;
    }
    if (this.#isStale()) this.#startOver();
    else if (answer.isDone || answer.isTooLong) this.#stop(this.#answered() ?? this.#lost());
    else if (answer.head !== null && !this.#hasGrace) this.#limitBody(answer.head.statusCode);
  }

  onClose(isWhole: boolean): void {
    this.#connection = null;
    if (!this.#hasRead && this.#isReused && !this.#isRetried) {
      this.#sendAgain();
      return;
    }
    const isComplete = isWhole && this.#answer.endsWithConnection;
    this.#stop(this.#answered(isComplete) ?? this.#lost());
  }

  #send(): void {
    const { request, place, sockets } = this.#options;
    const head = requestHead(request, place);
    if (typeof head !== "string") {
      this.#stop(head);
      return;
    }
    this.#head = head;
    const idle = sockets.take(place, request.tls);
    this.#isReused = idle !== null;
    if (idle !== null) this.#use(idle);
    else {
      this.#giveUpConnecting = sockets.open(place, request.tls, {
        onOpen: (connection) => this.#use(connection),
        onFailed: (error) => this.#stop(classify(error, place.label)),
      });
    }
  }

  /** What has come of a response; null where that is not even a status. */
  #answered(isComplete = this.#answer.isDone): OutboundResult | null {
    const { head } = this.#answer;
    if (head === null) return null;
    const { statusCode, headers } = head;
    const bodyTruncated = !isComplete || this.#body.truncated;
    return { kind: "response", response: { statusCode, headers, body: this.#body.bytes(), bodyTruncated } };
  }

  /** Ends it, and whatever is still under way of it; only the first result counts. */
  #stop(result: OutboundResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { deadlines, sockets, settle } = this.#options;
    deadlines.remove(this);
    settle(result);
    this.#giveUpConnecting?.();
    const connection = this.#connection;
    if (connection === null) return;
    // An answer that came before all was sent leaves a connection on which the rest of the request is still owed.
    if (this.#answer.keepsAlive && this.#unsent.length === 0) sockets.keep(connection);
    else connection.close();
  }

  #use(connection: Connection): void {
    this.#giveUpConnecting = null;
    this.#connection = connection;
    connection.user = this;
    const unsent = writeRequest(this.#head, this.#options.request.body, connection);
    if (unsent === null) {
      this.#lose();
      return;
    }
    this.#unsent = unsent;
    this.#offset = 0;
    this.#write();
  }

  #write(): void {
    for (;;) {
      const [part] = this.#unsent;
      if (part === undefined) return;
      const left = part.byteLength - this.#offset;
      const written = this.#connection?.write(part, this.#offset, left) ?? -1;
      if (written < 0) {
        this.#lose();
        return;
      }
      this.#offset += written;
      if (this.#offset < part.byteLength) return;
      this.#unsent = this.#unsent.slice(1);
      this.#offset = 0;
    }
  }

  #lose(): void {
    this.#connection?.close();
    this.onClose(false);
  }

  /** So that a receiver that never ends what it says does not hold the place of a delivery that has arrived. */
  #limitBody(statusCode: number): void {
    this.#hasGrace = true;
    if (statusCode < 200 || statusCode > 299) return;
    this.endBy = Math.min(this.endBy, this.#options.deadlines.now() + GRACE_AFTER_SUCCESS_MS);
  }

  #isStale(): boolean {
    if (!this.#isReused || this.#isRetried) return false;
    const { head, endsWithConnection } = this.#answer;
    if (head === null) return false;
    return saysIdleTooLong({ statusCode: head.statusCode, closes: !head.keepsAlive || endsWithConnection });
  }

  /** What has come so far was no answer to the request. */
  #startOver(): void {
    this.#connection?.close();
    this.#body = new KeptBody(this.#options.request.maxResponseBytes);
    this.#answer = this.#newAnswer();
    this.#sendAgain();
  }

  #newAnswer(): Answer {
    const { request, place, sockets } = this.#options;
    return new Answer({
      method: request.method,
      body: this.#body,
      heads: sockets.headsOf(place, request.tls),
    });
  }

  /** Whoever closed this connection while it lay idle has most likely closed its siblings as well. */
  #sendAgain(): void {
    const { request, place, sockets } = this.#options;
    this.#isRetried = true;
    this.#hasRead = false;
    this.#connection = null;
    sockets.dropIdle(place, request.tls);
    this.#send();
  }

  #lost(): OutboundResult {
    return lostFailure(this.#options.place.label);
  }
}
