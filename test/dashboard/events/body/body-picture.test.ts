import { describe, expect, test } from "bun:test";
import { type BodyPicture, pictureBody } from "../../../../src/dashboard/events/body/body-picture.ts";
import { hexDump } from "../../../../src/dashboard/events/body/hex-dump.ts";

const bytes = (text: string) => new TextEncoder().encode(text);

function picture(body: string | Uint8Array, contentType = "application/json", maxChars = 10_000) {
  return pictureBody({ body: typeof body === "string" ? bytes(body) : body, contentType, maxChars });
}

function drawn(shown: BodyPicture): string {
  if (shown.kind !== "json") throw new Error(`not JSON but ${shown.kind}`);
  return shown.tokens.map(({ text }) => text).join("");
}

describe("JSON", () => {
  test("gets no more colours than a page may have elements, in one value or in many fields of a form", () => {
    const items = JSON.stringify(
      Array.from({ length: 10_000 }, (_, id) => ({ id })),
      null,
      2,
    );
    const shown = picture(items, "application/json", 10_000_000);
    expect(drawn(shown)).toBe(items);
    expect(shown.kind === "json" && shown.tokens.filter(({ kind }) => kind !== "plain").length).toBe(1_800);
    const values = Array.from(
      { length: 200 },
      (_, at) => `f${at}=${encodeURIComponent("[1,2,3,4,5,6,7,8,9,10,11,12]")}`,
    );
    const form = picture(values.join("&"), "application/x-www-form-urlencoded", 10_000_000);
    if (form.kind !== "form") throw new Error(`not a form but ${form.kind}`);
    const tokens = form.fields.flatMap(({ json }) => json ?? []);
    expect(tokens.filter(({ kind }) => kind !== "plain")).toHaveLength(1_800);
    expect(tokens.filter(({ text }) => text.includes("12"))).toHaveLength(200);
  });

  test("is laid out like a pretty printer does", () => {
    const value = { a: [1, { b: null }, [], {}], "c d": 'e\n"f"', g: [true, false], h: -1.5 };
    for (const spaces of [0, 1, 4]) {
      expect(drawn(picture(JSON.stringify(value, null, spaces)))).toBe(JSON.stringify(value, null, 2));
    }
  });

  test("distinguishes keys, strings, numbers and literals", () => {
    const shown = picture('{"k":"v","n":[1,true,null]}');
    expect(shown.kind === "json" && shown.tokens.filter(({ kind }) => kind !== "plain")).toEqual([
      { kind: "key", text: '"k"' },
      { kind: "string", text: '"v"' },
      { kind: "key", text: '"n"' },
      { kind: "number", text: "1" },
      { kind: "literal", text: "true" },
      { kind: "literal", text: "null" },
    ]);
  });

  test("keeps large numbers, digits, escapes and repeated keys as they were sent", () => {
    const shown = drawn(picture('{"id":9007199254740993,"price":1.10,"id":1e400,"s":"\\u00e9\\/"}'));
    expect(shown).toBe(
      '{\n  "id": 9007199254740993,\n  "price": 1.10,\n  "id": 1e400,\n  "s": "\\u00e9\\/"\n}',
    );
  });

  test("is recognised by its beginning if the content type does not declare it", () => {
    expect(picture(' [{"a":1}]', "text/plain").kind).toBe("json");
    expect(picture('{"a":1}', "").kind).toBe("json");
    expect(picture('"a"', "application/problem+json").kind).toBe("json");
  });

  test("that is broken is shown as text", () => {
    for (const body of ['{"a":', '{"a":1}}', '{"a" 1}', '{"a":tru}', "{a:1}", '{"a":"b']) {
      expect(picture(body)).toEqual({ kind: "text", text: body, isCut: false });
    }
  });

  test("over the limit is drawn up to it", () => {
    const body = JSON.stringify(Array.from({ length: 1_000 }, (_, index) => ({ index })));
    const shown = picture(body, "application/json", 500);
    expect(shown).toMatchObject({ kind: "json", isCut: true });
    expect(JSON.stringify(JSON.parse(body), null, 2)).toStartWith(drawn(shown));
    expect(drawn(shown).length).toBeLessThanOrEqual(500);
    expect(drawn(shown).length).toBeGreaterThan(100);
  });

  test("that exceeds the limit only when laid out is cut too", () => {
    const shown = picture("[".repeat(1_000) + "]".repeat(1_000), "application/json", 5_000);
    expect(shown).toMatchObject({ kind: "json", isCut: true });
    expect(drawn(shown).length).toBeLessThanOrEqual(5_000);
  });

  test("with a string of a megabyte is drawn", () => {
    const body = JSON.stringify({ a: '"\\'.repeat(500_000) });
    expect(drawn(picture(body, "application/json", 3_000_000))).toHaveLength(body.length + 5);
  });
});

describe("a form", () => {
  const type = "application/x-www-form-urlencoded";

  test("is its decoded fields in order, repeats kept", () => {
    expect(picture("a=1&b=%3Cb%3E+x&a=", type)).toEqual({
      kind: "form",
      isCut: false,
      fields: [
        { name: "a", value: "1", json: null },
        { name: "b", value: "<b> x", json: null },
        { name: "a", value: "", json: null },
      ],
    });
  });

  test("has JSON within a field laid out", () => {
    const shown = picture(`payload=${encodeURIComponent('{"action":"opened"}')}`, type);
    expect(shown.kind === "form" && shown.fields[0]?.json?.map(({ text }) => text).join("")).toBe(
      '{\n  "action": "opened"\n}',
    );
  });

  test("with very many fields is cut", () => {
    const shown = picture(new Array(300).fill("a=1").join("&"), type);
    expect(shown.kind === "form" && [shown.fields.length, shown.isCut]).toEqual([200, true]);
  });
});

describe("text", () => {
  test("keeps its line breaks, tabs and characters of every plane", () => {
    const text = "a\tb\r\n\u{1f600} é";
    expect(picture(text, "text/plain")).toEqual({ kind: "text", text, isCut: false });
  });

  test("is decoded by its charset, and as UTF-8 if that is unknown", () => {
    const latin1 = new Uint8Array([0x63, 0xe9]);
    expect(picture(latin1, "text/plain; charset=iso-8859-1")).toMatchObject({ text: "cé" });
    expect(picture("cé", "text/plain; charset=klingon")).toMatchObject({ text: "cé" });
  });

  test("cut within a character omits that character", () => {
    expect(picture("aé", "text/plain", 2)).toEqual({ kind: "text", text: "a", isCut: true });
  });
});

describe("bytes that are no text", () => {
  test("are dumped, whatever their content type", () => {
    for (const body of [new Uint8Array([0xff, 0xfe, 0x41]), new Uint8Array([0x41, 0])]) {
      expect(picture(body, "application/json").kind).toBe("hex");
      expect(picture(body, "text/html").kind).toBe("hex");
    }
  });

  test("are shown as offset, sixteen bytes and characters", () => {
    expect(hexDump(Uint8Array.from({ length: 18 }, (_, index) => index + 0x38))).toBe(
      [
        "00000000  38 39 3a 3b 3c 3d 3e 3f  40 41 42 43 44 45 46 47  89:;<=>?@ABCDEFG",
        "00000010  48 49                                             HI",
      ].join("\n"),
    );
    expect(hexDump(new Uint8Array([0x00, 0x7f, 0x20, 0xe9]))).toEndWith(".. .");
  });

  test("over the limit are cut", () => {
    const shown = picture(new Uint8Array(10_000), "", 800);
    expect(shown.kind === "hex" && shown.isCut && shown.dump.split("\n").length).toBe(10);
  });
});

test("no body has its own kind", () => {
  expect(picture("")).toEqual({ kind: "empty" });
});
