/** One request and its response, from the call to the value that says how it ended. */

import { KeptBody } from "./body.ts";
import type { Connection, ConnectionUser } from "./connection.ts";
import type { Deadlines, Timed } from "./deadlines.ts";
import {
  abortedFailure,
  classify,
  connectTimeoutFailure,
  lostFailure,
  saysIdleTooLong,
  timeoutFailure,
  unsentFailure,
} from "./failures.ts";
import type { Origin } from "./origin.ts";
import type { OutboundRequest, OutboundResult } from "./outbound.ts";
import { requestHead } from "./request-bytes.ts";
import { RequestWriter } from "./request-writer.ts";
import { ResponseReader } from "./response.ts";
import type { Sockets } from "./sockets.ts";

/**
 * Time left for the rest of the response once a success status has arrived: the receiver has accepted the request. The
 * time begins again with each part of the request that is still sent: some receivers respond before they read the body.
 */
const GRACE_AFTER_SUCCESS_MS = 5_000;

export type ExchangeOptions = {
  request: OutboundRequest;
  origin: Origin;
  deadlines: Deadlines;
  sockets: Sockets;
  settle: (result: OutboundResult) => void;
  /** Current time on the monotonic clock. */
  now: number;
};

export class Exchange implements ConnectionUser, Timed {
  readonly connectBy: number;
  readonly #timeoutAt: number;
  endBy: number;
  group: Timed[] | null = null;
  index = 0;
  readonly #options: ExchangeOptions;
  #body: KeptBody;
  #reader: ResponseReader;
  #head = "";
  readonly #writer = new RequestWriter();
  #connection: Connection | null = null;
  #giveUpConnecting: (() => void) | null = null;
  #isReused = false;
  /** A request is sent again once, if the receiver closed the idle connection while the request was on its way. */
  #isRetried = false;
  #hasRead = false;
  #hasGrace = false;
  #isSettled = false;

  constructor(options: ExchangeOptions) {
    const { request, now } = options;
    this.connectBy = now + request.connectTimeoutMs;
    this.#timeoutAt = now + request.timeoutMs;
    this.endBy = this.#timeoutAt;
    this.#options = options;
    this.#body = new KeptBody(request.maxResponseBytes);
    this.#reader = this.#newReader();
  }

  start(): void {
    this.#options.deadlines.add(this, this.#options.request.signal);
    this.#send();
  }

  isConnected(): boolean {
    return this.#connection !== null;
  }

  onConnectTimeout(): void {
    const { origin, request } = this.#options;
    this.#stop(connectTimeoutFailure(origin.label, request.connectTimeoutMs));
  }

  onTimeout(): void {
    const { request, origin, deadlines } = this.#options;
    const { timeoutMs } = request;
    const isCutOff = this.#isAwaited() && deadlines.now() >= this.#timeoutAt;
    const result = isCutOff ? unsentFailure(origin.label, timeoutMs) : this.#result();
    this.#stop(result ?? timeoutFailure(timeoutMs));
  }

  onAbort(): void {
    this.#stop((this.#isAwaited() ? null : this.#result()) ?? abortedFailure());
  }

  onDrain(): void {
    const connection = this.#connection;
    if (connection === null) return;
    if (!this.#writer.proceed(connection)) this.#lose();
    else if (!this.#hasGrace) return;
    else if (this.#writer.isDone && this.#hasResponse()) this.#stop(this.#result() ?? this.#lost());
    else this.#limitResponse();
  }

  onData(chunk: Buffer): void {
    this.#hasRead = true;
    const reader = this.#reader;
    try {
      reader.read(chunk);
    } catch (error) {
      this.#stop(this.#result() ?? classify(error, this.#options.origin.label));
      return;
    }
    if (this.#isStale()) this.#startOver();
    else if (this.#hasResponse() && !this.#isAwaited()) this.#stop(this.#result() ?? this.#lost());
    else if (reader.head !== null && !this.#hasGrace) this.#limitResponse();
  }

  onClose(isWhole: boolean, alert: Error | null): void {
    this.#connection = null;
    if (!this.#hasRead && this.#isReused && !this.#isRetried) {
      this.#sendAgain();
      return;
    }
    const isComplete = this.#reader.isDone || (isWhole && this.#reader.endsWithConnection);
    const fault = alert === null ? this.#lost() : classify(alert, this.#options.origin.label);
    this.#stop(this.#result(isComplete) ?? fault);
  }

  #send(): void {
    const { request, origin, sockets } = this.#options;
    const head = requestHead(request, origin);
    if (typeof head !== "string") {
      this.#stop(head);
      return;
    }
    this.#head = head;
    const idle = sockets.take(origin, request.tls);
    this.#isReused = idle !== null;
    if (idle !== null) this.#use(idle);
    else {
      this.#giveUpConnecting = sockets.open(origin, request.tls, {
        onOpen: (connection) => this.#use(connection),
        onFailed: (error) => this.#stop(classify(error, origin.label)),
      });
    }
  }

  /** Returns what has arrived of the response; null if not even a status has. */
  #result(isComplete = this.#reader.isDone): OutboundResult | null {
    const { head } = this.#reader;
    if (head === null) return null;
    const { statusCode, headers } = head;
    const bodyTruncated = !isComplete || this.#body.truncated;
    return { kind: "response", response: { statusCode, headers, body: this.#body.bytes(), bodyTruncated } };
  }

  /** Ends the exchange and everything of it that is still in progress. Only the first result counts. */
  #stop(result: OutboundResult): void {
    if (this.#isSettled) return;
    this.#isSettled = true;
    const { deadlines, sockets, settle } = this.#options;
    deadlines.remove(this);
    settle(result);
    this.#giveUpConnecting?.();
    const connection = this.#connection;
    if (connection === null) return;
    // If the response came before the whole request was sent, the connection still owes the rest of it.
    if (this.#reader.keepsAlive && this.#writer.isDone) sockets.keep(connection);
    else connection.close();
  }

  #use(connection: Connection): void {
    this.#giveUpConnecting = null;
    this.#connection = connection;
    connection.user = this;
    if (!this.#writer.start(this.#head, this.#options.request.body, connection)) this.#lose();
  }

  #lose(): void {
    this.#connection?.close();
    this.onClose(false, null);
  }

  /** Frees the slot of a delivery that has arrived even if the receiver ends neither its body nor its reading. */
  #limitResponse(): void {
    this.#hasGrace = true;
    if (!this.#isAccepted()) return;
    this.endBy = Math.min(this.#timeoutAt, this.#options.deadlines.now() + GRACE_AFTER_SUCCESS_MS);
  }

  #isAccepted(): boolean {
    const status = this.#reader.head?.statusCode ?? 0;
    return status >= 200 && status <= 299;
  }

  /** Whether the receiver has accepted the request and may still read the rest of it. */
  #isAwaited(): boolean {
    return this.#isAccepted() && !this.#writer.isDone;
  }

  #hasResponse(): boolean {
    return this.#reader.isDone || this.#reader.isTooLong;
  }

  #isStale(): boolean {
    if (!this.#isReused || this.#isRetried) return false;
    const { head, endsWithConnection } = this.#reader;
    if (head === null) return false;
    return saysIdleTooLong({ statusCode: head.statusCode, closes: !head.keepsAlive || endsWithConnection });
  }

  /** Discards what has arrived, which was no response to the request, and sends it again. */
  #startOver(): void {
    this.#connection?.close();
    this.#body = new KeptBody(this.#options.request.maxResponseBytes);
    this.#reader = this.#newReader();
    this.#sendAgain();
  }

  #newReader(): ResponseReader {
    const { request, origin, sockets } = this.#options;
    return new ResponseReader({
      method: request.method,
      body: this.#body,
      heads: sockets.headsOf(origin, request.tls),
    });
  }

  /**
   * Sends the request on another connection. A peer that closed this one while idle has most likely closed its siblings
   * too, so those are dropped.
   */
  #sendAgain(): void {
    const { request, origin, sockets } = this.#options;
    this.#isRetried = true;
    this.#hasRead = false;
    this.#connection = null;
    sockets.dropIdle(origin, request.tls);
    this.#send();
  }

  #lost(): OutboundResult {
    return lostFailure(this.#options.origin.label);
  }
}
