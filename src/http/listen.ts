/** Opens the port, which no other process may share. */
import type { AnyElysia } from "elysia";
import { AppError, errorCode } from "../lib/errors.ts";

/**
 * After so long without a request or a byte a connection is closed. Longer than load balancers keep theirs (60 s at
 * AWS's and in nginx' upstream pools, 90 s at Azure's Front Door): whoever closes last never meets a request on its way.
 * The head of a request and a body of less than 16 KB/s have no more time than this either, however they drip. Bun
 * takes 255 at most.
 */
const IDLE_SECONDS = 120;

/** With port 0 the system chooses one; the addresses that pages and answers show must name it. */
export function withRealPort<T extends Readonly<{ host: string; port: number; baseUrl: string }>>(
  config: T,
): T {
  if (config.port !== 0) return config;
  const port = freePort(config.host);
  return { ...config, port, baseUrl: config.baseUrl.replace(/:0$/, `:${port}`) };
}

/** Throws AppError unavailable where the host is none of this machine. */
function freePort(host: string): number {
  try {
    const probe = Bun.listen({ hostname: host, port: 0, socket: { data() {} } });
    probe.stop(true);
    return probe.port;
  } catch (cause) {
    throw new AppError({
      ...{ kind: "unavailable", code: "address_unusable", cause },
      message: `Cannot listen on ${host}: it is not an address of this machine.`,
      hint: "Set HOST to 127.0.0.1 to accept local connections only, or to 0.0.0.0 or :: to accept all.",
    });
  }
}

/** Throws AppError unavailable where the address cannot be listened on. */
export function listen(app: AnyElysia, { host, port }: { host: string; port: number }): void {
  try {
    app.listen({
      hostname: host,
      port,
      // The framework's default lets a second server take the same port, and half of the requests with it.
      reusePort: false,
      // Larger than what is allowed, as Bun's own refusal would neither be counted nor be in the API's shape.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      idleTimeout: IDLE_SECONDS,
    });
  } catch (cause) {
    // The code of the error does not tell a wrong address from a port that is taken.
    freePort(host);
    throw new AppError({
      ...{ kind: "unavailable", code: "address_unusable", cause },
      ...(errorCode(cause) === "EACCES"
        ? {
            message: `This user may not listen on port ${port}.`,
            hint: "Most systems reserve ports below 1024 for the administrator. Set a higher PORT.",
          }
        : {
            message: `Port ${port} on ${host} is already in use.`,
            hint: "Stop the other program, or set another PORT or HOST.",
          }),
    });
  }
}
