/** Runs the gateway on its port: composes it, makes the first user, listens, and stops. */
import type { Config } from "./config.ts";
import { listen, withRealPort } from "./http/listen.ts";
import { systemClock } from "./lib/clock.ts";
import { version } from "./lib/version.ts";
import { createLogger } from "./observability/log.ts";
import { createApp } from "./server/create-app.ts";
import { firstStartLines } from "./server/first-start.ts";
import { warnOfLocalUrls } from "./server/public-address.ts";

export type RunningServer = Readonly<{
  url: string;
  /** Every route that it answers. */
  routes: readonly Readonly<{ method: string; path: string }>[];
  /** Resolves when everything that was accepted is stored, and every file is closed. */
  stop: () => Promise<void>;
}>;

/** Rejects with AppError where the data cannot be used, or the address not be listened on. */
export async function startServer(options: {
  config: Config;
  /** Writes to the terminal only, never to the log: a generated password goes this way. */
  print: (line: string) => void;
}): Promise<RunningServer> {
  const { print } = options;
  const config = withRealPort(options.config);
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const { app, parts, start, stop: stopApp } = await createApp({ config, clock: systemClock, log });
  const { users, mainDb, firstSignIn } = parts;
  void start();

  const first = await users.ensureFirstUser({ adminPassword: config.adminPassword });
  const tellFirst = () => {
    if (first === null || first.password === null) return;
    const { id, username, password } = first;
    const told = { baseUrl: config.baseUrl, token: firstSignIn.offer(id) };
    for (const line of firstStartLines({ username, password }, told)) print(line);
  };
  try {
    await mainDb.synced();
    listen(app, config);
  } catch (error) {
    // The user is there from now on, and no later start prints the password.
    tellFirst();
    await stop();
    throw error;
  }
  const url = `http://${config.host}:${config.port}`;
  log.info("webhooker is ready", { version, url, data_dir: config.dataDir, environment: config.environment });
  warnOfLocalUrls({ config, log });
  if (first !== null) await log.flush();
  tellFirst();

  async function stop(): Promise<void> {
    log.info("webhooker is stopping");
    await stopApp();
    log.info("webhooker has stopped");
    await log.flush();
  }

  return { url, routes: app.routes, stop };
}
