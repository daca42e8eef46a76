/** Makes names of files for downloads, safe on every system and in a header. */

const MAX_LENGTH = 60;

/** "Orders & Refunds" is "orders-refunds"; `otherwise` where no letter of the name is left. */
export function fileNameOf(name: string, otherwise: string): string {
  const plain = name.normalize("NFKD").replace(/\p{M}/gu, "").toLowerCase();
  const words = plain.replace(/[^a-z0-9]+/g, "-").replace(/^-/, "");
  return words.slice(0, MAX_LENGTH).replace(/-$/, "") || otherwise;
}
