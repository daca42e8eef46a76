/** A NATS server that accepts connections and answers pings, and nothing else, so that tests decide when a connection is lost. */
import type { Socket, TCPSocketListener } from "bun";

export type FakeNats = Readonly<{
  port: number;
  /** All that clients sent, as text. */
  received: () => string;
  /** Resolves once that has a match. */
  receives: (pattern: RegExp) => Promise<void>;
  /** Ends all connections, and accepts no more. */
  goAway: () => void;
  /** Accepts connections again. */
  comeBack: () => void;
}>;

const INFO = `INFO ${JSON.stringify({ server_id: "fake", version: "2.15.1", headers: true, max_payload: 1e6, proto: 1 })}\r\n`;

export function startFakeNats(): FakeNats {
  const open = new Set<Socket<undefined>>();
  const waiting = new Set<() => void>();
  let received = "";
  let listener: TCPSocketListener<undefined> | null = null;
  let port = 0;

  function listen(): void {
    listener = Bun.listen<undefined>({
      hostname: "127.0.0.1",
      port,
      socket: {
        open(socket) {
          open.add(socket);
          socket.write(INFO);
        },
        data(socket, bytes) {
          const text = bytes.toString();
          received += text;
          for (const _ of text.matchAll(/^PING\r$/gm)) socket.write("PONG\r\n");
          for (const check of waiting) check();
        },
        close: (socket) => void open.delete(socket),
      },
    });
    port = listener.port;
  }
  listen();

  return {
    port,
    received: () => received,
    receives: (pattern) =>
      new Promise((resolve) => {
        function check(): void {
          if (!pattern.test(received)) return;
          waiting.delete(check);
          resolve();
        }
        waiting.add(check);
        check();
      }),
    goAway() {
      listener?.stop(true);
      for (const socket of open) socket.end();
    },
    comeBack: listen,
  };
}
