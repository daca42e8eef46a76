/** Runs the gateway on its port: composes it, makes the first user, listens, opens it anew in a cluster, and stops. */
import type { Config } from "./config.ts";
import { listen, withRealPort } from "./http/listen.ts";
import { systemClock, wait } from "./lib/clock.ts";
import { version } from "./lib/version.ts";
import { createLogger } from "./observability/log.ts";
import { takeSeat } from "./server/cluster/take-seat.ts";
import { type App, createApp } from "./server/create-app.ts";
import { firstStartLines } from "./server/first-start.ts";
import { warnOfLocalUrls } from "./server/public-address.ts";

export type RunningServer = Readonly<{
  url: string;
  /** Every route that it answers. */
  routes: readonly Readonly<{ method: string; path: string }>[];
  /** Resolves when everything that was accepted is stored, and every file is closed. */
  stop: () => Promise<void>;
}>;

/** How long a node of a cluster waits that could not be opened anew. */
const AGAIN_MS = 3_000;

/** Rejects with AppError where the data cannot be used, or the address not be listened on. */
export async function startServer(options: {
  config: Config;
  /** Writes to the terminal only, never to the log: a generated password goes this way. */
  print: (line: string) => void;
  /** Aborted when the server is to be stopped, also before it has started. */
  signal: AbortSignal;
}): Promise<RunningServer> {
  const { print } = options;
  const config = withRealPort(options.config);
  const log = createLogger({ level: config.logLevel, format: config.logFormat });
  const stopping = new AbortController();
  options.signal.addEventListener("abort", () => stopping.abort());
  const drain = { isDrained: false };
  let isReady = false;
  let tellFirst = () => {};
  let gateway = await open(null);
  let opening = Promise.resolve();
  openAgainIfAsked();
  const url = `http://${config.host}:${config.port}`;
  log.info("webhooker is ready", { version, url, data_dir: config.dataDir, environment: config.environment });
  warnOfLocalUrls({ config, log });
  isReady = true;
  await tell();

  async function open(again: Parameters<typeof takeSeat>[1]): Promise<App> {
    const { cluster } = config;
    const deps = { config, clock: systemClock, log };
    const seat = cluster && (await takeSeat({ ...deps, cluster, drain, signal: stopping.signal }, again));
    const opened = await createApp({ ...deps, seat }).catch(async (error: unknown) => {
      await seat?.log.close();
      throw error;
    });
    try {
      void opened.start();
      // In a cluster it may be long until this node leads, and another one has made the first user.
      const first = opened.leading.then(() => makeFirstUser(opened));
      if (seat === null) await first;
      else first.catch((error: unknown) => log.error("the first user could not be made", { cause: error }));
      await opened.member?.settled();
      listen(opened.app, config);
      return opened;
    } catch (error) {
      // The user is there from now on, and no later start prints the password.
      tellFirst();
      await opened.stop();
      throw error;
    }
  }

  async function makeFirstUser({ parts: { users, mainDb, firstSignIn } }: App): Promise<void> {
    const first = await users.ensureFirstUser({ adminPassword: config.adminPassword });
    if (first === null || first.password === null) return;
    const { id, username, password } = first;
    tellFirst = () => {
      tellFirst = () => {};
      const told = { baseUrl: config.baseUrl, token: firstSignIn.offer(id) };
      for (const line of firstStartLines({ username, password }, told)) print(line);
    };
    await mainDb.synced();
    if (isReady) await tell();
  }

  /** Not among the lines of the log. */
  async function tell(): Promise<void> {
    await log.flush();
    tellFirst();
  }

  function openAgainIfAsked(): void {
    void gateway.startOver.then((how) => {
      if (!stopping.signal.aborted) opening = openAgain(how);
    });
  }

  async function openAgain(how: Awaited<App["startOver"]>): Promise<void> {
    await gateway.stop();
    while (!stopping.signal.aborted) {
      try {
        gateway = await open(how);
        return openAgainIfAsked();
      } catch (error) {
        if (stopping.signal.aborted) return;
        log.error("this node of the cluster could not be opened again; trying again", { cause: error });
        await wait(systemClock, AGAIN_MS);
      }
    }
  }

  async function stop(): Promise<void> {
    log.info("webhooker is stopping");
    stopping.abort();
    await opening;
    await gateway.stop();
    log.info("webhooker has stopped");
    await log.flush();
  }

  return { url, routes: gateway.app.routes, stop };
}
