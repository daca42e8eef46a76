/** Identifiers: UUIDv7 for everything that is stored, so that ids sort by creation. */

const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[1-8][0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;

export function newId(): string {
  return Bun.randomUUIDv7();
}

/** UUIDv7 of a given time (milliseconds UTC): the event log finds events of a time by their ids. */
export function newIdAt(at: number): string {
  return Bun.randomUUIDv7("hex", at);
}

/** UUIDv4, for ids that must not be guessed from the time of their making, such as entrypoints. */
export function newUnguessableId(): string {
  return crypto.randomUUID();
}

/** Sorts after every UUID. */
export const AFTER_EVERY_ID = "g";

/** Sorts before every UUIDv7 of the time and after those of earlier ones: its first 48 bits are the time (RFC 9562, 5.7). */
export function firstIdAt(at: number): string {
  const hex = Math.max(0, Math.floor(at)).toString(16).padStart(12, "0");
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}`;
}

/** The time of a UUIDv7, milliseconds UTC. */
export function timeOfId(id: string): number {
  return Number.parseInt(id.slice(0, 8) + id.slice(9, 13), 16);
}

export function isId(value: string): boolean {
  return UUID.test(value);
}
