/** The order in which rows are shown. */

type Made = Readonly<{ id: string; createdAt: number }>;

/** Oldest first. Within a millisecond by id, as ids begin with their time. */
export function byMaking(a: Made, b: Made): number {
  return a.createdAt - b.createdAt || (a.id < b.id ? -1 : 1);
}
