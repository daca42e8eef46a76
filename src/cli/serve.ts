/** Runs the gateway until a signal ends it: the first one gently, a second one at once. */
import type { Config } from "../config.ts";

type StartServer = (options: { config: Config; print: (line: string) => void }) => Promise<{
  stop: () => Promise<void>;
}>;

/** 128 + SIGINT, as shells tell it. */
const EXIT_INTERRUPTED = 130;
/** Lookups of names that hang cannot be taken back, and would keep the process running once all has stopped. */
const LEFTOVERS_MS = 1_000;

/** Resolves once a signal has come and the server has stopped. */
export async function serve(options: {
  config: Config;
  print: (line: string) => void;
  startServer: StartServer;
}): Promise<void> {
  // Before the start, so that a signal that comes meanwhile is kept.
  const signal = waitForSignal();
  try {
    const server = await options.startServer({ config: options.config, print: options.print });
    await signal.received;
    await server.stop();
    setTimeout(() => process.exit(), LEFTOVERS_MS).unref();
  } finally {
    signal.ignore();
  }
}

function waitForSignal(): { received: Promise<void>; ignore: () => void } {
  const { promise: received, resolve } = Promise.withResolvers<void>();
  let count = 0;
  const heard = () => {
    count++;
    if (count > 1) process.exit(EXIT_INTERRUPTED);
    resolve();
  };
  process.on("SIGTERM", heard);
  process.on("SIGINT", heard);
  const ignore = () => {
    process.off("SIGTERM", heard);
    process.off("SIGINT", heard);
  };
  return { received, ignore };
}
