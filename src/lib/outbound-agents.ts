/** Kept-alive TLS connections: one pool per host name, bounded in number and in idle time. */
import type http from "node:http";
import https from "node:https";
import type { LookupFunction } from "node:net";
import type { Duplex } from "node:stream";
import type { Clock } from "./clock.ts";
import { IDLE_MS, IDLE_SWEEP_MS, KEEP_ALIVE_PROBE_MS } from "./outbound-sockets.ts";

export type OutboundAgents = Readonly<{
  https: https.Agent;
  /** TCP, and TLS where it is used, are established. */
  isConnected: (socket: Duplex) => boolean;
  /** The connection was taken from the pool, and nothing has been read since. */
  isUntouchedSinceReuse: (socket: Duplex) => boolean;
  /** Closes the idle connections to the place that this connection leads to. */
  dropIdleLike: (socket: Duplex) => void;
  destroy: () => void;
}>;

/** What the agent tells the pool; node's own agents bound idle connections per host only, not in all. */
class ConnectionLedger {
  readonly #connected = new WeakSet<Duplex>();
  readonly #names = new WeakMap<Duplex, string>();
  readonly #readBeforeReuse = new WeakMap<Duplex, number>();
  /** Since when, in the order in which they fell idle. */
  readonly #idle = new Map<Duplex, number>();
  readonly #maxIdle: number;
  readonly #clock: Clock;
  #sweeping = false;

  constructor(options: { maxIdle: number; clock: Clock }) {
    this.#maxIdle = options.maxIdle;
    this.#clock = options.clock;
  }

  opened(socket: Duplex, name: string): void {
    this.#names.set(socket, name);
    socket.once("secureConnect", () => this.#connected.add(socket));
    socket.once("close", () => this.#idle.delete(socket));
  }

  kept(socket: Duplex): void {
    this.#idle.set(socket, this.#clock.monotonic());
    if (this.#idle.size > this.#maxIdle) {
      const [oldest] = this.#idle.keys();
      if (oldest !== undefined) this.#drop(oldest);
    }
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#clock.after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  #sweep(): void {
    const before = this.#clock.monotonic() - IDLE_MS;
    for (const [socket, since] of this.#idle) {
      if (since > before) break;
      this.#drop(socket);
    }
    this.#sweeping = this.#idle.size > 0;
    if (this.#sweeping) this.#clock.after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  #drop(socket: Duplex): void {
    this.#idle.delete(socket);
    socket.destroy();
  }

  reused(socket: Duplex): void {
    this.#idle.delete(socket);
    this.#readBeforeReuse.set(socket, bytesRead(socket));
  }

  isConnected(socket: Duplex): boolean {
    return this.#connected.has(socket);
  }

  isUntouchedSinceReuse(socket: Duplex): boolean {
    return this.#readBeforeReuse.get(socket) === bytesRead(socket);
  }

  dropIdleLike(socket: Duplex): void {
    const name = this.#names.get(socket);
    for (const idle of this.#idle.keys()) {
      if (this.#names.get(idle) === name) this.#drop(idle);
    }
  }
}

function bytesRead(socket: Duplex): number {
  return "bytesRead" in socket && typeof socket.bytesRead === "number" ? socket.bytesRead : 0;
}

class HttpsAgent extends https.Agent {
  readonly #ledger: ConnectionLedger;

  constructor(options: https.AgentOptions, ledger: ConnectionLedger) {
    super(options);
    this.#ledger = ledger;
  }

  override createConnection(...args: Parameters<https.Agent["createConnection"]>): Duplex | null | undefined {
    const socket = super.createConnection(...args);
    if (socket) this.#ledger.opened(socket, this.getName(args[0]));
    return socket;
  }

  override keepSocketAlive(socket: Duplex): boolean {
    const keep = Boolean(super.keepSocketAlive(socket));
    if (keep) this.#ledger.kept(socket);
    return keep;
  }

  override reuseSocket(socket: Duplex, request: http.ClientRequest): void {
    this.#ledger.reused(socket);
    super.reuseSocket(socket, request);
  }
}

export function createAgents(options: {
  lookup: LookupFunction;
  clock: Clock;
  maxIdleConnections: number;
  /** PEM; replaces the built-in certificate authorities. */
  ca: string | undefined;
}): OutboundAgents {
  const ledger = new ConnectionLedger({ maxIdle: options.maxIdleConnections, clock: options.clock });
  const agent = new HttpsAgent(
    {
      keepAlive: true,
      keepAliveMsecs: KEEP_ALIVE_PROBE_MS,
      // The newest first, so that those a burst has opened fall idle and are closed.
      scheduling: "lifo",
      maxFreeSockets: options.maxIdleConnections,
      lookup: options.lookup,
      rejectUnauthorized: true,
      ...(options.ca === undefined ? {} : { ca: options.ca }),
    },
    ledger,
  );
  return {
    https: agent,
    isConnected: (socket) => ledger.isConnected(socket),
    isUntouchedSinceReuse: (socket) => ledger.isUntouchedSinceReuse(socket),
    dropIdleLike: (socket) => ledger.dropIdleLike(socket),
    destroy: () => agent.destroy(),
  };
}
