/** A TCP proxy that can be frozen: its connections stay open, and nothing passes. */
import type { Socket } from "bun";

type Side = { other: Socket<Side> | null; waiting: Uint8Array[] };

export type FrozenProxy = Readonly<{
  url: string;
  freeze: () => void;
  /** Connections of before stay dead, as those of a machine that slept. */
  thaw: () => void;
  /** Where new connections go. */
  pointTo: (port: number) => void;
  close: () => void;
}>;

/** Listens on `host`, 127.0.0.1 by default. */
export function startFrozenProxy(target: { port: number; host?: string }): FrozenProxy {
  const { host = "127.0.0.1" } = target;
  let { port } = target;
  let isFrozen = false;
  /** Connections that were open during a freeze. */
  const dead = new WeakSet<Socket<Side>>();
  const open = new Set<Socket<Side>>();

  function pass(socket: Socket<Side>, bytes: Uint8Array): void {
    if (isFrozen || dead.has(socket)) return;
    const { other } = socket.data;
    if (other === null) socket.data.waiting.push(bytes.slice());
    else write(other, bytes);
  }

  /** Bytes that the system's buffer does not take wait for `drain`. */
  function write(to: Socket<Side>, bytes: Uint8Array): void {
    if (to.data.waiting.length > 0) return void to.data.waiting.push(bytes.slice());
    const written = to.write(bytes);
    if (written < bytes.byteLength) to.data.waiting.push(bytes.slice(Math.max(0, written)));
  }

  function drain(socket: Socket<Side>): void {
    const waiting = socket.data.waiting.splice(0);
    for (const bytes of waiting) write(socket, bytes);
  }

  function end(socket: Socket<Side>): void {
    open.delete(socket);
    socket.data.other?.end();
  }

  const listener = Bun.listen<Side>({
    hostname: host,
    port: 0,
    socket: {
      open(socket) {
        socket.data = { other: null, waiting: [] };
        open.add(socket);
        if (isFrozen) return void dead.add(socket);
        void Bun.connect<Side>({
          hostname: "127.0.0.1",
          port,
          data: { other: socket, waiting: [] },
          socket: {
            open(upstream) {
              open.add(upstream);
              const early = socket.data.waiting.splice(0);
              socket.data.other = upstream;
              for (const bytes of early) write(upstream, bytes);
            },
            data: pass,
            drain,
            close: end,
            error: end,
          },
        }).catch(() => socket.end());
      },
      data: pass,
      drain,
      close: end,
      error: end,
    },
  });

  return {
    url: `http://${host}:${listener.port}`,
    freeze() {
      isFrozen = true;
      for (const socket of open) dead.add(socket);
    },
    thaw() {
      isFrozen = false;
    },
    pointTo(to) {
      port = to;
    },
    close: () => listener.stop(true),
  };
}
