/** Works on shapes of settings: zod schemas by the setting's name, each with its default. */
import { z } from "zod";

type Shape = Readonly<Record<string, z.ZodType>>;

/** The same settings, none of which is filled in when it is left out. */
export type WithoutDefaults<S extends Shape> = {
  [Name in keyof S]: S[Name] extends z.ZodDefault<infer Inner> ? Inner : S[Name];
};

/**
 * Removes the defaults, for schemas of changes, where a default would overwrite what the change leaves out, and of
 * responses, which always have every setting. Fields are still required: a change also needs zod's `partial()`.
 */
export function withoutDefaults<S extends Shape>(shape: S): WithoutDefaults<S> {
  const bare = Object.entries(shape).map(([name, schema]) => [
    name,
    schema instanceof z.ZodDefault ? schema.unwrap() : schema,
  ]);
  // Object.fromEntries forgets which name has which schema.
  return Object.fromEntries(bare) as WithoutDefaults<S>;
}

/** The settings of `shape` that `given` has, over those in `stored`. The result is not checked as a whole yet. */
export function mergeGiven(options: {
  shape: Shape;
  given: Readonly<Record<string, unknown>>;
  stored: Readonly<Record<string, unknown>>;
}): Record<string, unknown> {
  const { shape, given, stored } = options;
  const names = Object.keys(shape).filter((name) => given[name] !== undefined);
  return { ...stored, ...Object.fromEntries(names.map((name) => [name, given[name]])) };
}
