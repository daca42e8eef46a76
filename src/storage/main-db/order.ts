/** The order in which rows are shown. */

type Made = Readonly<{ id: string; createdAt: number }>;

/** Oldest first; ids, which begin with their time, decide between those of one millisecond. */
export function byMaking(a: Made, b: Made): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}
