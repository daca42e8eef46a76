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

export function isId(value: string): boolean {
  return UUID.test(value);
}
