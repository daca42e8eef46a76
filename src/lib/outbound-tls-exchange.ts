/** One request and its answer on node:https, from the call to the value that says how it ended. */
import type http from "node:http";
import https from "node:https";
import type { OutboundRequest, OutboundResult } from "./outbound.ts";
import type { OutboundAgents } from "./outbound-agents.ts";
import { InvalidAnswer } from "./outbound-answer-head.ts";
import { KeptBody } from "./outbound-body.ts";
import type { Deadlines, Timed } from "./outbound-deadlines.ts";
import {
  abortedFailure,
  classify,
  connectTimeoutFailure,
  invalidRequest,
  isStaleConnection,
  timeoutFailure,
} from "./outbound-failures.ts";
import type { Place } from "./outbound-place.ts";
import { headersOf } from "./outbound-request-bytes.ts";

const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;
/** As many of the shortest fill a head of the largest size. */
const MAX_INTERIM_ANSWERS = 1_000;

export class TlsExchange implements Timed {
  readonly connectBy: number;
  readonly endBy: number;
  group: Timed[] | null = null;
  index = 0;
  readonly #request: OutboundRequest;
  readonly #place: Place;
  readonly #agents: OutboundAgents;
  readonly #deadlines: Deadlines;
  readonly #settle: (result: OutboundResult) => void;
  readonly #body: KeptBody;
  #sent: http.ClientRequest | null = null;
  #answer: http.IncomingMessage | null = null;
  #interimAnswers = 0;
  #retried = false;
  #settled = false;

  constructor(options: {
    request: OutboundRequest;
    place: Place;
    agents: OutboundAgents;
    deadlines: Deadlines;
    settle: (result: OutboundResult) => void;
    now: number;
  }) {
    this.#request = options.request;
    this.#place = options.place;
    this.#agents = options.agents;
    this.#deadlines = options.deadlines;
    this.#settle = options.settle;
    this.#body = new KeptBody(options.request.maxResponseBytes);
    this.connectBy = options.now + options.request.connectTimeoutMs;
    this.endBy = options.now + options.request.timeoutMs;
  }

  start(): void {
    this.#deadlines.add(this, this.#request.signal);
    this.#send();
  }

  isConnected(): boolean {
    const socket = this.#sent?.socket;
    return socket != null && this.#agents.isConnected(socket);
  }

  onConnectTimeout(): void {
    this.#stop(connectTimeoutFailure(this.#place.label, this.#request.connectTimeoutMs));
  }

  onTimeout(): void {
    this.#stop(this.#answer === null ? timeoutFailure(this.#request.timeoutMs) : this.#response(true));
  }

  onAbort(): void {
    this.#stop(this.#answer === null ? abortedFailure() : this.#response(true));
  }

  #send(): void {
    const { host, port, path, servername } = this.#place;
    const { method, body, tls } = this.#request;
    const options = {
      agent: this.#agents.https,
      host,
      port,
      path,
      method,
      // Names the pool and what TLS verifies; node would take it from a Host header otherwise.
      servername,
      // They name the pool too: no connection serves two identities.
      ...tls,
      headers: headersOf(this.#request, this.#place.authority),
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    };
    try {
      const sent = https.request(options);
      this.#sent = sent;
      sent.on("response", (answer) => this.#onResponse(answer));
      sent.on("error", (error) => this.#onError(error));
      sent.on("information", () => this.#onInterimAnswer());
      // Nobody asked for it; without a listener the connection would be left hanging.
      sent.on("upgrade", (answer) => {
        this.#answer = answer;
        this.#stop(this.#response(true));
      });
      if (body.byteLength > 0) sent.end(body);
      else sent.end();
    } catch (error) {
      this.#finish(invalidRequest(error));
    }
  }

  #onResponse(answer: http.IncomingMessage): void {
    this.#answer = answer;
    answer.on("data", (chunk: Uint8Array) => {
      if (!this.#body.add(chunk)) this.#stop(this.#response(true));
    });
    answer.on("end", () => this.#finish(this.#response(false)));
    // After "end" nothing is left to say; before it the body was cut off.
    answer.on("close", () => this.#finish(this.#response(true)));
    answer.on("error", () => this.#finish(this.#response(true)));
  }

  #onInterimAnswer(): void {
    this.#interimAnswers++;
    if (this.#interimAnswers <= MAX_INTERIM_ANSWERS) return;
    this.#stop(classify(new InvalidAnswer("interim answers without end"), this.#place.label));
  }

  #onError(error: unknown): void {
    if (this.#settled) return;
    if (this.#answer !== null) this.#finish(this.#response(true));
    else if (this.#isStale(error)) this.#sendAgain();
    else this.#finish(classify(error, this.#place.label));
  }

  #isStale(error: unknown): boolean {
    const sent = this.#sent;
    if (this.#retried || sent === null || !sent.reusedSocket || !isStaleConnection(error)) return false;
    return sent.socket === null || this.#agents.isUntouchedSinceReuse(sent.socket);
  }

  /** Whoever closed this connection while it lay idle has most likely closed its siblings as well. */
  #sendAgain(): void {
    this.#retried = true;
    const socket = this.#sent?.socket;
    if (socket != null) this.#agents.dropIdleLike(socket);
    this.#send();
  }

  #stop(result: OutboundResult): void {
    this.#finish(result);
    this.#sent?.destroy();
  }

  #finish(result: OutboundResult): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#deadlines.remove(this);
    this.#settle(result);
  }

  #response(cutOff: boolean): OutboundResult {
    const headers: [string, string][] = [];
    const raw = this.#answer?.rawHeaders ?? [];
    for (let at = 0; at + 1 < raw.length; at += 2) headers.push([raw[at] ?? "", raw[at + 1] ?? ""]);
    return {
      kind: "response",
      response: {
        statusCode: this.#answer?.statusCode ?? 0,
        headers,
        body: this.#body.bytes(),
        bodyTruncated: cutOff || this.#body.truncated,
      },
    };
  }
}
