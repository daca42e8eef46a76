/** Records of many parts whose bytes follow from their id. */

/** Ids begin so. */
export const LARGE_RECORD = "large";
const BYTES = 5_000_000;

export function largeRecord(id: string): Uint8Array {
  return Buffer.alloc(BYTES, `${id} `);
}
