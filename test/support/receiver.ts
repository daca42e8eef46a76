/** A real HTTP receiver on 127.0.0.1 that records requests byte for byte and responds by a script. */
import { once } from "node:events";
import http from "node:http";
import https from "node:https";
import type { AddressInfo } from "node:net";

export type ReceivedRequest = Readonly<{
  method: string;
  /** Path and query, as sent. */
  path: string;
  /** As sent: in order, with their case and repetitions. */
  rawHeaders: readonly (readonly [name: string, value: string])[];
  /** The first value of a header; its name in any case. */
  header: (name: string) => string | undefined;
  body: Uint8Array;
  /** The connection's number: equal for requests that shared one. */
  connection: number;
  /** The name that the client sent by SNI; false without TLS or SNI. */
  servername: string | false;
}>;

export type Answer = Readonly<{
  status?: number;
  headers?: Readonly<Record<string, string | string[]>>;
  body?: string | Uint8Array;
  /** The response begins after this settles. */
  after?: Promise<unknown>;
  /** Never respond; the connection stays open until the receiver closes. */
  hang?: boolean;
  /** Cut the connection instead of responding; with a body: after sending it under a longer content-length. */
  reset?: boolean;
  /** Send the head and the body, and never end the response. */
  drip?: boolean;
  /** Close the connection after the response without announcing it. */
  closeAfter?: boolean;
  /** Bytes to write to the socket instead of an HTTP response. */
  raw?: string | Uint8Array;
}>;

export type Script = Answer | ((request: ReceivedRequest, index: number) => Answer);

export type Receiver = Readonly<{
  /** "http://127.0.0.1:port", https with `tls`. */
  url: string;
  port: number;
  requests: readonly ReceivedRequest[];
  /** Connections accepted so far. */
  connections: () => number;
  /** Connections open now. */
  openConnections: () => number;
  /** Sets the script from the next request on. */
  answerWith: (script: Script) => void;
  /** Resolves once `count` requests have arrived in total. */
  waitFor: (count: number) => Promise<readonly ReceivedRequest[]>;
  /** Resolves once at most `count` connections are open. */
  waitForOpenConnections: (count: number) => Promise<void>;
  /** Cuts every open connection, as a restart of the receiver would. */
  dropConnections: () => Promise<void>;
  close: () => Promise<void>;
}>;

export async function startReceiver(
  options: {
    script?: Script;
    tls?: {
      key: string;
      cert: string;
      /** Accepts only clients with a certificate of this authority. */
      clientCa?: string;
    };
    host?: string;
    port?: number;
    /** Keeps no request, for runs that would fill the memory; the script still sees each one. */
    forgets?: boolean;
  } = {},
): Promise<Receiver> {
  const { host = "127.0.0.1" } = options;
  let script: Script = options.script ?? {};
  const requests: ReceivedRequest[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  const sockets = new Map<object, { number: number; destroy: () => void }>();
  let accepted = 0;
  const fewer = new Set<{ count: number; resolve: () => void }>();

  const listener: http.RequestListener = (incoming, outgoing) => {
    const chunks: Uint8Array[] = [];
    incoming.on("data", (chunk: Uint8Array) => chunks.push(chunk));
    incoming.on("error", () => {});
    incoming.on("end", () => {
      const request = recorded(incoming, {
        body: new Uint8Array(Buffer.concat(chunks)),
        connection: sockets.get(incoming.socket)?.number ?? 0,
      });
      const index = options.forgets === true ? 0 : requests.push(request) - 1;
      for (const waiter of waiting) if (requests.length >= waiter.count) waiter.resolve();
      void answer(outgoing, typeof script === "function" ? script(request, index) : script);
    });
  };
  const { clientCa, ...tls } = options.tls ?? {};
  const onlyKnown =
    clientCa === undefined ? {} : { ca: clientCa, requestCert: true, rejectUnauthorized: true };
  const server =
    options.tls === undefined
      ? http.createServer(listener)
      : https.createServer({ ...tls, ...onlyKnown }, listener);
  // Only the script closes connections.
  server.keepAliveTimeout = 0;
  server.requestTimeout = 0;
  server.on(options.tls === undefined ? "connection" : "secureConnection", (socket) => {
    accepted += 1;
    sockets.set(socket, { number: accepted, destroy: () => socket.destroy() });
    socket.on("error", () => {});
    socket.on("close", () => {
      sockets.delete(socket);
      for (const waiter of fewer) if (sockets.size <= waiter.count) waiter.resolve();
    });
  });
  server.on("tlsClientError", () => {});
  server.listen(options.port ?? 0, host);
  await once(server, "listening");
  const { port } = portOf(server.address());

  async function waitForOpenConnections(count: number): Promise<void> {
    if (sockets.size <= count) return;
    await new Promise<void>((resolve) => {
      const waiter = {
        count,
        resolve() {
          fewer.delete(waiter);
          resolve();
        },
      };
      fewer.add(waiter);
    });
  }
  async function dropConnections(): Promise<void> {
    for (const { destroy } of sockets.values()) destroy();
    await waitForOpenConnections(0);
  }
  return {
    url: `${options.tls === undefined ? "http" : "https"}://${host}:${port}`,
    port,
    requests,
    connections: () => accepted,
    openConnections: () => sockets.size,
    answerWith(next) {
      script = next;
    },
    async waitFor(count) {
      if (requests.length >= count) return requests;
      await new Promise<void>((resolve) => {
        const waiter = {
          count,
          resolve() {
            waiting.delete(waiter);
            resolve();
          },
        };
        waiting.add(waiter);
      });
      return requests;
    },
    waitForOpenConnections,
    dropConnections,
    async close() {
      const closed = once(server, "close");
      server.close();
      for (const { destroy } of sockets.values()) destroy();
      await closed;
    },
  };
}

async function answer(outgoing: http.ServerResponse, script: Answer): Promise<void> {
  const { status = 200, headers = {}, body = "" } = script;
  if (script.after !== undefined) await script.after;
  if (script.hang === true) return;
  if (script.raw !== undefined) {
    outgoing.socket?.end(script.raw);
    return;
  }
  if (script.reset === true) {
    if (body.length === 0) {
      outgoing.socket?.destroy();
      return;
    }
    outgoing.writeHead(status, { ...headers, "content-length": String(body.length + 1) });
    outgoing.write(body, () => outgoing.socket?.destroy());
    return;
  }
  outgoing.writeHead(status, headers);
  if (script.drip === true) {
    outgoing.write(body);
    return;
  }
  outgoing.end(body, () => {
    if (script.closeAfter === true) outgoing.socket?.destroy();
  });
}

function recorded(
  incoming: http.IncomingMessage,
  rest: { body: Uint8Array; connection: number },
): ReceivedRequest {
  const rawHeaders: [string, string][] = [];
  const raw = incoming.rawHeaders;
  for (let at = 0; at + 1 < raw.length; at += 2) rawHeaders.push([raw[at] ?? "", raw[at + 1] ?? ""]);
  const { socket } = incoming;
  return {
    method: incoming.method ?? "",
    path: incoming.url ?? "",
    rawHeaders,
    header: (name) => rawHeaders.find(([each]) => each.toLowerCase() === name.toLowerCase())?.[1],
    ...rest,
    servername: "servername" in socket && typeof socket.servername === "string" ? socket.servername : false,
  };
}

function portOf(address: string | AddressInfo | null): AddressInfo {
  if (address === null || typeof address === "string") throw new Error("the receiver listens on no port");
  return address;
}
