/** Formats bytes for people: offset, sixteen bytes, and their ASCII characters. */

const ROW = 16;

/** Formats lines like those of `hexdump -C`, without its last one. */
export function hexDump(bytes: Uint8Array): string {
  const lines: string[] = [];
  for (let offset = 0; offset < bytes.length; offset += ROW) {
    lines.push(hexLine(bytes.subarray(offset, offset + ROW), offset));
  }
  return lines.join("\n");
}

function hexLine(row: Uint8Array, offset: number): string {
  const pairs = [...row].map((byte) => byte.toString(16).padStart(2, "0"));
  const left = pairs.slice(0, ROW / 2).join(" ");
  const right = pairs.slice(ROW / 2).join(" ");
  const hex = `${left}  ${right}`.padEnd(ROW * 3);
  const text = [...row].map((byte) => (byte >= 0x20 && byte < 0x7f ? String.fromCharCode(byte) : "."));
  return `${offset.toString(16).padStart(8, "0")}  ${hex}  ${text.join("")}`;
}
