/** Makes log entries of a stream's messages: joins the parts of large records, and reads claims. */
import type { LogEntry } from "../event-log.ts";
import { readClaim } from "./claims.ts";
import { claimedPartition } from "./names.ts";

export type StreamMessage = Readonly<{
  sequence: number;
  subject: string;
  data: Uint8Array;
  id: string;
  /** "2/5"; empty for a whole record. */
  part: string;
}>;

/** A server's copy cannot be as it was written: JetStream stores all parts of a record side by side, or none. */
export class DamagedCopy extends Error {
  override readonly name = "DamagedCopy";
  readonly position: number;

  constructor(position: number, message: string) {
    super(message);
    this.position = position;
  }
}

export type Joiner = Readonly<{
  /** Takes the stream's messages in order. Returns the entry that this one completes; null within a record of parts. */
  add: (message: StreamMessage) => LogEntry | null;
}>;

const PART = /^(\d{1,4})\/(\d{1,4})$/;

/** Begins at the beginning of an entry. */
export function createJoiner(): Joiner {
  let parts: Uint8Array[] = [];
  let count = 0;

  function addPart({ sequence, data, id, part }: StreamMessage): LogEntry | null {
    const [, number = "0", of = "0"] = PART.exec(part) ?? [];
    if (parts.length === 0) count = Number(of);
    if (Number(of) !== count || Number(number) !== parts.length + 1 || Number(number) > count) {
      throw new DamagedCopy(sequence, `part ${part} follows ${parts.length} of ${count}`);
    }
    parts.push(data);
    if (parts.length < count) return null;
    const bytes = Buffer.concat(parts);
    parts = [];
    return { kind: "record", position: sequence, id, bytes };
  }

  return {
    add(message) {
      const { sequence, subject, data, id, part } = message;
      if (part !== "") return addPart(message);
      if (parts.length > 0)
        throw new DamagedCopy(sequence, `a record ends after ${parts.length} of ${count} parts`);
      const partition = claimedPartition(subject);
      if (partition === null) return { kind: "record", position: sequence, id, bytes: data };
      const { node, epoch } = claimIn(sequence, data);
      return { kind: "claim", position: sequence, partition, owner: { node, epoch, position: sequence } };
    },
  };
}

function claimIn(sequence: number, data: Uint8Array): ReturnType<typeof readClaim> {
  try {
    return readClaim(data);
  } catch {
    throw new DamagedCopy(sequence, "it is no claim");
  }
}
