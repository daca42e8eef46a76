/** Keeps the process running while it waits for workers and clocks, which by themselves do not. */

/** Any time will do that is not too often. */
const HOLD_MS = 60_000;

export async function stayAlive<T>(act: () => Promise<T>): Promise<T> {
  const hold = setInterval(() => undefined, HOLD_MS);
  try {
    return await act();
  } finally {
    clearInterval(hold);
  }
}
