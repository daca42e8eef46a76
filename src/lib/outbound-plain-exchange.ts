/** One request and its answer on a TCP connection without TLS, from the call to the value that says how it ended. */
import type { OutboundResult } from "./outbound.ts";
import { Answer } from "./outbound-answer.ts";
import { Exchange, type ExchangeOptions } from "./outbound-exchange.ts";
import { classify, lostFailure, saysIdleTooLong } from "./outbound-failures.ts";
import { requestHead, writeRequest } from "./outbound-request-bytes.ts";
import type { Connection, ConnectionUser, Sockets } from "./outbound-sockets.ts";

export class PlainExchange extends Exchange implements ConnectionUser {
  readonly #sockets: Sockets;
  #answer: Answer;
  #head = "";
  #unsent: readonly Uint8Array[] = [];
  /** Of the first unsent part. */
  #offset = 0;
  #connection: Connection | null = null;
  #giveUpConnecting: (() => void) | null = null;
  #isReused = false;
  #hasRead = false;

  constructor(options: ExchangeOptions, sockets: Sockets) {
    super(options);
    this.#sockets = sockets;
    this.#answer = this.#newAnswer();
  }

  isConnected(): boolean {
    return this.#connection !== null;
  }

  onDrain(): void {
    this.#write();
  }

  onData(chunk: Buffer): void {
    this.#hasRead = true;
    try {
      this.#answer.read(chunk);
    } catch (error) {
      this.stop(this.answered() ?? classify(error, this.place.label));
      return;
    }
    if (this.#isStale()) {
      this.#startOver();
      return;
    }
    if (this.#answer.isDone || this.#answer.isTooLong) this.stop(this.answered() ?? this.#lost());
  }

  onClose(isWhole: boolean): void {
    this.#connection = null;
    if (!this.#hasRead && this.#isReused && !this.retried) {
      this.#sendAgain();
      return;
    }
    const isComplete = isWhole && this.#answer.endsWithConnection;
    this.stop(this.answered(isComplete) ?? this.#lost());
  }

  protected send(): void {
    const head = requestHead(this.request, this.place);
    if (typeof head !== "string") {
      this.stop(head);
      return;
    }
    this.#head = head;
    const idle = this.#sockets.take(this.place);
    this.#isReused = idle !== null;
    if (idle !== null) this.#use(idle);
    else {
      this.#giveUpConnecting = this.#sockets.open(this.place, {
        onOpen: (connection) => this.#use(connection),
        onFailed: (error) => this.stop(classify(error, this.place.label)),
      });
    }
  }

  protected answered(isComplete = this.#answer.isDone): OutboundResult | null {
    const { head } = this.#answer;
    return head === null ? null : this.response(head, isComplete);
  }

  protected stop(result: OutboundResult): void {
    if (!this.finish(result)) return;
    this.#giveUpConnecting?.();
    const connection = this.#connection;
    if (connection === null) return;
    // An answer that came before all was sent leaves a connection on which the rest of the request is still owed.
    if (this.#answer.keepsAlive && this.#unsent.length === 0) this.#sockets.keep(connection);
    else connection.close();
  }

  #use(connection: Connection): void {
    this.#giveUpConnecting = null;
    this.#connection = connection;
    connection.user = this;
    const unsent = writeRequest(this.#head, this.request.body, connection);
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

  #isStale(): boolean {
    if (!this.#isReused || this.retried) return false;
    const { head, endsWithConnection } = this.#answer;
    if (head === null) return false;
    return saysIdleTooLong({ statusCode: head.statusCode, closes: !head.keepsAlive || endsWithConnection });
  }

  #startOver(): void {
    this.#connection?.close();
    this.dropBody();
    this.#answer = this.#newAnswer();
    this.#sendAgain();
  }

  #newAnswer(): Answer {
    const heads = this.#sockets.headsOf(this.place);
    return new Answer({ method: this.request.method, body: this.body, heads });
  }

  /** Whoever closed this connection while it lay idle has most likely closed its siblings as well. */
  #sendAgain(): void {
    this.retried = true;
    this.#hasRead = false;
    this.#connection = null;
    this.#sockets.dropIdle(this.place);
    this.send();
  }

  #lost(): OutboundResult {
    return lostFailure(this.place.label);
  }
}
