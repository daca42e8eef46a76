/** Services that respond as none should: each scripts the server's end of a connection. */
import { once } from "node:events";
import net from "node:net";
import tls from "node:tls";

type Play = (socket: net.Socket) => void;

export type HostileService = Readonly<{
  name: string;
  play: Play;
  /** The beginning of the expected result, in short form. */
  result: string;
  /** The response never ends by itself; the request's time limit ends it. */
  endless?: boolean;
}>;

const OK = "HTTP/1.1 200 OK\r\n";
const CHUNKED = `${OK}Transfer-Encoding: chunked\r\n\r\n`;

const says =
  (text: string | Uint8Array): Play =>
  (socket) =>
    socket.write(text);

const saysAndEnds =
  (text: string | Uint8Array): Play =>
  (socket) =>
    socket.end(text);

/** Resets the connection once the text was read, so that the reset does not overtake it. */
const saysAndResets =
  (text: string): Play =>
  (socket) => {
    socket.write(text, () => setTimeout(() => socket.resetAndDestroy(), 20));
  };

/** Writes as fast as the other end reads. */
const saysForEver =
  (first: string, again: string): Play =>
  (socket) => {
    socket.write(first);
    const more = () => {
      if (socket.destroyed) return;
      if (socket.write(again)) setImmediate(more);
      else socket.once("drain", more);
    };
    more();
  };

const drips =
  (first: string): Play =>
  (socket) => {
    socket.write(first);
    const timer = setInterval(() => socket.write("a"), 20);
    socket.once("close", () => clearInterval(timer));
  };

const INVALID = "invalid_response";
const LOST = "connection_lost";

export const HOSTILE_SERVICES: readonly HostileService[] = [
  { name: "accepts, and never answers", play: () => {}, result: "timeout", endless: true },
  { name: "drips its head", play: drips(`${OK}X: `), result: "timeout", endless: true },
  { name: "drips its body", play: drips(`${OK}Content-Length: 9999\r\n\r\n`), result: "200", endless: true },
  { name: "drips a chunk's size", play: drips(`${CHUNKED}1;`), result: "200", endless: true },
  { name: "resets at once", play: (socket) => socket.resetAndDestroy(), result: LOST },
  { name: "resets amid its head", play: saysAndResets("HTTP/1.1 200 O"), result: LOST },
  {
    name: "resets amid its body",
    play: saysAndResets(`${OK}Content-Length: 9\r\n\r\nabc`),
    result: "200 abc",
  },
  { name: "closes without a word", play: (socket) => socket.end(), result: LOST },
  { name: "speaks no HTTP", play: says("220 mail.example ESMTP\r\n\r\n"), result: INVALID },
  { name: "speaks HTTP/0.9", play: saysAndEnds("<html>hello</html>"), result: INVALID },
  { name: "says bytes", play: says(new Uint8Array([0, 255, 254, 13, 10, 13, 10])), result: INVALID },
  { name: "has a bad status line", play: says("HTTP/1.1 OK 200\r\n\r\n"), result: INVALID },
  { name: "has a bad chunk size", play: says(`${CHUNKED}zz\r\nabc\r\n`), result: "200" },
  { name: "has a negative chunk size", play: says(`${CHUNKED}-1\r\nabc\r\n`), result: "200" },
  {
    name: "has a length and chunks",
    play: says(`${OK}Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n`),
    result: "200 abc",
  },
  {
    name: "has two lengths",
    play: says(`${OK}Content-Length: 3\r\nContent-Length: 4\r\n\r\nabcd`),
    result: INVALID,
  },
  { name: "has a negative length", play: says(`${OK}Content-Length: -3\r\n\r\nabc`), result: INVALID },
  {
    name: "has a zero byte in a header",
    play: says(`${OK}X: a\0b\r\nContent-Length: 0\r\n\r\n`),
    result: "200",
  },
  { name: "has headers without end", play: saysForEver(OK, `X: ${"a".repeat(9_000)}\r\n`), result: "200" },
  { name: "has a header of 10 MB", play: says(`${OK}X: ${"a".repeat(10_000_000)}\r\n\r\n`), result: "200" },
  {
    name: "says 102 without end",
    play: saysForEver("", "HTTP/1.1 102 x\r\n\r\n".repeat(100)),
    result: INVALID,
  },
  {
    name: "upgrades unasked",
    play: says("HTTP/1.1 101 x\r\nConnection: upgrade\r\nUpgrade: x\r\n\r\nraw"),
    result: "101",
  },
  {
    name: "has a body with 204",
    play: says("HTTP/1.1 204 x\r\nContent-Length: 3\r\n\r\nabc"),
    result: "204",
  },
  {
    name: "calls plain text gzip",
    play: says(`${OK}Content-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc`),
    result: "200 abc",
  },
  { name: "sends a body without end", play: saysForEver(`${OK}\r\n`, "a".repeat(60_000)), result: "200 aaa" },
  {
    name: "says more than was asked for",
    play: says(`${OK}Content-Length: 2\r\n\r\nokHTTP/1.1 500 No\r\nContent-Length: 3\r\n\r\nbad`),
    result: "200 ok",
  },
];

export type RunningService = Readonly<{ port: number; stop: () => void }>;

/** Plays the script to every connection once its first bytes have come, which over TLS are the request's. */
export async function startService(
  play: Play,
  secure: tls.TlsOptions | null = null,
): Promise<RunningService> {
  const sockets = new Set<net.Socket>();
  const accept = (socket: net.Socket) => {
    sockets.add(socket);
    socket.on("error", () => {});
    socket.once("close", () => sockets.delete(socket));
    socket.once("data", () => play(socket));
    socket.resume();
  };
  const server = secure === null ? net.createServer(accept) : tls.createServer(secure, accept);
  server.on("tlsClientError", () => {});
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  if (address === null || typeof address === "string") throw new Error("the service listens on no port");
  return {
    port: address.port,
    stop() {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}
