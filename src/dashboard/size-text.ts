/** Sizes as people type them: "500 MB", "2GB", or a number of bytes; steps of 1024, as sizes are displayed. */

const UNITS: readonly string[] = ["B", "KB", "MB", "GB", "TB"];
const SIZE = /^(\d+(?:\.\d+)?)\s*((?:[kmgt]i?)?b)?$/i;

/** Returns text that is no size unchanged, for the schema to refuse. */
export function readSize(text: string): number | string {
  const found = SIZE.exec(text.trim().replace(",", "."));
  if (!found) return text;
  const unit = (found[2] ?? "B").toUpperCase().replace("I", "");
  const power = UNITS.indexOf(unit);
  return Math.round(Number(found[1]) * 1024 ** power);
}

/** Returns exactly that size, in the largest unit that gives a whole number; `readSize` reads it back. */
export function formatSize(bytes: number): string {
  let value = bytes;
  let unit = 0;
  while (value >= 1024 && value % 1024 === 0 && unit < UNITS.length - 1) {
    value /= 1024;
    unit++;
  }
  return `${value} ${UNITS[unit]}`;
}
