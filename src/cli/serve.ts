/** Runs the gateway until a signal: the first one stops it gracefully, a second one immediately. */
import type { Config } from "../config.ts";

type StartServer = (options: { config: Config; print: (line: string) => void }) => Promise<{
  stop: () => Promise<void>;
}>;

/** 128 + SIGINT, the shells' convention. */
const EXIT_INTERRUPTED = 130;
/**
 * Time limit for name look-ups, which cannot be cancelled and would keep the process running after everything has
 * stopped.
 */
const LEFTOVERS_MS = 1_000;

/** Resolves once a signal has arrived and the server has stopped. */
export async function serve(options: {
  config: Config;
  print: (line: string) => void;
  startServer: StartServer;
}): Promise<void> {
  // Before the start, so that a signal during it is not lost.
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
