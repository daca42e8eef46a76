/** Parses the response statuses that are not retried, as people write them: "404", "400-499", "4xx". */

const ONE = /^[1-5]\d\d$/;
const CLASS = /^([1-5])xx$/i;
const RANGE = /^([1-5]\d\d)-([1-5]\d\d)$/;

/**
 * Statuses that mean "later": request timeout, conflict, too early, too many requests. A class or a range leaves them
 * out, because giving up on client errors rarely means these; listed individually they count.
 */
const LATER = new Set([408, 409, 425, 429]);

export function isStatusPattern(text: string): boolean {
  return ONE.test(text) || CLASS.test(text) || isRange(text);
}

/** Accepts only texts for which `isStatusPattern` is true. */
export function statusesOf(patterns: readonly string[]): ReadonlySet<number> {
  const statuses = new Set<number>();
  for (const pattern of patterns) {
    if (ONE.test(pattern)) {
      statuses.add(Number(pattern));
      continue;
    }
    const [from, to] = boundsOf(pattern);
    for (let status = from; status <= to; status++) if (!LATER.has(status)) statuses.add(status);
  }
  return statuses;
}

function isRange(text: string): boolean {
  const [from, to] = boundsOf(text);
  return from <= to;
}

/** Returns an empty range for text that is not a range. */
function boundsOf(pattern: string): [from: number, to: number] {
  const hundred = CLASS.exec(pattern)?.[1];
  if (hundred !== undefined) return [Number(hundred) * 100, Number(hundred) * 100 + 99];
  const [, from, to] = RANGE.exec(pattern) ?? [];
  return from === undefined || to === undefined ? [1, 0] : [Number(from), Number(to)];
}
