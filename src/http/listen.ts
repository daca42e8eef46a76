/** Opens the port, which no other process may share. */
import type { AnyElysia } from "elysia";
import { AppError, errorCode } from "../lib/errors.ts";

/** With port 0 the system chooses one; the addresses that pages and answers show must name it. */
export function withRealPort<T extends Readonly<{ host: string; port: number; baseUrl: string }>>(
  config: T,
): T {
  if (config.port !== 0) return config;
  const probe = Bun.listen({ hostname: config.host, port: 0, socket: { data() {} } });
  const { port } = probe;
  probe.stop(true);
  return { ...config, port, baseUrl: config.baseUrl.replace(/:0$/, `:${port}`) };
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
      idleTimeout: 60,
    });
  } catch (error) {
    const code = errorCode(error) ?? "unknown error";
    throw new AppError({
      kind: "unavailable",
      code: "address_unusable",
      message:
        code === "EADDRINUSE"
          ? `Another program listens on ${host}, port ${port}.`
          : `Nothing can be received on ${host}, port ${port}: ${code}.`,
      hint: "Stop the other program, or set another PORT or HOST.",
      cause: error,
    });
  }
}
