/**
 * One record of the log: what a node did in one turn of its event loop, for one shard.
 *
 * `[u32 length of the head, big-endian][head as JSON][bodies, one after another]`. The head is
 * `{ v, node, epoch?, entries }`; `entries` is plain data, in which `bytes-in-json.ts` stands in for each Uint8Array.
 * `v` is the format that a reader has to know (`formats.ts`): one that does not must not apply the record, nor any after it.
 */
import { z } from "zod";
import { NotPlain, type PlainData, putBytes, takeBytes } from "./bytes-in-json.ts";
import { FORMATS } from "./formats.ts";
import { DamagedRecord, NewerRecord } from "./unreadable.ts";

export type LogRecord<Entry = PlainData> = Readonly<{
  /** The node that wrote it. */
  node: string;
  /** Epoch of the ownership under which it was written; left out where none is needed. */
  epoch?: number;
  entries: readonly Entry[];
}>;

const LENGTH_BYTES = 4;
const encoder = new TextEncoder();
const decoder = new TextDecoder("utf-8", { fatal: true });

const versioned = z.object({ v: z.int().positive() });
const headSchema = z.object({
  node: z.string().min(1).max(255),
  epoch: z.int().nonnegative().optional(),
  entries: z.array(z.unknown()),
});

/** `format`: that of the entries. Throws NotPlain for entries that are not plain data. */
export function encodeRecord(record: LogRecord, format = 1): Uint8Array {
  const bodies: Uint8Array[] = [];
  const { node, epoch, entries } = record;
  const head = encoder.encode(
    JSON.stringify({ v: format, node, epoch, entries: takeBytes(entries, bodies) }),
  );
  const start = LENGTH_BYTES + head.byteLength;
  const bytes = new Uint8Array(bodies.reduce((sum, body) => sum + body.byteLength, start));
  new DataView(bytes.buffer).setUint32(0, head.byteLength);
  bytes.set(head, LENGTH_BYTES);
  let at = start;
  for (const body of bodies) {
    bytes.set(body, at);
    at += body.byteLength;
  }
  return bytes;
}

/** Bodies are views of `bytes`, not copies. Throws NewerRecord, or DamagedRecord for all else that is wrong. */
export function decodeRecord(bytes: Uint8Array): LogRecord<unknown> {
  const { head, end } = readHead(bytes);
  const version = versioned.safeParse(head);
  if (!version.success) throw new DamagedRecord("The record's head has no version.");
  const { v } = version.data;
  if (v > FORMATS.newest)
    throw new NewerRecord(`The record has format ${v}; this program reads up to ${FORMATS.newest}.`);
  const parsed = headSchema.safeParse(head);
  if (!parsed.success) throw new DamagedRecord("The record's head is not complete.", { cause: parsed.error });
  let at = end;
  const entries = putAll(parsed.data.entries, (length) => {
    if (at + length > bytes.byteLength) throw new DamagedRecord("The record ends within a body.");
    at += length;
    return bytes.subarray(at - length, at);
  });
  if (at !== bytes.byteLength) throw new DamagedRecord("The record goes on after its last body.");
  const { node, epoch } = parsed.data;
  return epoch === undefined ? { node, entries } : { node, epoch, entries };
}

function readHead(bytes: Uint8Array): { head: unknown; end: number } {
  if (bytes.byteLength < LENGTH_BYTES) throw new DamagedRecord("The record is shorter than its first field.");
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0);
  const end = LENGTH_BYTES + length;
  if (end > bytes.byteLength) throw new DamagedRecord("The record ends within its head.");
  try {
    const head: unknown = JSON.parse(decoder.decode(bytes.subarray(LENGTH_BYTES, end)));
    return { head, end };
  } catch (error) {
    throw new DamagedRecord("The record's head is not JSON.", { cause: error });
  }
}

function putAll(entries: readonly unknown[], next: (length: number) => Uint8Array): readonly unknown[] {
  try {
    return entries.map((entry) => putBytes(entry, next));
  } catch (error) {
    if (!(error instanceof NotPlain)) throw error;
    throw new DamagedRecord(`The record's entries are not as written. ${error.message}`, { cause: error });
  }
}
