/**
 * Judges a value by a JSON Schema (2020-12) that `schemaFaults` found usable. Every step counts, so that neither a schema
 * nor a value can hold the event loop.
 */
import { isRecord } from "../../../lib/records.ts";
import { findReferred, type Schema } from "./known-keywords.ts";

/** Work that is left; shared by all values of a call. */
export type Effort = { left: number };

/** Takes about 20 ms. */
export const MAX_EFFORT = 200_000;

/** A schema may refer to itself; deeper JSON is not published. */
const MAX_DEPTH = 300;

/** Where the value does not fit, and why; `path` is "" for the whole value. */
export type Misfit = Readonly<{ path: string; message: string }>;

/** Thrown, as it ends everything under way. */
export class TooMuchEffort extends Error {
  override readonly name = "TooMuchEffort";
}

/** The first misfit; null if it fits. Throws TooMuchEffort. */
export function judgeJson(schema: Schema, value: unknown, effort: Effort): Misfit | null {
  return new Judge(schema, effort).judge(schema, value, { path: "", depth: 0 });
}

type At = Readonly<{ path: string; depth: number }>;
type Keywords = Readonly<Record<string, unknown>>;

class Judge {
  readonly #root: Schema;
  readonly #effort: Effort;

  constructor(root: Schema, effort: Effort) {
    this.#root = root;
    this.#effort = effort;
  }

  judge(schema: unknown, value: unknown, at: At): Misfit | null {
    this.#spend(1);
    if (at.depth > MAX_DEPTH) throw new TooMuchEffort();
    if (schema === false) return { path: at.path, message: "is not allowed" };
    if (!isRecord(schema)) return null;
    return (
      this.#judgeKind(schema, value, at) ??
      this.#judgeSize(schema, value, at) ??
      this.#judgeContent(schema, value, at) ??
      this.#judgeTogether(schema, value, at)
    );
  }

  #spend(effort: number): void {
    this.#effort.left -= effort;
    if (this.#effort.left < 0) throw new TooMuchEffort();
  }

  #fits(schema: unknown, value: unknown, { path, depth }: At): boolean {
    return this.judge(schema, value, { path, depth: depth + 1 }) === null;
  }

  #judgeKind(schema: Keywords, value: unknown, { path }: At): Misfit | null {
    const { type, enum: choices } = schema;
    if (type !== undefined) {
      const types = Array.isArray(type) ? type : [type];
      if (!types.some((each) => isOfType(each, value)))
        return { path, message: `must be ${types.map(named).join(" or ")}` };
    }
    if (Array.isArray(choices) && !choices.some((choice) => this.#isEqual(choice, value)))
      return { path, message: "must be one of the values of its enum" };
    if (Object.hasOwn(schema, "const") && !this.#isEqual(schema.const, value))
      return { path, message: "must be the value of its const" };
    return null;
  }

  #judgeSize(schema: Keywords, value: unknown, { path }: At): Misfit | null {
    const message =
      typeof value === "number"
        ? numberFault(schema, value)
        : typeof value === "string"
          ? countFault(schema, this.#lengthOf(schema, value), ["minLength", "maxLength", "characters"])
          : Array.isArray(value)
            ? countFault(schema, value.length, ["minItems", "maxItems", "items"])
            : isRecord(value)
              ? countFault(schema, Object.keys(value).length, [
                  "minProperties",
                  "maxProperties",
                  "properties",
                ])
              : null;
    return message === null ? null : { path, message };
  }

  /** In characters, as JSON Schema counts, which takes a pass over the text. */
  #lengthOf({ minLength, maxLength }: Keywords, text: string): number {
    if (minLength === undefined && maxLength === undefined) return 0;
    this.#spend(text.length / 64);
    let length = 0;
    for (const _ of text) length++;
    return length;
  }

  #judgeContent(schema: Keywords, value: unknown, at: At): Misfit | null {
    if (Array.isArray(value)) return this.#judgeItems(schema, value, at);
    return isRecord(value) ? this.#judgeMembers(schema, value, at) : null;
  }

  #judgeItems(schema: Keywords, value: readonly unknown[], at: At): Misfit | null {
    const { items } = schema;
    const first = Array.isArray(schema.prefixItems) ? schema.prefixItems : [];
    for (let index = 0; index < value.length; index++) {
      const own: unknown = index < first.length ? first[index] : items;
      if (own === undefined) return null;
      const misfit = this.judge(own, value[index], inner(at, String(index)));
      if (misfit !== null) return misfit;
    }
    return null;
  }

  #judgeMembers(schema: Keywords, value: Keywords, at: At): Misfit | null {
    const { required, properties, additionalProperties, propertyNames } = schema;
    for (const name of Array.isArray(required) ? required : []) {
      this.#spend(1);
      if (!Object.hasOwn(value, String(name))) return { ...inner(at, String(name)), message: "is missing" };
    }
    const known = isRecord(properties) ? properties : {};
    for (const [name, member] of Object.entries(value)) {
      this.#spend(1);
      const own = Object.hasOwn(known, name) ? known[name] : additionalProperties;
      const misfit =
        (own === undefined ? null : this.judge(own, member, inner(at, name))) ??
        (propertyNames === undefined ? null : this.judge(propertyNames, name, inner(at, name)));
      if (misfit !== null) return misfit;
    }
    return null;
  }

  #judgeTogether(schema: Keywords, value: unknown, at: At): Misfit | null {
    const deeper = { ...at, depth: at.depth + 1 };
    const { $ref, allOf, anyOf, oneOf, not } = schema;
    if (typeof $ref === "string") {
      const misfit = this.judge(findReferred(this.#root, $ref), value, deeper);
      if (misfit !== null) return misfit;
    }
    for (const each of Array.isArray(allOf) ? allOf : []) {
      const misfit = this.judge(each, value, deeper);
      if (misfit !== null) return misfit;
    }
    if (Array.isArray(anyOf) && !anyOf.some((each) => this.#fits(each, value, at)))
      return { path: at.path, message: "fits none of its anyOf" };
    if (Array.isArray(oneOf)) {
      const fitting = oneOf.filter((each) => this.#fits(each, value, at)).length;
      if (fitting !== 1) return { path: at.path, message: `fits ${fitting} of its oneOf instead of 1` };
    }
    if (not !== undefined && this.#fits(not, value, at)) return { path: at.path, message: "fits its not" };
    if (schema.if === undefined) return null;
    const branch = this.#fits(schema.if, value, at) ? schema.then : schema.else;
    return branch === undefined ? null : this.judge(branch, value, deeper);
  }

  #isEqual(one: unknown, other: unknown): boolean {
    this.#spend(1);
    if (one === other) return true;
    if (Array.isArray(one)) {
      if (!Array.isArray(other) || one.length !== other.length) return false;
      return one.every((each, index) => this.#isEqual(each, other[index]));
    }
    if (!isRecord(one) || !isRecord(other)) return false;
    const names = Object.keys(one);
    this.#spend(names.length);
    return (
      names.length === Object.keys(other).length &&
      names.every((name) => Object.hasOwn(other, name) && this.#isEqual(one[name], other[name]))
    );
  }
}

const inner = ({ path, depth }: At, name: string): At => ({
  path: path === "" ? name : `${path}.${name}`,
  depth: depth + 1,
});

function isOfType(type: unknown, value: unknown): boolean {
  switch (type) {
    case "null":
      return value === null;
    case "array":
      return Array.isArray(value);
    case "object":
      return isRecord(value);
    case "integer":
      return Number.isInteger(value);
    default:
      return typeof value === type;
  }
}

function named(type: unknown): string {
  return type === "null" ? "null" : `${/^[aio]/.test(String(type)) ? "an" : "a"} ${String(type)}`;
}

function numberFault(schema: Keywords, value: number): string | null {
  const { minimum, maximum, exclusiveMinimum, exclusiveMaximum, multipleOf } = schema;
  if (typeof minimum === "number" && value < minimum) return `must be at least ${minimum}`;
  if (typeof maximum === "number" && value > maximum) return `must be at most ${maximum}`;
  if (typeof exclusiveMinimum === "number" && value <= exclusiveMinimum)
    return `must be more than ${exclusiveMinimum}`;
  if (typeof exclusiveMaximum === "number" && value >= exclusiveMaximum)
    return `must be less than ${exclusiveMaximum}`;
  if (typeof multipleOf !== "number") return null;
  const times = value / multipleOf;
  // 0.3 is a multiple of 0.1 for people, and not for binary fractions.
  const isMultiple = Math.abs(times - Math.round(times)) <= Math.abs(times) * Number.EPSILON * 2;
  return isMultiple ? null : `must be a multiple of ${multipleOf}`;
}

function countFault(
  schema: Keywords,
  count: number,
  [least, most, unit]: readonly [string, string, string],
): string | null {
  const [min, max] = [schema[least], schema[most]];
  if (typeof min === "number" && count < min) return `must have at least ${min} ${unit}`;
  if (typeof max === "number" && count > max) return `must have at most ${max} ${unit}`;
  return null;
}
