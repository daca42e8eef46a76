/** Keeps the process running while it waits for workers and timers, which do not do so themselves. */

/** Any long interval will do. */
const INTERVAL_MS = 60_000;

export async function stayAlive<T>(act: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, INTERVAL_MS);
  try {
    return await act();
  } finally {
    clearInterval(timer);
  }
}
