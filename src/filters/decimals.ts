/** Compares numbers by the text that they are written with: whole ones exactly, however long. */

const WHOLE = /^-?\d+$/;
const DECIMAL = /^-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?$/;
/** Every number of as many characters fits a double as far as comparisons go. */
const EXACT_LENGTH = 15;
/** Longer ones are not compared as numbers. */
export const LONGEST_DECIMAL = 1_000;

/** Whether a text, such as a header's, is a number as JSON would write it, and not too long to be compared. */
export function isDecimal(text: string): boolean {
  return text.length <= LONGEST_DECIMAL && DECIMAL.test(text);
}

/** Both are numbers as JSON writes them. Negative where the first is smaller, 0 where they are equal. */
export function compareDecimals(one: string, other: string): number {
  const isShort = one.length <= EXACT_LENGTH && other.length <= EXACT_LENGTH;
  if (!isShort && WHOLE.test(one) && WHOLE.test(other)) return compareWhole(one, other);
  const [a, b] = [Number(one), Number(other)];
  return a < b ? -1 : a > b ? 1 : 0;
}

/** JSON writes no leading zeros, so that of two of the same sign the longer one is further from zero. */
function compareWhole(one: string, other: string): number {
  const sign = signOf(one);
  if (sign !== signOf(other)) return sign - signOf(other);
  return sign < 0 ? compareDigits(other, one) : compareDigits(one, other);
}

function compareDigits(one: string, other: string): number {
  return one.length - other.length || (one < other ? -1 : one > other ? 1 : 0);
}

function signOf(whole: string): number {
  if (whole === "0" || whole === "-0") return 0;
  return whole.startsWith("-") ? -1 : 1;
}
