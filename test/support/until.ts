/** Waits for what other processes do. */

/** Looks without a break would take the processors from those that are looked at. */
const BREAK_MS = 10;

/** Looks until there is something, which neither null nor false is, and resolves with it. */
export async function until<T>(
  look: () => T | null | false | Promise<T | null | false>,
  options: Readonly<{
    /** Longer for a look that costs much, such as one that starts a process. */
    breakMs?: number;
  }> = {},
): Promise<T> {
  for (;;) {
    const seen = await look();
    if (seen !== null && seen !== false) return seen;
    await Bun.sleep(options.breakMs ?? BREAK_MS);
  }
}
