/** The reading of one filter: its faults, how much of it there is, and the values that it compares with. */
import { isRecord } from "../lib/records.ts";
import { type Constant, fieldName, type Scalar, type ValueTest } from "./condition.ts";
import { isDecimal } from "./decimals.ts";

/** Each level of nesting counts, whether of objects or of lists. */
export const MAX_FILTER_LEVELS = 32;
/** Values that a filter compares with, all together. */
export const MAX_FILTER_CONDITIONS = 1_000;
/** A page has no use for more at a time. */
const MAX_FAULTS = 20;

export type FilterFault = Readonly<{
  /** The keys and indexes that lead to the fault. */
  path: readonly string[];
  /** Says what is wrong and, where that is not the same, how to mend it. */
  message: string;
}>;

/** A place in a filter. `level` is 1 for what stands outermost. */
export type Place = Readonly<{ path: readonly string[]; level: number }>;

export function below({ path, level }: Place, step: string): Place {
  return { path: [...path, step], level: level + 1 };
}

/** Its methods always return something to go on with: after a fault the filter is not used. */
export class FilterReading {
  readonly faults: FilterFault[] = [];
  #conditions = 0;

  fault({ path }: Place, message: string): void {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ path, message });
  }

  /** Counts a condition. */
  count(place: Place): void {
    this.#conditions++;
    if (this.#conditions === MAX_FILTER_CONDITIONS + 1) {
      this.fault(place, `is one condition too many: a filter has at most ${MAX_FILTER_CONDITIONS}`);
    }
  }

  /** Whether a list or an object is within the limits and may be read on. */
  mayEnter(place: Place): boolean {
    if (place.level > MAX_FILTER_LEVELS) {
      this.fault(place, `is nested too deeply: a filter has at most ${MAX_FILTER_LEVELS} levels`);
      return false;
    }
    return this.#conditions <= MAX_FILTER_CONDITIONS;
  }

  scalar(value: unknown, place: Place): Scalar {
    this.count(place);
    switch (typeof value) {
      case "string":
        return { kind: "text", text: value, isDecimal: isDecimal(value) };
      case "boolean":
        return { kind: "boolean", text: String(value), isDecimal: false };
      case "number":
        if (Number.isInteger(value) && !Number.isSafeInteger(value)) {
          this.fault(place, "is a number too long to be exact; write its digits as a text, which equals it");
        }
        return { kind: "number", text: String(value), isDecimal: true };
      default:
        if (value !== null) this.fault(place, "must be a text, a number, true, false or null");
        return { kind: "null", text: "null", isDecimal: false };
    }
  }

  /** Reads the operand of `$gt` and its like. */
  ordered(value: unknown, place: Place): Scalar {
    const isOrdered = typeof value === "number" || typeof value === "string";
    if (!isOrdered) this.fault(place, "must be a number or a text");
    return this.scalar(isOrdered ? value : "", place);
  }

  /** Reads the operand of `$in` and `$nin`. */
  membership(value: unknown, place: Place): ValueTest {
    if (Array.isArray(value)) {
      this.count(place);
      const constants = value.map((item, index) => this.scalar(item, below(place, String(index))));
      return { kind: "one of", constants };
    }
    if (typeof value !== "string") {
      this.fault(place, "must be a list of values, or a text to be found within the value");
    }
    return { kind: "text with", where: "anywhere", texts: [this.#text(value, place)] };
  }

  /** A text, or a list of texts. */
  texts(value: unknown, place: Place): readonly string[] {
    if (!Array.isArray(value)) {
      if (typeof value !== "string") this.fault(place, "must be a text or a list of texts");
      return [this.#text(value, place)];
    }
    return value.map((text, index) => {
      const at = below(place, String(index));
      if (typeof text !== "string") this.fault(at, "must be a text");
      return this.#text(text, at);
    });
  }

  #text(value: unknown, place: Place): string {
    this.count(place);
    return typeof value === "string" ? value : "";
  }

  /** Reads the operand of `$eq` and `$neq`: any JSON. */
  constant(value: unknown, place: Place): Constant {
    if (!Array.isArray(value) && !isRecord(value)) return this.scalar(value, place);
    this.count(place);
    if (!this.mayEnter(place)) return { kind: "list", items: [] };
    if (Array.isArray(value)) {
      const items = value.map((item, index) => this.constant(item, below(place, String(index))));
      return { kind: "list", items };
    }
    const members = Object.entries(value).map(([key, member]) => ({
      name: fieldName(key),
      value: this.constant(member, below(place, key)),
    }));
    return { kind: "object", members };
  }
}
