/** One line on a body: its first telling fields, from at most its first 4 KiB. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { PREVIEW_BYTES, previewOf } from "../../src/bodies/body-preview.ts";

function preview(
  body: string | Uint8Array,
  given: { contentType?: string; type?: string } = {},
): string | null {
  const bytes = Buffer.from(body);
  return previewOf(bytes.subarray(0, PREVIEW_BYTES), {
    contentType: given.contentType ?? "application/json",
    isCut: bytes.length > PREVIEW_BYTES,
    type: given.type ?? null,
  });
}

const ofJson = (value: unknown, type?: string) =>
  preview(JSON.stringify(value), type === undefined ? {} : { type });

describe("of JSON", () => {
  test("has the thing with its number, the amount with its currency, and its title or state", () => {
    expect(ofJson({ order: { id: 4711 }, amount: "120.00", currency: "EUR" })).toBe(
      "order 4711 · 120.00 EUR",
    );
    expect(ofJson({ order_id: "A-1", total: 3.5, currency: "eur", status: "paid" })).toBe(
      "order A-1 · 3.5 EUR · paid",
    );
    expect(ofJson({ orderNumber: 12, name: "#9999" })).toBe("order 12 · #9999");
    expect(ofJson({ id: "1f", note: true })).toBe("id 1f");
  });

  test("has the name of an amount that may be in cents", () => {
    const charge = { id: "ch_1", amount: 12000, currency: "usd", status: "succeeded" };
    const event = { id: "evt_1", type: "charge.succeeded", data: { object: charge } };
    expect(ofJson(event, "charge.succeeded")).toBe("id ch_1 · amount 12000 USD · succeeded");
  });

  test("is about the thing, not about who sent it or where it is", () => {
    const issue = { url: "https://example.com/1", id: 9, number: 1347, title: "Found a bug" };
    const event = { sender: { id: 3, login: "octo" }, repository: { id: 4 }, action: "opened", issue };
    expect(ofJson(event, "issues")).toBe("issue 1347 · Found a bug · opened");
  });

  test("has the first values where no name is known, the first of a list, and no literals", () => {
    expect(ofJson({ a: null, b: true, temperature: 21.5, place: "roof", c: 1 })).toBe(
      "temperature 21.5 · place roof",
    );
    expect(ofJson([{ id: 1 }, { number: 2 }])).toBe("id 1");
    expect(ofJson({ a: null, b: [], c: "" })).toBeNull();
    expect(ofJson(12)).toBeNull();
  });

  test("keeps every digit of a number", () => {
    expect(preview('{"id":9007199254740993000001}')).toBe("id 9007199254740993000001");
  });

  test("has no type that its row has already", () => {
    expect(ofJson({ status: "order.paid", x: 1 }, "order.paid")).toBe("x 1");
  });

  test("is made from the beginning of a longer body", () => {
    const long = `{"id":7,"text":"${"ä".repeat(3_000)}","number":8}`;
    expect(preview(long)).toBe("id 7");
    expect(preview(`{"a":{"b":"${"x".repeat(5_000)}`)).toBeNull();
  });

  test("ends where the body is not JSON", () => {
    expect(preview('{"id":1,oops')).toBe("id 1");
    for (const body of ["{", "[", '{"a"', '{"a":}', "{]", "}", "[".repeat(5_000), '{"a":'.repeat(900)]) {
      expect([body.slice(0, 9), preview(body)]).toEqual([body.slice(0, 9), null]);
    }
  });
});

test("of a form has its fields, and of a payload in it those of its JSON", () => {
  const contentType = "application/x-www-form-urlencoded";
  expect(preview("order%5Bid%5D=5&amount=12.00&currency=eur", { contentType })).toBe("order 5 · 12.00 EUR");
  expect(preview(`payload=${encodeURIComponent('{"pull_request":{"number":3}}')}`, { contentType })).toBe(
    "pull_request 3",
  );
  expect(preview("bad=%ff&id=1", { contentType })).toBe("id 1");
  expect(preview(`id=1&name=${"x".repeat(5_000)}`, { contentType })).toBe("id 1");
});

test("of plain text is its first line, and of anything else there is none", () => {
  expect(preview("Backup done\nin 5 s", { contentType: "text/plain; charset=utf-8" })).toBe("Backup done");
  expect(preview("<a>1</a>", { contentType: "application/xml" })).toBeNull();
  expect(preview(new Uint8Array([0x1f, 0x8b, 8, 0, 1]), { contentType: "application/json" })).toBeNull();
  expect(preview('{"id":1}\0', { contentType: "application/json" })).toBeNull();
  expect(preview("")).toBeNull();
});

test("is one short line without invisible characters, whatever the body", () => {
  expect(ofJson({ title: "a\n\u202eb\u0000\u200bc\tд", status: "x".repeat(250) })).toBe(
    `a b c д · ${"x".repeat(39)}…`,
  );
  expect(ofJson({ title: "\u200b\u202e", status: "paid" })).toBe("paid");
  const bodies = fc.oneof(
    fc.json({ maxDepth: 8 }),
    fc.object({ maxDepth: 4 }).map((value) => JSON.stringify(value)),
    fc.string({ unit: fc.constantFrom(...'{}[]",:\\u01tfn-.e ') }),
    fc.uint8Array().map((bytes) => Buffer.from(bytes).toString("latin1")),
  );
  fc.assert(
    fc.property(bodies, (body) => {
      const line = preview(body) ?? "x";
      expect(line).not.toMatch(/[\p{Cc}\p{Cf}\p{Cs}]|^\s*$/u);
      expect([...line].length).toBeLessThanOrEqual(3 * 81 + 6);
    }),
  );
});
