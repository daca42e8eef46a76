/** Health checks for load balancers and orchestrators: liveness and readiness. */
import { Elysia } from "elysia";

export type Readiness = Readonly<{
  ready: boolean;
  /** Why it is not ready; public. */
  reason?: string;
}>;

const HEALTH_PATHS = new Set(["/.well-known/healthcheck", "/livez", "/readyz"]);

export function isHealthPath(path: string): boolean {
  return HEALTH_PATHS.has(path);
}

export function health(options: { isReady: () => Readiness }) {
  const alive = () => Response.json({ status: "ok" });
  return new Elysia({ name: "health" })
    .get("/.well-known/healthcheck", alive)
    .get("/livez", alive)
    .get("/readyz", () => {
      const { ready, reason } = options.isReady();
      if (ready) return Response.json({ status: "ok" });
      return Response.json(
        { status: "unavailable", ...(reason !== undefined && { reason }) },
        { status: 503 },
      );
    });
}
