/** Text for a terminal that comes from others: senders of events, and people who give names. */

/** Replaces control characters, which must not control the reader's terminal. */
export function printable(text: string): string {
  return text.replaceAll("\t", "  ").replace(/\p{C}/gu, "?");
}
