/**
 * Keeps connections open between requests: one pool per host, port and TLS identity, limited in number and idle time.
 */
import type { Clock } from "../lib/clock.ts";
import { errorCode } from "../lib/errors.ts";
import { connectToAny } from "./connect.ts";
import { Connection } from "./connection.ts";
import { poolOf, tlsOptions, wrongIdentity } from "./identity.ts";
import type { Origin } from "./origin.ts";
import type { OutboundTls } from "./outbound.ts";
import type { ResolveChecked } from "./resolve.ts";
import { HeadReader } from "./response-head.ts";

/** Below the 60 s after which many servers and load balancers close an idle connection themselves. */
export const IDLE_MS = 30_000;
/** Interval of one timer for all connections, so that a request sets none. */
const IDLE_SWEEP_MS = 5_000;
/** The code of errors that the peer's TLS reports. */
const TLS_ALERT = "EPROTO";

/** Idle connections of one origin and identity. */
type Pool = Readonly<{
  /**
   * Ordered by the start of their idle time. The newest is taken first, so that the extra connections of a burst
   * expire.
   */
  idle: Connection[];
  heads: HeadReader;
}>;

type SocketsOptions = {
  clock: Clock;
  resolve: ResolveChecked;
  maxIdle: number;
  /** PEM; replaces the built-in certificate authorities. */
  ca: string | undefined;
};

export class Sockets {
  readonly #pools = new Map<string, Pool>();
  #idleCount = 0;
  #sweeping = false;
  readonly #options: SocketsOptions;
  readonly #handlers: Bun.SocketHandler<Connection>;

  constructor(options: SocketsOptions) {
    this.#options = options;
    this.#handlers = {
      data: ({ data: connection }, chunk) => {
        if (connection.user) connection.user.onData(chunk);
        // No request is pending: these bytes would be taken for the response to the next one.
        else connection.close();
      },
      handshake: ({ data: connection }, isRight, error) =>
        connection.onHandshake?.(isRight ? null : (error ?? new Error("the handshake failed"))),
      drain: ({ data: connection }) => connection.user?.onDrain(),
      end: ({ data: connection }) => {
        connection.hasEnded = true;
      },
      error({ data: connection }, error) {
        const code = errorCode(error) ?? "";
        // Without a code it is a fault of these handlers.
        if (code === "") throw error;
        if (code === TLS_ALERT) connection.alert = error;
      },
      close: ({ data: connection }, error) => {
        connection.isOpen = false;
        const { user, alert } = connection;
        connection.user = null;
        connection.onHandshake?.(error ?? closedDuringHandshake());
        if (user) user.onClose(connection.hasEnded && error === undefined, alert);
        else this.#forget(connection);
      },
    };
  }

  /** Takes an idle connection; null if there is none. */
  take(origin: Origin, tls: OutboundTls | undefined): Connection | null {
    const idle = this.#pools.get(poolOf(origin, tls))?.idle;
    for (let connection = idle?.pop(); connection !== undefined; connection = idle?.pop()) {
      this.#idleCount--;
      // A connection that is closing stays in the list until it is closed, and more unrequested bytes may arrive on it.
      if (connection.isOpen) return connection;
    }
    return null;
  }

  /** Returns the parser with the cached head of the origin. */
  headsOf(origin: Origin, tls: OutboundTls | undefined): HeadReader {
    return this.#pools.get(poolOf(origin, tls))?.heads ?? new HeadReader();
  }

  /** Opens a new connection; `onOpen` is called after TLS has verified the peer. The returned function cancels it. */
  open(
    origin: Origin,
    tls: OutboundTls | undefined,
    callbacks: { onOpen: (connection: Connection) => void; onFailed: (error: unknown) => void },
  ): () => void {
    let giveUp = () => {};
    let isGivenUp = false;
    const pool = poolOf(origin, tls);
    const onOpen = (socket: Bun.Socket<Connection>) => {
      socket.data.opened(socket);
      if (!origin.secure) callbacks.onOpen(socket.data);
      else giveUp = verifyPeer(origin, socket, callbacks);
    };
    this.#options.resolve(origin.host).then(
      (addresses) => {
        if (isGivenUp) return;
        giveUp = connectToAny({
          addresses,
          port: origin.port,
          clock: this.#options.clock,
          handlers: this.#handlers,
          tls: tlsOptions(origin, tls, this.#options.ca),
          newData: () => new Connection(pool),
          onOpen,
          onFailed: callbacks.onFailed,
        });
      },
      (error: unknown) => {
        if (!isGivenUp) callbacks.onFailed(error);
      },
    );
    return () => {
      isGivenUp = true;
      giveUp();
    };
  }

  /** Returns a connection that its user no longer needs to the pool. */
  keep(connection: Connection): void {
    connection.user = null;
    if (!connection.isOpen) return;
    connection.idleSince = this.#options.clock.monotonic();
    const pool = this.#pools.get(connection.pool);
    if (pool) pool.idle.push(connection);
    else this.#pools.set(connection.pool, { idle: [connection], heads: new HeadReader() });
    this.#idleCount++;
    if (this.#idleCount > this.#options.maxIdle) this.#oldest()?.close();
    if (this.#sweeping) return;
    this.#sweeping = true;
    this.#options.clock.after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  dropIdle(origin: Origin, tls: OutboundTls | undefined): void {
    for (const connection of [...(this.#pools.get(poolOf(origin, tls))?.idle ?? [])]) connection.close();
  }

  closeAll(): void {
    for (const { idle } of this.#pools.values()) for (const connection of [...idle]) connection.close();
  }

  #oldest(): Connection | undefined {
    let oldest: Connection | undefined;
    for (const { idle } of this.#pools.values()) {
      const [first] = idle;
      if (first && (!oldest || first.idleSince < oldest.idleSince)) oldest = first;
    }
    return oldest;
  }

  #sweep(): void {
    const before = this.#options.clock.monotonic() - IDLE_MS;
    for (const [label, { idle }] of this.#pools) {
      for (const connection of idle.filter(({ idleSince }) => idleSince <= before)) connection.close();
      if (idle.length === 0) this.#pools.delete(label);
    }
    this.#sweeping = this.#idleCount > 0;
    if (this.#sweeping) this.#options.clock.after(IDLE_SWEEP_MS, () => this.#sweep());
  }

  #forget(connection: Connection): void {
    const idle = this.#pools.get(connection.pool)?.idle ?? [];
    const at = idle.indexOf(connection);
    if (at === -1) return;
    idle.splice(at, 1);
    this.#idleCount--;
  }
}

/** Waits until TLS has verified the peer: no byte of a request is written before that. */
function verifyPeer(
  origin: Origin,
  socket: Bun.Socket<Connection>,
  callbacks: { onOpen: (connection: Connection) => void; onFailed: (error: unknown) => void },
): () => void {
  const connection = socket.data;
  connection.onHandshake = (error) => {
    connection.onHandshake = null;
    const fault = error ?? wrongIdentity(origin, socket);
    if (fault === null) {
      callbacks.onOpen(connection);
      return;
    }
    connection.close();
    callbacks.onFailed(fault);
  };
  return () => {
    connection.onHandshake = null;
    connection.close();
  };
}

function closedDuringHandshake(): Error {
  return Object.assign(new Error("closed during the handshake"), { code: "ECONNRESET" });
}
