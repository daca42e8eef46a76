/** Base32 of RFC 4648 without padding, in which people copy keys by hand. */

const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";

export function toBase32(bytes: Uint8Array): string {
  let text = "";
  let [bits, count] = [0, 0];
  for (const byte of bytes) {
    bits = (bits << 8) | byte;
    count += 8;
    for (; count >= 5; count -= 5) text += ALPHABET[(bits >> (count - 5)) & 31];
    // Keeps the number small; what was written is not needed any more.
    bits &= 31;
  }
  return count === 0 ? text : text + ALPHABET[(bits << (5 - count)) & 31];
}

/** Throws for anything but upper-case base32. */
export function fromBase32(text: string): Uint8Array {
  const bytes: number[] = [];
  let [bits, count] = [0, 0];
  for (const letter of text) {
    const value = ALPHABET.indexOf(letter);
    if (value === -1) throw new Error("not base32");
    bits = ((bits & 0xff) << 5) | value;
    count += 5;
    if (count < 8) continue;
    count -= 8;
    bytes.push((bits >> count) & 0xff);
  }
  return new Uint8Array(bytes);
}
