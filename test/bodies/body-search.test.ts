/** A search finds exactly the text that a body shows, however it is escaped, encoded and compressed. */
import { expect, test } from "bun:test";
import zlib from "node:zlib";
import fc from "fast-check";
import { BodySearch, type Shows } from "../../src/bodies/body-search.ts";
import { unpackShownNow } from "../../src/bodies/shown-text.ts";
import { pictureBody } from "../../src/dashboard/events/body/body-picture.ts";

type Sent = Readonly<{ body: Uint8Array; contentType: string; contentEncoding: string }>;

function shows(sent: Sent, text: string): Shows {
  const search = new BodySearch(text);
  const atOnce = search.tryAtOnce(sent.body, sent.contentType);
  const parts = search.search(sent.body, sent);
  for (;;) {
    const { done, value } = parts.next();
    if (!done) continue;
    // The fast path gives the same result, if it gives one.
    if (atOnce !== null) expect([atOnce, value]).toEqual([value === "yes", value]);
    return value;
  }
}

const plain = (text: string, contentType = "application/json"): Sent => ({
  body: Buffer.from(text),
  contentType,
  contentEncoding: "",
});

function utf16(text: string, options: { isBig: boolean; hasMark: boolean }): Uint8Array {
  const bytes = Buffer.from((options.hasMark ? "\ufeff" : "") + text, "utf16le");
  return options.isBig ? bytes.swap16() : bytes;
}

const CHARSETS: readonly ((text: string) => Pick<Sent, "body"> & { charset: string })[] = [
  (text) => ({ body: Buffer.from(text), charset: "" }),
  (text) => ({ body: Buffer.from(text), charset: "; charset=UTF-8" }),
  (text) => ({ body: Buffer.from(text, "latin1"), charset: "; charset=iso-8859-1" }),
  (text) => ({ body: Buffer.from(text, "latin1"), charset: '; charset="Windows-1252"' }),
  (text) => ({ body: utf16(text, { isBig: false, hasMark: true }), charset: "" }),
  (text) => ({ body: utf16(text, { isBig: true, hasMark: true }), charset: "; charset=utf-16" }),
  (text) => ({ body: utf16(text, { isBig: false, hasMark: false }), charset: "; charset=utf-16le" }),
  (text) => ({ body: utf16(text, { isBig: true, hasMark: false }), charset: "; charset=utf-16be" }),
  (text) => ({ body: utf16(text, { isBig: true, hasMark: false }), charset: "" }),
  (text) => ({ body: utf16(text, { isBig: false, hasMark: false }), charset: "" }),
];

const PACKINGS: readonly ((body: Uint8Array) => Pick<Sent, "body" | "contentEncoding">)[] = [
  (body) => ({ body, contentEncoding: "" }),
  (body) => ({ body, contentEncoding: "identity" }),
  (body) => ({ body: zlib.gzipSync(body), contentEncoding: "gzip" }),
  (body) => ({ body: zlib.deflateSync(body), contentEncoding: "deflate" }),
  (body) => ({ body: zlib.deflateRawSync(body), contentEncoding: "deflate" }),
  (body) => ({ body: zlib.brotliCompressSync(body), contentEncoding: "BR" }),
];

/** In Latin-1, without what could be an written or two pieces of JSON by chance. */
const words = fc.string({ unit: fc.constantFrom(..."abcXYZ09 éüÑ/-_."), minLength: 1, maxLength: 12 });

/** Writes a text into JSON as PHP, Python and browsers do. */
const ESCAPES: readonly ((text: string) => string)[] = [
  (text) => text,
  (text) => text.replaceAll("/", "\\/"),
  (text) => text.replace(/[^ -~]/g, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`),
  (text) =>
    text.replace(/./gsu, (char) =>
      [...char]
        .map((unit) => `\\u${unit.charCodeAt(0).toString(16).toUpperCase().padStart(4, "0")}`)
        .join(""),
    ),
];

const pick = <T>(from: readonly T[]) => fc.constantFrom(...from);

test("JSON is found by its strings in every charset, compression and form of escaping", () => {
  fc.assert(
    fc.property(
      ...[words, words, words, pick(ESCAPES), pick(CHARSETS), pick(PACKINGS)],
      (before, value, other, written, encode, pack) => {
        const { body, charset } = encode(`{"name":"${written(`<${before}${value}>`)}","n":[1,"x"]}`);
        const sent = { ...pack(body), contentType: `application/json${charset}` };
        expect(shows(sent, value)).toBe("yes");
        expect(shows(sent, `<${before}${value}>`)).toBe("yes");
        const shown = `{"name":"<${before}${value}>","n":[1,"x"]}`.toLowerCase();
        // Escapes themselves can be searched too, and compressed bytes can contain anything.
        if (!shown.includes(other.toLowerCase()) && other.length > 5) expect(shows(sent, other)).toBe("no");
      },
    ),
    { numRuns: 1_500 },
  );
});

test("forms are found by their fields, and no match spans two fields", () => {
  const written = (text: string) => [
    encodeURIComponent(text),
    new URLSearchParams([["", text]]).toString().slice(1),
  ];
  fc.assert(
    fc.property(words, words, fc.boolean(), pick(PACKINGS), (first, second, isPlus, pack) => {
      const [percent = "", plus = ""] = written(first);
      const [percent2 = "", plus2 = ""] = written(`{"a":"${second}"}`);
      const form = Buffer.from(
        isPlus ? `one=${plus}&payload=${plus2}` : `one=${percent}&payload=${percent2}`,
      );
      const sent = { ...pack(form), contentType: "application/x-www-form-urlencoded" };
      expect(shows(sent, first)).toBe("yes");
      expect(shows(sent, `{"a":"${second}"}`)).toBe("yes");
      expect(shows(sent, `"a": "${second}"`)).toBe("yes");
      expect(shows(sent, `${first}payload`)).toBe("no");
    }),
    { numRuns: 500 },
  );
});

test.each([
  ["a form in Latin-1", "city=Z%FCrich", "application/x-www-form-urlencoded; charset=iso-8859-1", "Zürich"],
  [
    "escaped JSON in a form",
    `payload=${encodeURIComponent('{"a":"Caf\\u00e9"}')}`,
    "application/x-www-form-urlencoded",
    "Café",
  ],
  ["a surrogate pair", '{"a":"\\ud83d\\ude00!"}', "application/json", "😀!"],
  ["JSON without a type", '  {"a":"Caf\\u00e9"}', "", "Café"],
  ["JSON that is broken off", '{"a":"Caf\\u00e9', "application/json", "Café"],
  ["what stands behind a NUL", "one\0two", "text/plain", "two"],
  ["escapes as they were sent", '{"a":"https:\\/\\/x"}', "application/json", "https:\\/\\/x"],
  ["a quote within a text", '{"a":"say \\"hi\\""}', "application/json", 'say "hi"'],
  ["a key and its value as the page lays them out", '{"a":"x","b":{"c":1}}', "application/json", '"b": {'],
  ["the same where they were sent with other space", '{"a" :  "x"}', "application/json", '"a": "x"'],
  ["the end of a line", '{"a" : 1 ,"b":2}', "application/json", "1,"],
])("%s is found", (_name, body, contentType, text) => {
  expect(shows(plain(body, contentType), text)).toBe("yes");
  expect(shows(plain(body, contentType), `${text}?`)).toBe("no");
});

test("non-ASCII letters match in their own case only", () => {
  expect(shows(plain('{"a":"CAF\\u00c9"}'), "cafÉ")).toBe("yes");
  expect(shows(plain('{"a":"CAF\\u00c9"}'), "café")).toBe("no");
});

test("a text that spans two parts of a large body is found, escaped or not", () => {
  const part = 256 * 1024;
  for (let at = part - 12; at < part + 3; at++) {
    const filler = "x".repeat(at);
    expect(shows(plain(`{"a":"${filler}Caf\\u00e9 noir"}`), "Café noir")).toBe("yes");
    expect(shows(plain(`${filler}needle`, "text/plain"), "needle")).toBe("yes");
  }
});

test("an unreadable body is reported as unknown, and is still searched as sent", () => {
  const big = zlib.gzipSync(Buffer.alloc(2 * 1024 * 1024, "a"));
  const bytes = Buffer.from([0xff, 0xfe, 0xfd, 0x41, 0x42, 0x43]);
  const cases: Sent[] = [
    { body: big, contentType: "", contentEncoding: "gzip" },
    { body: bytes, contentType: "", contentEncoding: "zstd" },
    { body: big.subarray(0, 100), contentType: "", contentEncoding: "gzip" },
    { body: bytes, contentType: "", contentEncoding: "br" },
    { body: bytes.subarray(2), contentType: "text/plain; charset=x-martian", contentEncoding: "" },
    {
      body: Buffer.alloc(9 * 1024 * 1024, 0xe4),
      contentType: "text/plain; charset=latin1",
      contentEncoding: "",
    },
  ];
  for (const sent of cases) expect(shows(sent, "needle")).toBe("unknown");
  expect(shows({ body: bytes, contentType: "", contentEncoding: "zstd" }, "abc")).toBe("yes");
});

test("binary data is searched as it is", () => {
  expect(
    shows({ body: Buffer.from([0x89, 0x50, 0xff]), contentType: "image/png", contentEncoding: "" }, "a"),
  ).toBe("no");
});

test("a large body is searched in parts, in the worst case too", () => {
  const body = Buffer.alloc(25 * 1024 * 1024, "a");
  const search = new BodySearch(`${"a".repeat(199)}b`);
  const parts = search.search(body, { contentType: "application/json", contentEncoding: "" });
  let count = 0;
  while (!parts.next().done) count++;
  expect(count).toBeGreaterThan(90);
});

test("the page and the search decompress and decode alike", () => {
  fc.assert(
    fc.property(words, pick(CHARSETS), pick(PACKINGS), (value, encode, pack) => {
      const { body, charset } = encode(`{"name":"<${value}>"}`);
      const { body: packed, contentEncoding } = pack(body);
      const unpacked = unpackShownNow(packed, contentEncoding);
      if ("fault" in unpacked) throw new Error(unpacked.fault);
      const contentType = `application/json${charset}`;
      const picture = pictureBody({ contentType, body: unpacked.bytes, maxChars: 10_000 });
      const shown = picture.kind === "json" ? picture.tokens.map(({ text }) => text).join("") : picture.kind;
      expect(shown).toContain(`"name": "<${value}>"`);
    }),
    { numRuns: 300 },
  );
});
