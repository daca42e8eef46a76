/** Health checks for load balancers and orchestrators: liveness and readiness. */
import { Elysia } from "elysia";

export type Readiness = Readonly<{
  ready: boolean;
  /** Why it is not ready, or what is wrong although it is; public. */
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
      const why = reason !== undefined && { reason };
      if (ready) return Response.json({ status: "ok", ...why });
      return Response.json({ status: "unavailable", ...why }, { status: 503 });
    });
}
