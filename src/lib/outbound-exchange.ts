/** What every request and its answer have, whatever they are sent by: the limits of time, what is kept, and one end. */
import type { OutboundHeaders, OutboundRequest, OutboundResult } from "./outbound.ts";
import { KeptBody } from "./outbound-body.ts";
import type { Deadlines, Timed } from "./outbound-deadlines.ts";
import { abortedFailure, connectTimeoutFailure, timeoutFailure } from "./outbound-failures.ts";
import type { Place } from "./outbound-place.ts";

export type ExchangeOptions = {
  request: OutboundRequest;
  place: Place;
  deadlines: Deadlines;
  settle: (result: OutboundResult) => void;
  /** On the monotonic clock. */
  now: number;
};

/** A base class and not a part: each try makes one object fewer. */
export abstract class Exchange implements Timed {
  readonly connectBy: number;
  readonly endBy: number;
  group: Timed[] | null = null;
  index = 0;
  protected readonly request: OutboundRequest;
  protected readonly place: Place;
  protected body: KeptBody;
  /** A request is sent again once, where the connection was closed for its idleness while the request was on its way. */
  protected retried = false;
  readonly #deadlines: Deadlines;
  readonly #settle: (result: OutboundResult) => void;
  #settled = false;

  constructor(options: ExchangeOptions) {
    const { request, now } = options;
    this.connectBy = now + request.connectTimeoutMs;
    this.endBy = now + request.timeoutMs;
    this.request = request;
    this.place = options.place;
    this.body = new KeptBody(request.maxResponseBytes);
    this.#deadlines = options.deadlines;
    this.#settle = options.settle;
  }

  abstract isConnected(): boolean;

  protected abstract send(): void;

  /** What has come of an answer; null where that is not even a status. */
  protected abstract answered(): OutboundResult | null;

  /** Ends it, and whatever is still under way of it. */
  protected abstract stop(result: OutboundResult): void;

  start(): void {
    this.#deadlines.add(this, this.request.signal);
    this.send();
  }

  onConnectTimeout(): void {
    this.stop(connectTimeoutFailure(this.place.label, this.request.connectTimeoutMs));
  }

  onTimeout(): void {
    this.stop(this.answered() ?? timeoutFailure(this.request.timeoutMs));
  }

  onAbort(): void {
    this.stop(this.answered() ?? abortedFailure());
  }

  protected get isSettled(): boolean {
    return this.#settled;
  }

  /** What has come so far was no answer to the request. */
  protected dropBody(): void {
    this.body = new KeptBody(this.request.maxResponseBytes);
  }

  /** Only the first result counts; false for any other. */
  protected finish(result: OutboundResult): boolean {
    if (this.#settled) return false;
    this.#settled = true;
    this.#deadlines.remove(this);
    this.#settle(result);
    return true;
  }

  protected response(
    head: { statusCode: number; headers: OutboundHeaders },
    isComplete: boolean,
  ): OutboundResult {
    return {
      kind: "response",
      response: {
        statusCode: head.statusCode,
        headers: head.headers,
        body: this.body.bytes(),
        bodyTruncated: !isComplete || this.body.truncated,
      },
    };
  }
}
