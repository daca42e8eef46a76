/** Serves an application on loopback, and sends requests that no HTTP client would send. */
import type { AnyElysia } from "elysia";

export type TestServer = Readonly<{ url: string; port: number; stop: () => Promise<void> }>;

export function serve(app: AnyElysia): TestServer {
  app.listen({ port: 0, hostname: "127.0.0.1" });
  const port = app.server?.port;
  if (port === undefined) throw new Error("the server did not start");
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async stop() {
      await app.stop(true);
    },
  };
}

/** Sends the text as it is, and resolves with all that came back until the server closed the connection. */
export function sendRaw(port: number, text: string): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  let answer = "";
  Bun.connect({
    hostname: "127.0.0.1",
    port,
    socket: {
      open: (socket) => {
        socket.write(text);
      },
      data: (_socket, bytes) => {
        answer += bytes.toString();
      },
      close: () => resolve(answer),
      error: (_socket, error) => reject(error),
    },
  }).catch(reject);
  return promise;
}
