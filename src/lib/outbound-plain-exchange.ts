/** One request and its answer on a TCP connection without TLS, from the call to the value that says how it ended. */
import type { OutboundRequest, OutboundResult } from "./outbound.ts";
import { Answer } from "./outbound-answer.ts";
import { KeptBody } from "./outbound-body.ts";
import type { Deadlines, Timed } from "./outbound-deadlines.ts";
import {
  abortedFailure,
  classify,
  connectTimeoutFailure,
  lostFailure,
  timeoutFailure,
} from "./outbound-failures.ts";
import type { Place } from "./outbound-place.ts";
import { requestBytes } from "./outbound-request-bytes.ts";
import type { Connection, ConnectionUser, Sockets } from "./outbound-sockets.ts";

export class PlainExchange implements Timed, ConnectionUser {
  readonly connectBy: number;
  readonly endBy: number;
  group: Timed[] | null = null;
  index = 0;
  readonly #request: OutboundRequest;
  readonly #place: Place;
  readonly #sockets: Sockets;
  readonly #deadlines: Deadlines;
  readonly #settle: (result: OutboundResult) => void;
  readonly #body: KeptBody;
  readonly #answer: Answer;
  #unsent: readonly Uint8Array[] = [];
  /** Of the first unsent part. */
  #offset = 0;
  #connection: Connection | null = null;
  #giveUpConnecting: (() => void) | null = null;
  #isReused = false;
  #hasRead = false;
  #retried = false;
  #settled = false;

  constructor(options: {
    request: OutboundRequest;
    place: Place;
    sockets: Sockets;
    deadlines: Deadlines;
    settle: (result: OutboundResult) => void;
    now: number;
  }) {
    const { request } = options;
    this.#request = request;
    this.#place = options.place;
    this.#sockets = options.sockets;
    this.#deadlines = options.deadlines;
    this.#settle = options.settle;
    this.#body = new KeptBody(request.maxResponseBytes);
    const heads = this.#sockets.headsOf(this.#place);
    this.#answer = new Answer({ method: request.method, body: this.#body, heads });
    this.connectBy = options.now + request.connectTimeoutMs;
    this.endBy = options.now + request.timeoutMs;
  }

  start(): void {
    this.#deadlines.add(this, this.#request.signal);
    this.#send();
  }

  isConnected(): boolean {
    return this.#connection !== null;
  }

  onConnectTimeout(): void {
    this.#finish(connectTimeoutFailure(this.#place.label, this.#request.connectTimeoutMs));
  }

  onTimeout(): void {
    this.#finish(this.#answered() ?? timeoutFailure(this.#request.timeoutMs));
  }

  onAbort(): void {
    this.#finish(this.#answered() ?? abortedFailure());
  }

  onDrain(): void {
    this.#write();
  }

  onData(chunk: Buffer): void {
    this.#hasRead = true;
    try {
      this.#answer.read(chunk);
    } catch (error) {
      this.#finish(this.#answered() ?? classify(error, this.#place.label));
      return;
    }
    if (this.#answer.isDone || this.#answer.isTooLong) this.#finish(this.#answered() ?? this.#lost());
  }

  onClose(isWhole: boolean): void {
    this.#connection = null;
    if (!this.#hasRead && this.#isReused && !this.#retried) {
      this.#sendAgain();
      return;
    }
    const isComplete = isWhole && this.#answer.endsWithConnection;
    this.#finish(this.#answered(isComplete) ?? this.#lost());
  }

  #send(): void {
    const bytes = requestBytes(this.#request, this.#place);
    if ("kind" in bytes) {
      this.#finish(bytes);
      return;
    }
    this.#unsent = bytes;
    this.#offset = 0;
    const idle = this.#sockets.take(this.#place);
    this.#isReused = idle !== null;
    if (idle !== null) this.#use(idle);
    else {
      this.#giveUpConnecting = this.#sockets.open(this.#place, {
        onOpen: (connection) => this.#use(connection),
        onFailed: (error) => this.#finish(classify(error, this.#place.label)),
      });
    }
  }

  #use(connection: Connection): void {
    this.#giveUpConnecting = null;
    this.#connection = connection;
    connection.user = this;
    this.#write();
  }

  #write(): void {
    for (;;) {
      const [part] = this.#unsent;
      if (part === undefined) return;
      const written = this.#connection?.write(part, this.#offset) ?? -1;
      if (written < 0) {
        this.#connection?.close();
        this.onClose(false);
        return;
      }
      this.#offset += written;
      if (this.#offset < part.byteLength) return;
      this.#unsent = this.#unsent.slice(1);
      this.#offset = 0;
    }
  }

  /** Whoever closed this connection while it lay idle has most likely closed its siblings as well. */
  #sendAgain(): void {
    this.#retried = true;
    this.#sockets.dropIdle(this.#place);
    this.#send();
  }

  #lost(): OutboundResult {
    return lostFailure(this.#place.label);
  }

  #finish(result: OutboundResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#deadlines.remove(this);
    this.#giveUpConnecting?.();
    const connection = this.#connection;
    if (connection !== null) {
      // An answer that came before all was sent leaves a connection on which the rest of the request is still owed.
      if (this.#answer.keepsAlive && this.#unsent.length === 0) this.#sockets.keep(connection);
      else connection.close();
    }
    this.#settle(result);
  }

  /** Null where no status has come. */
  #answered(isComplete = this.#answer.isDone): OutboundResult | null {
    const { head } = this.#answer;
    if (head === null) return null;
    return {
      kind: "response",
      response: {
        statusCode: head.statusCode,
        headers: head.headers,
        body: this.#body.bytes(),
        bodyTruncated: !isComplete || this.#body.truncated,
      },
    };
  }
}
