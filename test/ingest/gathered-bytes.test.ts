import { expect, test } from "bun:test";
import fc from "fast-check";
import { gatherBytes } from "../../src/ingest/gathered-bytes.ts";

const pieces = fc.array(fc.uint8Array({ maxLength: 40_000 }), { maxLength: 30 });

test("any chunks are joined exactly, within the memory that was announced", () => {
  fc.assert(
    fc.property(pieces, fc.boolean(), (given, isAnnounced) => {
      const whole = Buffer.concat(given);
      const most = isAnnounced ? whole.byteLength : 10_000_000;
      const bytes = gatherBytes(most);
      let memory = 0;
      for (const piece of given) {
        memory += bytes.growthFor(piece.byteLength);
        bytes.add(new Uint8Array(piece));
        expect(bytes.length()).toBeLessThanOrEqual(memory);
        expect(memory).toBeLessThanOrEqual(Math.max(2 * bytes.length(), 4 * 1024));
        if (isAnnounced) expect(memory).toBeLessThanOrEqual(most);
      }
      const body = bytes.take();
      expect(Buffer.compare(body, whole)).toBe(0);
      expect(body.buffer.byteLength).toBe(whole.byteLength);
    }),
  );
});

test("a chunk's memory is released at once, and the block's when it is dropped", () => {
  const bytes = gatherBytes(100);
  const piece = new Uint8Array([1, 2, 3]);
  bytes.add(piece);
  expect(piece.byteLength).toBe(0);
  bytes.drop();
  expect([bytes.length(), bytes.growthFor(0)]).toEqual([0, 0]);
});
