/** Keeps the process running while it waits for workers and clocks, which by themselves do not. */

/** Any time will do that is not too often. */
const INTERVAL_MS = 60_000;

export async function stayAlive<T>(act: () => Promise<T>): Promise<T> {
  const timer = setInterval(() => undefined, INTERVAL_MS);
  try {
    return await act();
  } finally {
    clearInterval(timer);
  }
}
