/** Every route of the program, as the program itself registers it: no list that somebody keeps can miss one. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config.ts";
import { startServer } from "../../src/server.ts";

export type RegisteredRoute = Readonly<{ method: string; path: string }>;

/** Starts the program in this process for a moment: the executable does not tell its routes. */
export async function listRegisteredRoutes(): Promise<readonly RegisteredRoute[]> {
  const folder = mkdtempSync(join(tmpdir(), "webhooker-routes-"));
  const config = loadConfig({
    PORT: "0",
    DBURL: join(folder, "main.db"),
    DATA_DIR: join(folder, "events"),
    LOG_LEVEL: "error",
    ADMIN_PASSWORD: "only for this moment",
    // What is off without them has its routes too.
    METRICS_USERNAME: "metrics",
    METRICS_PASSWORD: "only for this moment",
  });
  try {
    const server = await startServer({ config, print: () => undefined });
    const routes = server.routes.map(({ method, path }) => ({ method, path }));
    await server.stop();
    return routes;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

/** Puts ids in the places of parameters; throws at one that `ids` does not know. */
export function addressOf(path: string, ids: Readonly<Record<string, string>>): string {
  return path.replaceAll(/:(\w+)|\*/g, (part, name: string | undefined) => {
    const id = ids[name ?? part];
    if (id === undefined) throw new Error(`${path} has a parameter that this test does not know: ${part}`);
    return id;
  });
}
