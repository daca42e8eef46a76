/** Looks up types by name, such as target types and verification providers. */
import { AppError } from "../lib/errors.ts";

export type TypeList<T> = Readonly<{
  /** Throws AppError invalid for an unknown type. */
  get: (type: string) => T;
  find: (type: string) => T | null;
  /** Types in the order in which forms offer them. */
  list: () => readonly T[];
}>;

export function createTypeList<T extends Readonly<{ type: string }>>(options: {
  all: readonly T[];
  /** Name of one item in messages: "target type". */
  what: string;
  /** Input field that names the type. */
  path: string;
}): TypeList<T> {
  const { all, what, path } = options;
  const byType = new Map(all.map((each) => [each.type, each]));
  return {
    find: (type) => byType.get(type) ?? null,
    list: () => all,
    get(type) {
      const found = byType.get(type);
      if (found !== undefined) return found;
      const known = all.map((each) => each.type).join(", ");
      throw new AppError({
        kind: "invalid",
        message: `Unknown ${what}.`,
        hint: `Use one of: ${known}.`,
        details: [{ path, message: `must be one of: ${known}` }],
      });
    },
  };
}
