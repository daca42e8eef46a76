/** Publishes messages to a stream, one or an atomic batch of them, and reads what JetStream answers. */
import type { Msg, MsgHdrs } from "@nats-io/transport-node";
import { z } from "zod";
import type { Connection } from "./connection.ts";
import { Refusal } from "./requests.ts";

/** Error codes of JetStream: `server/errors.json` in its sources. */
export const CODES = {
  storeFailed: 10_077,
  wrongLastSequence: 10_071,
  wrongLastSequenceInProcess: 10_164,
} as const;

const FINAL_CODES = new Set<number>([CODES.wrongLastSequence, CODES.wrongLastSequenceInProcess]);
const FULL = "maximum bytes exceeded";

/** Set on the message that is the record, or that completes it: JetStream stores no second one within two minutes. */
export const ID = "Nats-Msg-Id";
const EXPECTED_SUBJECT_SEQUENCE = "Nats-Expected-Last-Subject-Sequence";
const EXPECTED_SEQUENCE = "Nats-Expected-Last-Sequence";
/** "2/5": the second of five messages of one record. */
export const PART = "Webhooker-Part";

/** Messages up to this size are quick to replicate, and small enough for servers with the default limit of 1 MiB. */
export const PART_BYTES = 512 * 1024;
/** Parts are sent without waiting for each, so that the distance costs little, but not so many that pings get stuck. */
const PARTS_PER_ANSWER = 4;

const answerSchema = z.object({
  /** Zero beside an error. */
  seq: z.int().nonnegative().default(0),
  error: z.object({ err_code: z.number().default(0), description: z.string().default("") }).optional(),
});

export type Publisher = Readonly<{
  /** Resolves with the message's sequence, or that of the one that already has the id. */
  one: (message: {
    subject: string;
    id: string;
    data: Uint8Array;
    timeoutMs: number;
    /** Publishes only if the subject's last message has this sequence; zero if there must be none. */
    lastOfSubject?: number;
  }) => Promise<number>;
  /** Stores all parts one after another, or none. Resolves with the sequence of the last. */
  parts: (message: { subject: string; id: string; data: Uint8Array; timeoutMs: number }) => Promise<number>;
}>;

/** Refusals are errors that a repetition would get again; anything else may be tried again under the same id. */
export function createPublisher(connection: Connection, newHeaders: () => MsgHdrs): Publisher {
  function headersOf(fields: Readonly<Record<string, string | number>>): MsgHdrs {
    const headers = newHeaders();
    for (const [name, value] of Object.entries(fields)) headers.set(name, String(value));
    return headers;
  }

  async function send(
    message: { subject: string; data: Uint8Array; timeoutMs: number },
    fields: Readonly<Record<string, string | number>>,
  ): Promise<number> {
    const { subject, data, timeoutMs } = message;
    return sequenceIn(await connection.request(subject, data, { timeoutMs, headers: headersOf(fields) }));
  }

  /** Returns the sequence of the message with that id, without storing anything; null if there is none. */
  async function find(subject: string, id: string, timeoutMs: number): Promise<number | null> {
    try {
      // Duplicates are found before that expectation is checked, which no message can meet.
      const fields = { [ID]: id, [EXPECTED_SEQUENCE]: Number.MAX_SAFE_INTEGER };
      return await send({ subject, data: new Uint8Array(), timeoutMs }, fields);
    } catch (error) {
      if (error instanceof Refusal && error.code === CODES.wrongLastSequence) return null;
      throw error;
    }
  }

  async function sendParts({
    subject,
    id,
    data,
    timeoutMs,
  }: Parameters<Publisher["parts"]>[0]): Promise<number> {
    const count = Math.ceil(data.byteLength / PART_BYTES);
    // An earlier attempt's batch may still be open under another name.
    const batch = crypto.randomUUID();
    for (let part = 1; ; part++) {
      const slice = data.subarray((part - 1) * PART_BYTES, part * PART_BYTES);
      const fields = { "Nats-Batch-Id": batch, "Nats-Batch-Sequence": part, [PART]: `${part}/${count}` };
      const message = { subject, data: slice, timeoutMs };
      if (part === count) return send(message, { ...fields, "Nats-Batch-Commit": 1, [ID]: id });
      const headers = headersOf(fields);
      // JetStream answers with nothing once it has a part, or with an error.
      if (part % PARTS_PER_ANSWER === 1)
        check(await connection.request(subject, slice, { timeoutMs, headers }));
      else if (connection.isConnected()) connection.nats.publish(subject, slice, { headers });
    }
  }

  return {
    one: ({ id, lastOfSubject, ...message }) =>
      send(message, {
        [ID]: id,
        ...(lastOfSubject === undefined ? {} : { [EXPECTED_SUBJECT_SEQUENCE]: lastOfSubject }),
      }),
    async parts(message) {
      const { subject, id, timeoutMs } = message;
      // Only the last part has the id; a full log would refuse the first one of a record that it has.
      return (await find(subject, id, timeoutMs)) ?? sendParts(message);
    },
  };
}

function sequenceIn(answer: Msg): number {
  const { seq } = check(answer);
  if (seq === 0) throw new Error("JetStream acknowledged without a position.");
  return seq;
}

function check(answer: Msg): z.output<typeof answerSchema> {
  const parsed = answerSchema.parse(answer.data.byteLength === 0 ? {} : answer.json());
  const { error } = parsed;
  if (error === undefined) return parsed;
  const { err_code: code, description } = error;
  if (FINAL_CODES.has(code) || isFull(code, description)) throw new Refusal(code, description);
  throw new Error(`JetStream answered: ${description} (${code}).`);
}

function isFull(code: number, description: string): boolean {
  return code === CODES.storeFailed && description.includes(FULL);
}
