/** One connection: its user, and what is known of its end. */

/** Silence after which the system probes whether the peer is still there, while a response is awaited. */
const KEEP_ALIVE_PROBE_MS = 15_000;

/** Callbacks by which a connection informs its current user. */
export type ConnectionUser = Readonly<{
  onData: (chunk: Buffer) => void;
  /** Called when written bytes have left and there is room for more. */
  onDrain: () => void;
  /**
   * Called when the connection is closed; `isWhole` is true if the peer closed it in order instead of breaking it off,
   * and `alert` is its last word in TLS, if it said one.
   */
  onClose: (isWhole: boolean, alert: Error | null) => void;
}>;

/** One connection. It belongs to its user until the user keeps or closes it. */
export class Connection {
  /** Name of its pool. */
  readonly pool: string;
  user: ConnectionUser | null = null;
  /** False as soon as either end closes it. */
  isOpen = true;
  /** Start of its idle time, on the monotonic clock. */
  idleSince = 0;
  hasEnded = false;
  /** Sent by a peer that refuses the client certificate: in TLS 1.3, that comes after the handshake. */
  alert: Error | null = null;
  /** Called when the TLS handshake ends; null before and after it. */
  onHandshake: ((error: Error | null) => void) | null = null;
  #socket: Bun.Socket<Connection> | null = null;

  constructor(pool: string) {
    this.pool = pool;
  }

  opened(socket: Bun.Socket<Connection>): void {
    this.#socket = socket;
    socket.setKeepAlive(true, KEEP_ALIVE_PROBE_MS);
  }

  /**
   * Writes `length` bytes from `offset`. Returns how many were accepted; a negative number if the connection is gone.
   */
  write(bytes: Uint8Array, offset: number, length: number): number {
    return this.#socket?.write(bytes, offset, length) ?? -1;
  }

  /** Closes the connection without another callback to its user. */
  close(): void {
    this.user = null;
    this.isOpen = false;
    this.#socket?.end();
  }
}
