/** Names for what an export writes: keys for objects without one, and environment variables for secrets. */

const LONGEST_KEY = 64;

type Keyed = Readonly<{ id: string; name: string; key: string | null }>;

/** Keys by id: the stored ones, and for the rest one of their names. `rows`: siblings, the oldest first. */
export function keysOf(rows: readonly Keyed[]): ReadonlyMap<string, string> {
  const taken = new Set(rows.flatMap(({ key }) => key ?? []));
  const keys = new Map<string, string>();
  const numbers = new Map<string, number>();
  for (const { id, name, key } of rows) {
    const chosen = key ?? firstFree(toKey(name), taken, numbers);
    taken.add(chosen);
    keys.set(id, chosen);
  }
  return keys;
}

function toKey(name: string): string {
  const plain = name
    .normalize("NFKD")
    .toLowerCase()
    .replace(/[\u0300-\u036f]/g, "")
    .replace(/[^a-z0-9]+/g, "-")
    .slice(0, LONGEST_KEY)
    .replace(/^-|-$/g, "");
  return plain === "" ? "unnamed" : plain;
}

/** `numbers`: the last one that was given to each name, as thousands may have the same. */
function firstFree(wanted: string, taken: ReadonlySet<string>, numbers: Map<string, number>): string {
  for (let number = (numbers.get(wanted) ?? 0) + 1; ; number++) {
    const suffix = number === 1 ? "" : `-${number}`;
    const key = wanted.slice(0, LONGEST_KEY - suffix.length) + suffix;
    numbers.set(wanted, number);
    if (!taken.has(key)) return key;
  }
}

/** Returns a function that gives each secret a placeholder of its own. */
export function createPlaceholders(): (path: readonly string[]) => string {
  const taken = new Set<string>();
  return (path) => {
    const plain = path
      .join("_")
      .toUpperCase()
      .replace(/[^A-Z0-9]+/g, "_");
    const name = /^[0-9]/.test(plain) ? `_${plain}` : plain;
    for (let number = 1; ; number++) {
      const chosen = number === 1 ? name : `${name}_${number}`;
      if (taken.has(chosen)) continue;
      taken.add(chosen);
      return `\${env:${chosen}}`;
    }
  };
}
