/** Sends bytes that no HTTP client would send, and reads the reply. */
import { connect, type Socket } from "node:net";

export type RawAnswer = Readonly<{
  /** Null if the connection was closed without a response. */
  status: number | null;
  head: string;
  body: string;
}>;

/** Resolves when the gateway closes the connection, so request "Connection: close" if it would stay open. */
export async function exchange(port: number, bytes: string): Promise<RawAnswer> {
  const socket = connect({ host: "127.0.0.1", port });
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (part) => {
    text += part;
  });
  // A refusal may arrive before everything was sent; the response counts.
  socket.on("error", () => {});
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.write(bytes, "latin1");
  await closed;
  return parse(text);
}

/** Sends a part of a request; resolves once it is sent, with the connection that waits for the rest. */
export async function begin(port: number, bytes: string): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port });
  socket.on("error", () => {});
  await new Promise<void>((resolve) => socket.write(bytes, "latin1", () => resolve()));
  return socket;
}

export function hangUp(socket: Socket): Promise<void> {
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  socket.destroy();
  return closed;
}

function parse(text: string): RawAnswer {
  const end = text.indexOf("\r\n\r\n");
  const head = end === -1 ? text : text.slice(0, end);
  const status = /^HTTP\/1\.1 (\d{3})/.exec(head)?.[1];
  return { status: status === undefined ? null : Number(status), head, body: text.slice(end + 4) };
}
