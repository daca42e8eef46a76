/** Lists every route that the program registers, so that no test misses a new one. */
import { rmSync } from "node:fs";
import { join } from "node:path";
import { loadConfig } from "../../src/config.ts";
import { startServer } from "../../src/server.ts";
import { makeTestFolder } from "./folder.ts";

export type RegisteredRoute = Readonly<{ method: string; path: string }>;

/** Starts the gateway in this process for a moment: the executable does not list its routes. */
export async function listRegisteredRoutes(): Promise<readonly RegisteredRoute[]> {
  const folder = makeTestFolder("routes");
  const config = loadConfig({
    PORT: "0",
    DBURL: join(folder, "main.db"),
    DATA_DIR: join(folder, "events"),
    LOG_LEVEL: "error",
    ADMIN_PASSWORD: "only for this moment",
    // Without these the metrics route would not be registered.
    METRICS_USERNAME: "metrics",
    METRICS_PASSWORD: "only for this moment",
  });
  try {
    const server = await startServer({
      config,
      print: () => undefined,
      signal: new AbortController().signal,
    });
    const routes = server.routes.map(({ method, path }) => ({ method, path }));
    await server.stop();
    return routes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Replaces parameters by ids; throws on a parameter that `ids` does not have. */
export function addressOf(path: string, ids: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:(\w+)|\*/g, (part, name: string | undefined) => {
    const id = ids[name ?? part];
    if (id === undefined) throw new Error(`${path} has a parameter that this test does not know: ${part}`);
    return id;
  });
}
