/** Opens the port, which no other process may share. */
import type { AnyElysia } from "elysia";
import { AppError, errorCode } from "../lib/errors.ts";

/**
 * Idle time after which a connection is closed. Longer than load balancers keep theirs (60 s at AWS and in nginx's
 * upstream pools, 90 s at Azure Front Door), so that the gateway never closes a connection while a request is on its
 * way. It also limits the time for a request's head, and for a body of less than 16 KB/s. Bun's maximum is 255.
 */
export const IDLE_SECONDS = 120;

/** Replaces port 0 by a free port, so that displayed URLs contain it. */
export function withRealPort<T extends Readonly<{ host: string; port: number; baseUrl: string }>>(
  config: T,
): T {
  if (config.port !== 0) return config;
  const port = freePort(config.host);
  return { ...config, port, baseUrl: config.baseUrl.replace(/:0$/, `:${port}`) };
}

/** Throws AppError `unavailable` if the host is not an address of this machine. */
function freePort(host: string): number {
  try {
    const probe = Bun.listen({ hostname: host, port: 0, socket: { data() {} } });
    probe.stop(true);
    return probe.port;
  } catch (cause) {
    throw new AppError({
      kind: "unavailable",
      code: "address_unusable",
      cause,
      message: `Cannot listen on ${host}: it is not an address of this machine.`,
      hint: "Set HOST to 127.0.0.1 to accept local connections only, or to 0.0.0.0 or :: to accept all.",
    });
  }
}

/** Throws AppError `unavailable` if the address cannot be used. */
export function listen(app: AnyElysia, { host, port }: { host: string; port: number }): void {
  try {
    app.listen({
      hostname: host,
      port,
      // The framework's default would let a second server take the same port and half of the requests.
      reusePort: false,
      // Unlimited here, because Bun's own refusal would be neither counted nor in the API's form.
      maxRequestBodySize: Number.MAX_SAFE_INTEGER,
      idleTimeout: IDLE_SECONDS,
    });
  } catch (cause) {
    // The error code does not distinguish a wrong address from a port in use.
    freePort(host);
    throw new AppError({
      kind: "unavailable",
      code: "address_unusable",
      cause,
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
