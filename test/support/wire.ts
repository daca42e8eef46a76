/** A bare TCP server on 127.0.0.1 whose responses the test writes byte by byte. */
import { once } from "node:events";
import net from "node:net";

export type WireConnection = Readonly<{
  /** Writes bytes; resolves when the system has taken them. */
  send: (text: string) => Promise<void>;
  end: () => void;
  reset: () => void;
  /** Stops reading; `resume` goes on. */
  pause: () => void;
  resume: () => void;
  /** Resolves once what arrived since the last response contains the text. */
  askedAgain: (text: string) => Promise<void>;
  /** Resolves once this many bytes have arrived after the head. */
  received: (bytes: number) => Promise<void>;
  /** The bytes that arrived after the head. */
  body: () => Uint8Array;
  closed: Promise<void>;
}>;

export type Wire = Readonly<{
  url: string;
  /** Resolves with a connection that sent this text and has no response yet. */
  asked: (text: string) => Promise<WireConnection>;
  stop: () => void;
}>;

type Peer = { socket: net.Socket; connection: WireConnection; chunks: Buffer[]; unanswered: Buffer[] };

export async function startWire(): Promise<Wire> {
  const peers = new Set<Peer>();
  let changed = Promise.withResolvers<void>();

  function note(): void {
    changed.resolve();
    changed = Promise.withResolvers<void>();
  }

  async function until(isTrue: () => boolean): Promise<void> {
    while (!isTrue()) await changed.promise;
  }

  const server = net.createServer((socket) => {
    const peer: Peer = { socket, chunks: [], unanswered: [], connection: connectionOf(() => peer, until) };
    peers.add(peer);
    socket.on("error", () => {});
    socket.on("data", (chunk: Buffer) => {
      peer.chunks.push(chunk);
      peer.unanswered.push(chunk);
      note();
    });
    socket.on("close", () => {
      peers.delete(peer);
      note();
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the wire listens on no port");

  const has = (peer: Peer, text: string) => Buffer.concat(peer.unanswered).includes(text);
  return {
    url: `http://127.0.0.1:${address.port}/`,
    async asked(text) {
      const find = () => [...peers].find((peer) => has(peer, text));
      await until(() => find() !== undefined);
      const peer = find();
      if (!peer) throw new Error("the connection is gone");
      return peer.connection;
    },
    stop() {
      for (const { socket } of peers) socket.destroy();
      server.close();
    },
  };
}

function connectionOf(peer: () => Peer, until: (isTrue: () => boolean) => Promise<void>): WireConnection {
  const closed = Promise.withResolvers<void>();
  queueMicrotask(() => peer().socket.once("close", () => closed.resolve()));
  const body = () => {
    const bytes = Buffer.concat(peer().chunks);
    return bytes.subarray(bytes.indexOf("\r\n\r\n") + 4);
  };
  const came = () => {
    const [head = Buffer.alloc(0)] = peer().chunks;
    const all = peer().chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    return all - head.indexOf("\r\n\r\n") - 4;
  };
  return {
    send(text) {
      peer().unanswered = [];
      return new Promise((resolve) => peer().socket.write(text, "latin1", () => resolve()));
    },
    end: () => peer().socket.end(),
    reset: () => peer().socket.resetAndDestroy(),
    pause: () => peer().socket.pause(),
    resume: () => peer().socket.resume(),
    askedAgain: (text) => until(() => Buffer.concat(peer().unanswered).includes(text)),
    received: (bytes) => until(() => came() >= bytes),
    body,
    closed: closed.promise,
  };
}
