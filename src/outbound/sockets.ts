/** Connections, kept open between requests: one pool per host name, port and identity, bounded in number and idle time. */
import type { Clock } from "../lib/clock.ts";
import { connectToAny } from "./connect.ts";
import { poolOf, tlsOptions, wrongIdentity } from "./identity.ts";
import type { Place } from "./origin.ts";
import type { OutboundTls } from "./outbound.ts";
import type { ResolveChecked } from "./resolve.ts";
import { HeadReader } from "./response-head.ts";

/** Below the 60 s after which many servers and load balancers close an idle connection themselves. */
export const IDLE_MS = 30_000;
/** One timer for all connections, so that a request moves none. */
const IDLE_SWEEP_MS = 5_000;
/** Silence after which the system asks whether the other end is still there, while an answer is waited for. */
const KEEP_ALIVE_PROBE_MS = 15_000;

/** What a connection tells whoever uses it. */
export type ConnectionUser = Readonly<{
  onData: (chunk: Buffer) => void;
  /** What was written is on its way; there is room for more. */
  onDrain: () => void;
  /** It is closed; `isWhole` where the other end said so in order, and did not break off. */
  onClose: (isWhole: boolean) => void;
}>;

/** One connection; it belongs to its user until that one keeps or closes it. */
export class Connection {
  /** Of its pool. */
  readonly pool: string;
  user: ConnectionUser | null = null;
  /** False from the moment at which either end closes it. */
  isOpen = true;
  /** Since when, on the monotonic clock. */
  idleSince = 0;
  hasEnded = false;
  /** Waits for the end of TLS's greeting; null before and after it. */
  onGreeted: ((error: Error | null) => void) | null = null;
  #socket: Bun.Socket<Connection> | null = null;

  constructor(pool: string) {
    this.pool = pool;
  }

  opened(socket: Bun.Socket<Connection>): void {
    this.#socket = socket;
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
  }

  /** How many of `length` bytes from `offset` on were taken; below 0 where the connection is gone. */
  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#socket?.write(bytes, offset, length) ?? -1;
  }

  /** Its user hears no more of it. */
  close(): void {
    this.user = null;
    this.isOpen = false;
    this.#socket?.end();
  }
}

/** Those of one place and identity. */
type Pool = Readonly<{
  /** In the order in which they fell idle: the newest is taken first, so that what a burst opened is closed. */
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
        // Nothing was asked: what comes would be taken for the next request's answer.
        else connection.close();
      },
      handshake: ({ data: connection }, isRight, error) =>
        connection.onGreeted?.(isRight ? null : (error ?? new Error("the greeting failed"))),
      drain: ({ data: connection }) => connection.user?.onDrain(),
      end: ({ data: connection }) => {
        connection.hasEnded = true;
      },
      close: ({ data: connection }, error) => {
        connection.isOpen = false;
        const { user } = connection;
        connection.user = null;
        connection.onGreeted?.(error ?? closedWhileGreeting());
        if (user) user.onClose(connection.hasEnded && error === undefined);
        else this.#forget(connection);
      },
    };
  }

  /** A connection that lay idle, null where there is none. */
  take(place: Place, tls: OutboundTls | undefined): Connection | null {
    const idle = this.#pools.get(poolOf(place, tls))?.idle;
    for (let connection = idle?.pop(); connection !== undefined; connection = idle?.pop()) {
      this.#idleCount--;
      // One that is being closed is idle until it is closed, and more of what nobody asked for may come on it.
      if (connection.isOpen) return connection;
    }
    return null;
  }

  /** What reads the heads of the place's answers. */
  headsOf(place: Place, tls: OutboundTls | undefined): HeadReader {
    return this.#pools.get(poolOf(place, tls))?.heads ?? new HeadReader();
  }

  /** Opens a new connection, and says so once nobody else can be at its other end; the returned function gives it up. */
  open(
    place: Place,
    tls: OutboundTls | undefined,
    callbacks: { onOpen: (connection: Connection) => void; onFailed: (error: unknown) => void },
  ): () => void {
    let giveUp = () => {};
    let isGivenUp = false;
    const pool = poolOf(place, tls);
    const onOpen = (socket: Bun.Socket<Connection>) => {
      socket.data.opened(socket);
      if (!place.secure) callbacks.onOpen(socket.data);
      else giveUp = greet(place, socket, callbacks);
    };
    this.#options.resolve(place.host).then(
      (addresses) => {
        if (isGivenUp) return;
        giveUp = connectToAny({
          addresses,
          port: place.port,
          clock: this.#options.clock,
          handlers: this.#handlers,
          tls: tlsOptions(place, tls, this.#options.ca),
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

  /** Its user needs it no longer, and another may. */
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

  dropIdle(place: Place, tls: OutboundTls | undefined): void {
    for (const connection of [...(this.#pools.get(poolOf(place, tls))?.idle ?? [])]) connection.close();
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

/** Waits until TLS has said who is at the other end: not a byte of a request is written before. */
function greet(
  place: Place,
  socket: Bun.Socket<Connection>,
  callbacks: { onOpen: (connection: Connection) => void; onFailed: (error: unknown) => void },
): () => void {
  const connection = socket.data;
  connection.onGreeted = (error) => {
    connection.onGreeted = null;
    const fault = error ?? wrongIdentity(place, socket);
    if (fault === null) {
      callbacks.onOpen(connection);
      return;
    }
    connection.close();
    callbacks.onFailed(fault);
  };
  return () => {
    connection.onGreeted = null;
    connection.close();
  };
}

function closedWhileGreeting(): Error {
  return Object.assign(new Error("closed while greeting"), { code: "ECONNRESET" });
}
