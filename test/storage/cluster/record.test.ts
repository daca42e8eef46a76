import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { NotPlain, type PlainData } from "../../../src/storage/cluster/bytes-in-json.ts";
import { FORMATS } from "../../../src/storage/cluster/formats.ts";
import { decodeRecord, encodeRecord } from "../../../src/storage/cluster/record.ts";
import { DamagedRecord, NewerRecord } from "../../../src/storage/cluster/unreadable.ts";
import { thrownBy } from "../../support/thrown.ts";

const text = new TextEncoder();

/** Keys that could be taken for a marker, or for the prototype. */
const keys = fc.oneof(
  fc.string(),
  fc.constantFrom("$", "$bytes", "$$bytes", "$$$bytes", "$b", "__proto__", "7", "constructor"),
);

const { data: plainData } = fc.letrec<{ data: PlainData }>((tie) => ({
  data: fc.oneof(
    { maxDepth: 5 },
    fc.constant(null),
    fc.boolean(),
    fc.string({ unit: "binary" }),
    // JSON has no negative zero.
    fc.double({ noNaN: true, noDefaultInfinity: true }).map((number) => number + 0),
    fc.uint8Array({ maxLength: 50 }),
    fc.array(tie("data"), { maxLength: 5 }),
    fc.array(fc.tuple(keys, tie("data")), { maxLength: 5 }).map((pairs) => Object.fromEntries(pairs)),
  ),
}));

const records = fc.record(
  {
    node: fc.string({ minLength: 1, maxLength: 255 }),
    epoch: fc.nat(),
    entries: fc.array(plainData, { maxLength: 6 }),
  },
  { requiredKeys: ["node", "entries"] },
);

function withHead(head: unknown, ...bodies: number[]): Uint8Array {
  const json = text.encode(typeof head === "string" ? head : JSON.stringify(head));
  const bytes = new Uint8Array(4 + json.byteLength + bodies.length);
  new DataView(bytes.buffer).setUint32(0, json.byteLength);
  bytes.set(json, 4);
  bytes.set(bodies, 4 + json.byteLength);
  return bytes;
}

const entriesOf = (entries: unknown, ...bodies: number[]) =>
  withHead({ v: 1, node: "a", entries }, ...bodies);

describe("a record", () => {
  test("comes back as it was, with bytes at any place and keys of any name", () => {
    fc.assert(
      fc.property(records, (record) => {
        expect(decodeRecord(encodeRecord(record))).toEqual(record);
      }),
      { numRuns: 2_000 },
    );
  });

  test("reads the same from the middle of other bytes", () => {
    const record = { node: "a", epoch: 3, entries: [{ body: new Uint8Array([1, 2]) }, new Uint8Array([3])] };
    const bytes = encodeRecord(record);
    const around = new Uint8Array(bytes.byteLength + 20);
    around.set(bytes, 7);
    expect(decodeRecord(around.subarray(7, 7 + bytes.byteLength))).toEqual(record);
  });

  test("keeps data that looks like a marker apart from bytes", () => {
    const entries = [{ $bytes: 2 }, { $$bytes: 2 }, { a: new Uint8Array([9, 9]), $bytes: 1 }];
    expect(decodeRecord(encodeRecord({ node: "a", entries })).entries).toEqual(entries);
  });

  test("keeps a property called __proto__ a property", () => {
    const entry = JSON.parse('{"__proto__":{"admin":true}}');
    const [read] = decodeRecord(encodeRecord({ node: "a", entries: [entry] })).entries;
    expect(JSON.stringify(read)).toBe('{"__proto__":{"admin":true}}');
  });

  test("leaves out properties that are undefined", () => {
    const read = decodeRecord(encodeRecord({ node: "a", entries: [{ a: 1, b: undefined }] }));
    expect(read).toStrictEqual({ node: "a", entries: [{ a: 1 }] });
  });

  test("of 25 MiB in one body comes back", () => {
    const body = new Uint8Array(25 * 1024 * 1024).fill(7);
    body[body.length - 1] = 8;
    const [read] = decodeRecord(encodeRecord({ node: "a", entries: [body] })).entries;
    expect(read instanceof Uint8Array && Buffer.compare(read, body) === 0).toBe(true);
  });
});

describe("data that JSON would change in silence", () => {
  const deep = (levels: number): PlainData => (levels === 0 ? 1 : [deep(levels - 1)]);
  const faulty: readonly (readonly [string, unknown])[] = [
    ["a date", new Date(0)],
    ["a map", new Map([["a", 1]])],
    ["a number that is none", Number.NaN],
    ["an infinite number", Number.POSITIVE_INFINITY],
    ["a big integer", 1n],
    ["a function", () => 1],
    ["an undefined item", [undefined]],
    ["other typed arrays", new Uint16Array(2)],
    ["more than 100 levels", deep(101)],
  ];
  for (const [name, value] of faulty) {
    test(`is refused when it is written: ${name}`, () => {
      // The types refuse most of these too.
      expect(() => encodeRecord({ node: "a", entries: [value as PlainData] })).toThrow(NotPlain);
    });
  }
});

describe("bytes that are no record", () => {
  test("are refused wherever a record is cut off, and where something follows it", () => {
    fc.assert(
      fc.property(records, fc.nat(), (record, place) => {
        const bytes = encodeRecord(record);
        const length = place % bytes.byteLength;
        expect(() => decodeRecord(bytes.subarray(0, length))).toThrow(DamagedRecord);
        expect(() => decodeRecord(new Uint8Array([...bytes, 0]))).toThrow(DamagedRecord);
      }),
    );
  });

  test("are refused in one of the two ways, whatever they are", () => {
    const check = (bytes: Uint8Array) => {
      try {
        decodeRecord(bytes);
      } catch (error) {
        if (!(error instanceof DamagedRecord) && !(error instanceof NewerRecord)) throw error;
      }
    };
    fc.assert(fc.property(fc.uint8Array({ maxLength: 200 }), check));
    fc.assert(fc.property(fc.json(), (json) => check(withHead(json))));
    fc.assert(fc.property(fc.jsonValue(), (entries) => check(entriesOf(entries))));
    fc.assert(
      fc.property(records, fc.nat(), fc.nat({ max: 255 }), (record, place, byte) => {
        const bytes = encodeRecord(record);
        bytes[place % bytes.byteLength] = byte;
        check(bytes);
      }),
    );
  });

  test.each([
    ["a head that is no object", withHead("7")],
    ["no version", withHead({ node: "a", entries: [] })],
    ["a version below one", withHead({ v: 0, node: "a", entries: [] })],
    ["no node", withHead({ v: 1, entries: [] })],
    ["an epoch below zero", withHead({ v: 1, node: "a", epoch: -1, entries: [] })],
    ["entries that are no list", entriesOf({})],
    ["a marker beyond the bodies", entriesOf([{ $bytes: 3 }], 1, 2)],
    ["a body without a marker", entriesOf([], 1)],
    ["a negative length", entriesOf([{ $bytes: -1 }])],
    ["a length that is no integer", entriesOf([{ $bytes: 0.5 }])],
    ["a marker beside other keys", entriesOf([{ $bytes: 0, a: 1 }])],
    ["a key that was not escaped", entriesOf([{ $other: 0 }])],
    ["a length that reaches beyond all memory", entriesOf([{ $bytes: Number.MAX_SAFE_INTEGER }])],
    ["100,000 levels", withHead(`{"v":1,"node":"a","entries":${"[".repeat(1e5)}${"]".repeat(1e5)}}`)],
  ])("are refused as damaged: %s", (_name, bytes) => {
    expect(() => decodeRecord(bytes)).toThrow(DamagedRecord);
  });

  test("of a later version are told apart from damaged ones, whatever the rest of the head is", async () => {
    const { newest } = FORMATS;
    const error = await thrownBy(() => decodeRecord(withHead({ v: newest + 1, lists: {} })));
    expect(error).toBeInstanceOf(NewerRecord);
    expect(error).toMatchObject({
      message: `The record has format ${newest + 1}; this program reads up to ${newest}.`,
    });
  });
});
