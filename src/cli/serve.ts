/** Runs the gateway until a signal: the first one stops it gracefully, a second one immediately. */
import type { Config } from "../config.ts";

type Server = { stop: () => Promise<void> };
type StartServer = (options: {
  config: Config;
  print: (line: string) => void;
  /** Aborted at the first signal: a start that waits for others may end with any error then. */
  signal: AbortSignal;
}) => Promise<Server>;

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
    const server = await startUnlessStopped(options, signal.received);
    await signal.received;
    await server?.stop();
    setTimeout(() => process.exit(), LEFTOVERS_MS).unref();
  } finally {
    signal.ignore();
  }
}

/** Resolves with null if the signal ended the start. */
async function startUnlessStopped(
  { config, print, startServer }: Parameters<typeof serve>[0],
  received: Promise<void>,
): Promise<Server | null> {
  const stopping = new AbortController();
  void received.then(() => stopping.abort());
  try {
    return await startServer({ config, print, signal: stopping.signal });
  } catch (error) {
    if (stopping.signal.aborted) return null;
    throw error;
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
