/** A filter in the form that is evaluated: names are encoded and constants laid out once, when it is compiled. */

/** A member's name as text and as the UTF-8 that it has in a body. */
export type FieldName = Readonly<{ text: string; bytes: Uint8Array }>;

export type Scalar = Readonly<{
  kind: "text" | "number" | "boolean" | "null";
  text: string;
  /** A number, or a text that is one. */
  isDecimal: boolean;
}>;

/** A value that a filter compares with: a scalar, or a whole list or object. */
export type Constant =
  | Scalar
  | Readonly<{ kind: "list"; items: readonly Constant[] }>
  | Readonly<{ kind: "object"; members: readonly Readonly<{ name: FieldName; value: Constant }>[] }>;

export type Comparison = "$gt" | "$gte" | "$lt" | "$lte";

/** A test of one value. On a list it passes where one item passes it. */
export type ValueTest =
  | Readonly<{ kind: "compare"; by: Comparison; with: Scalar }>
  /** Equals one of the constants. */
  | Readonly<{ kind: "one of"; constants: readonly Scalar[] }>
  /** A text that holds one of the texts there. */
  | Readonly<{ kind: "text with"; where: "anywhere" | "start" | "end"; texts: readonly string[] }>;

export type Field = Readonly<{ name: FieldName; condition: Condition }>;

export type Condition =
  /** A bare value: equals it, or is a list that contains it. */
  | Readonly<{ kind: "equals"; constant: Scalar }>
  /** A bare list: a list in which each of these holds for some item. */
  | Readonly<{ kind: "contains"; items: readonly Condition[] }>
  /** An object with these members, or a list with such an item. */
  | Readonly<{ kind: "fields"; fields: readonly Field[] }>
  /** One value, or one item of a list, that passes all tests. */
  | Readonly<{ kind: "passes"; tests: readonly ValueTest[] }>
  /** A value that is there, and neither passes the test nor has an item that does. */
  | Readonly<{ kind: "fails"; test: ValueTest }>
  /** `$eq`, and `$neq` where it is negated: the whole value, lists and objects included. */
  | Readonly<{ kind: "same"; constant: Constant; isNegated: boolean }>
  | Readonly<{ kind: "exists"; isWanted: boolean }>
  | Readonly<{ kind: "all"; conditions: readonly Condition[] }>
  | Readonly<{ kind: "any"; conditions: readonly Condition[] }>
  | Readonly<{ kind: "not"; condition: Condition }>;

const encoder = new TextEncoder();

export function fieldName(text: string): FieldName {
  return { text, bytes: encoder.encode(text) };
}
