/** One request and its answer on node:https, from the call to the value that says how it ended. */
import type http from "node:http";
import https from "node:https";
import type { OutboundHeaders, OutboundResult } from "./outbound.ts";
import type { OutboundAgents } from "./outbound-agents.ts";
import { InvalidAnswer } from "./outbound-answer-head.ts";
import { Exchange, type ExchangeOptions } from "./outbound-exchange.ts";
import { classify, invalidRequest, isStaleConnection, saysIdleTooLong } from "./outbound-failures.ts";
import { headersOf } from "./outbound-request-bytes.ts";

const MAX_RESPONSE_HEADER_BYTES = 32 * 1024;
/** As many of the shortest fill a head of the largest size. */
const MAX_INTERIM_ANSWERS = 1_000;

export class TlsExchange extends Exchange {
  readonly #agents: OutboundAgents;
  #sent: http.ClientRequest | null = null;
  #answer: http.IncomingMessage | null = null;
  #interimAnswers = 0;

  constructor(options: ExchangeOptions, agents: OutboundAgents) {
    super(options);
    this.#agents = agents;
  }

  isConnected(): boolean {
    const socket = this.#sent?.socket;
    return socket != null && this.#agents.isConnected(socket);
  }

  protected send(): void {
    const { host, port, path, servername } = this.place;
    const { method, body, tls } = this.request;
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
      headers: headersOf(this.request, this.place.authority),
      maxHeaderSize: MAX_RESPONSE_HEADER_BYTES,
    };
    try {
      const sent = https.request(options);
      this.#sent = sent;
      sent.on("response", (answer) => this.#onResponse(sent, answer));
      sent.on("error", (error) => {
        // One that was sent again says nothing more.
        if (sent === this.#sent) this.#onError(error);
      });
      sent.on("information", () => this.#onInterimAnswer());
      // Nobody asked for it; without a listener the connection would be left hanging.
      sent.on("upgrade", (answer) => {
        this.#answer = answer;
        this.stop(this.#responseOf(answer, false));
      });
      if (body.byteLength > 0) sent.end(body);
      else sent.end();
    } catch (error) {
      this.finish(invalidRequest(error));
    }
  }

  protected answered(): OutboundResult | null {
    return this.#answer === null ? null : this.#responseOf(this.#answer, false);
  }

  protected stop(result: OutboundResult): void {
    this.finish(result);
    this.#sent?.destroy();
  }

  #onResponse(sent: http.ClientRequest, answer: http.IncomingMessage): void {
    if (!this.retried && sent.reusedSocket && saysIdleTooLong(closingOf(answer))) {
      answer.on("error", () => undefined);
      this.#sendAgain();
      sent.destroy();
      return;
    }
    this.#answer = answer;
    answer.on("data", (chunk: Uint8Array) => {
      if (!this.body.add(chunk)) this.stop(this.#responseOf(answer, false));
    });
    answer.on("end", () => this.#end(answer, true));
    // After "end" nothing is left to say; before it the body was cut off.
    answer.on("close", () => this.#end(answer, false));
    answer.on("error", () => this.#end(answer, false));
  }

  #end(answer: http.IncomingMessage, isComplete: boolean): void {
    if (!this.isSettled) this.finish(this.#responseOf(answer, isComplete));
  }

  #onInterimAnswer(): void {
    this.#interimAnswers++;
    if (this.#interimAnswers <= MAX_INTERIM_ANSWERS) return;
    this.stop(classify(new InvalidAnswer("interim answers without end"), this.place.label));
  }

  #onError(error: unknown): void {
    if (this.isSettled) return;
    const answered = this.answered();
    if (answered !== null) this.finish(answered);
    else if (this.#isStale(error)) this.#sendAgain();
    else this.finish(classify(error, this.place.label));
  }

  #isStale(error: unknown): boolean {
    const sent = this.#sent;
    if (this.retried || sent === null || !sent.reusedSocket || !isStaleConnection(error)) return false;
    return sent.socket === null || this.#agents.isUntouchedSinceReuse(sent.socket);
  }

  /** Whoever closed this connection while it lay idle has most likely closed its siblings as well. */
  #sendAgain(): void {
    this.retried = true;
    const socket = this.#sent?.socket;
    if (socket != null) this.#agents.dropIdleLike(socket);
    this.send();
  }

  #responseOf(answer: http.IncomingMessage, isComplete: boolean): OutboundResult {
    return this.response({ statusCode: answer.statusCode ?? 0, headers: headersIn(answer) }, isComplete);
  }
}

function closingOf({ statusCode = 0, headers, httpVersion }: http.IncomingMessage) {
  const said = (headers.connection ?? "").toLowerCase().split(/\s*,\s*/);
  const closes = httpVersion === "1.1" ? said.includes("close") : !said.includes("keep-alive");
  return { statusCode, closes };
}

function headersIn({ rawHeaders }: http.IncomingMessage): OutboundHeaders {
  const headers: [string, string][] = [];
  for (let at = 0; at + 1 < rawHeaders.length; at += 2) {
    headers.push([rawHeaders[at] ?? "", rawHeaders[at + 1] ?? ""]);
  }
  return headers;
}
