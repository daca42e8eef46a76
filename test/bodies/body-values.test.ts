import { describe, expect, test } from "bun:test";
import { brotliCompressSync, deflateRawSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { unpackAhead } from "../../src/bodies/body-content.ts";
import { type BodyValue, bodyValuesOf, forgetValues } from "../../src/bodies/body-values.ts";

const FORM = "application/x-www-form-urlencoded";

type Said = Readonly<{ type?: string; encoding?: string }>;

function valuesOf(body: string | Uint8Array, { type = "application/json", encoding = "" }: Said = {}) {
  return bodyValuesOf(new Uint8Array(Buffer.from(body)), () => ({
    contentType: type,
    contentEncoding: encoding,
  }));
}

function at(body: string | Uint8Array, path: string, said?: Said): BodyValue | null {
  return valuesOf(body, said).at(path);
}

const text = (value: string) => ({ kind: "text", text: value }) as const;

describe("a JSON body", () => {
  test("is read with any content type, with a byte order mark, and in its charset", () => {
    for (const type of ["", "text/plain", "application/vnd.x+json", FORM])
      expect(at('{"id":"1"}', "id", { type })).toEqual(text("1"));
    expect(at('\ufeff{"id":"é"}', "id")).toEqual(text("é"));
    expect(
      at(Buffer.from('{"id":"é"}', "latin1"), "id", { type: "application/json; charset=ISO-8859-1" }),
    ).toEqual(text("é"));
    expect(at(Buffer.from('{"id":"é"}', "utf16le"), "id", { type: 'text/json;charset="utf-16"' })).toEqual(
      text("é"),
    );
  });

  test("is read in the charset of its byte order mark, or of the zero bytes of UTF-16, as its page shows it", () => {
    const utf16 = (json: string, isBig: boolean) => {
      const bytes = Buffer.from(json, "utf16le");
      return isBig ? bytes.swap16() : bytes;
    };
    const json = '{"id":"é"}';
    for (const isBig of [false, true])
      for (const mark of ["", "\ufeff"])
        for (const type of ["application/json", "application/json; charset=utf-16"])
          expect([isBig, mark, type, at(utf16(mark + json, isBig), "id", { type })]).toEqual([
            isBig,
            mark,
            type,
            text("é"),
          ]);
    expect(at(`\ufeff${json}`, "id", { type: "application/json; charset=iso-8859-1" })).toEqual(text("é"));
  });

  test("is read in a charset that its sender spells in another way", () => {
    const latin1 = Buffer.from('{"id":"é"}', "latin1");
    for (const charset of ["latin-1", "iso_8859-1", "ISO8859-1", "cp1252", "x-cp1252", "'iso-8859-1'"])
      expect([charset, at(latin1, "id", { type: `text/json; charset = ${charset}` })]).toEqual([
        charset,
        text("é"),
      ]);
    const kana = Buffer.from([...Buffer.from('{"id":"'), 0x82, 0xa0, ...Buffer.from('"}')]);
    for (const charset of ["Shift_JIS", "shift-jis", "Windows-31J"])
      expect([charset, at(kana, "id", { type: `text/json; charset=${charset}` })]).toEqual([
        charset,
        text("あ"),
      ]);
  });

  test("that is not text, not JSON, too deep or too large has no values, and gives the reason", () => {
    const bodies: [string | Uint8Array, string][] = [
      [Buffer.from('{"id":"é"}', "latin1"), "The body is not valid UTF-8."],
      ['{"id":1', "The body is not valid JSON."],
      ['{"id":1} x', "The body is not valid JSON."],
      [`{"id":${"[".repeat(200)}${"]".repeat(200)}}`, "The JSON is nested deeper than 128 levels."],
      [`{"id":"${"x".repeat(1024 * 1024)}"}`, "The body is larger than 1 MiB."],
      [`{"id":[${"0,".repeat(200_000)}0]}`, "The JSON has more than 200,000 names and values."],
    ];
    for (const [body, why] of bodies) {
      expect(at(body, "id")).toEqual({ kind: "unreadable", why });
      expect(valuesOf(body).fault()).toBe(why);
    }
    expect([at("", "id"), valuesOf("").fault()]).toEqual([null, null]);
  });

  test("of 1 MiB is read, and one byte more is not", () => {
    const body = `{"id":1,"fill":"${"x".repeat(1024 * 1024 - 18)}"}`;
    expect(at(body, "id")?.kind).toBe("number");
    expect(at(`${body} `, "id")?.kind).toBe("unreadable");
  });

  test("of 512 KiB is read in other charsets, and one byte more is not", () => {
    const body = `{"id":1,"fill":"${"x".repeat(512 * 1024 - 18)}"}`;
    const read = (text: string) => at(text, "id", { type: "application/json; charset=windows-1252" });
    expect(read(body)?.kind).toBe("number");
    const why = "The body is larger than 512 KiB, and WINDOWS-1252 instead of UTF-8.";
    expect(read(`${body} `)).toEqual({ kind: "unreadable", why });
  });

  test("gives a text of 512 KiB as it is written, and no longer one", () => {
    const body = (length: number) => `{"fill":"${"x".repeat(300_000)}","id":"${"\\n".repeat(length / 2)}"}`;
    expect(at(body(512 * 1024), "id")).toEqual(text("\n".repeat(256 * 1024)));
    const why = "The text at “id” is longer than 512 KiB.";
    expect(at(body(512 * 1024 + 2), "id")).toEqual({ kind: "unreadable", why });
  });

  test("has no text with half a character, because two such texts would be stored as one", () => {
    expect(at('{"id":"\\ud83d","b":1}', "id")).toEqual({
      kind: "unreadable",
      why: "The text at “id” is not valid Unicode.",
    });
    expect(at('{"id":"\\ud83d","b":1}', "b")?.kind).toBe("number");
  });
});

test("a body is read once, until what was read of it is forgotten", () => {
  const body = new TextEncoder().encode('{"id":1}');
  const readHead = () => ({ contentType: "application/json", contentEncoding: "" });
  const values = bodyValuesOf(body, readHead);
  expect(values.at("id")).toEqual({ kind: "number", text: "1" });
  expect(bodyValuesOf(body, readHead)).toBe(values);
  forgetValues(body);
  expect(bodyValuesOf(body, readHead)).not.toBe(values);
});

describe("a form", () => {
  test("has the same fields as URLSearchParams, with the last of repeated ones", () => {
    const part = fc.oneof(
      fc.string({ unit: "binary", maxLength: 8 }),
      fc.constantFrom("a", "%", "%4", "+", "=", "&"),
    );
    fc.assert(
      fc.property(fc.array(fc.tuple(part, part), { maxLength: 6 }), fc.boolean(), (pairs, encodes) => {
        const form = encodes
          ? new URLSearchParams(
              pairs.map(([name, value]): [string, string] => [name.toWellFormed(), value.toWellFormed()]),
            ).toString()
          : pairs.map(([name, value]) => `${name}=${value}`.toWellFormed()).join("&");
        const right = new Map(new URLSearchParams(form));
        for (const [name, value] of right) {
          if (name.includes("\ufffd") || value.includes("\ufffd") || /^[{[]/.test(form)) continue;
          expect([form, name, at(form, name, { type: FORM })]).toEqual([form, name, text(value)]);
        }
      }),
    );
  });

  test("gives values from the JSON in its field payload, if no field has the whole name", () => {
    const payload = encodeURIComponent('{"action":"opened","number":1610521604143693813,"a":{"b":["x"]}}');
    const find = (path: string, form = `payload=${payload}`) => at(form, path, { type: FORM });
    expect(find("action")).toEqual(text("opened"));
    expect(find("number")).toEqual({ kind: "number", text: "1610521604143693813" });
    expect(find("a.b.0")).toEqual(text("x"));
    expect(find("action", `payload=${payload}&action=own`)).toEqual(text("own"));
    expect(find("data[id]", "data[id]=7")).toEqual(text("7"));
    expect([find("x", "payload=no+JSON"), find("x", "payload=[")]).toEqual([null, null]);
    expect(find("x", `payload=${"[".repeat(200)}`)?.kind).toBe("unreadable");
  });

  test("keeps a field with invalid bytes apart from all others", () => {
    const said = { type: FORM };
    expect(at("name=Jos%E9&id=7", "name", said)).toEqual({
      kind: "unreadable",
      why: "The form field “name” is not valid text.",
    });
    expect(at("name=Jos%E9&id=7", "id", said)).toEqual(text("7"));
    expect(at("name=Jos%E9", "name", { type: `${FORM}; charset=windows-1252` })).toEqual(text("José"));
  });

  test("is not read beyond 256 KiB or 1,000 fields, whatever its separators", () => {
    const fields = (count: number) =>
      Array.from({ length: count }, (_, place) => `f${place}=${place}`).join("&");
    expect(at(fields(1_000), "f999", { type: FORM })).toEqual(text("999"));
    expect(valuesOf(fields(1_001), { type: FORM }).fault()).toBe(
      "The body is a form of more than 1,000 fields.",
    );
    expect(valuesOf(`a=${"x".repeat(256 * 1024)}`, { type: FORM }).fault()).toBe(
      "The body is a form larger than 256 KiB.",
    );
    expect(at(`${"&".repeat(200_000)}a=1`, "a", { type: FORM })).toEqual(text("1"));
  });
});

describe("a compressed body", () => {
  const json = '{"id":"evt_1"}';
  const packed: [string, Uint8Array][] = [
    ["gzip", gzipSync(json)],
    ["X-Gzip", gzipSync(json)],
    ["deflate", deflateSync(json)],
    ["deflate", deflateRawSync(json)],
    [" BR ", brotliCompressSync(json)],
  ];

  test("is read as its decompressed content, decompressed in advance or not", async () => {
    for (const [encoding, bytes] of packed) {
      expect(at(bytes, "id", { encoding })).toEqual(text("evt_1"));
      const body = new Uint8Array(bytes);
      const head = { contentType: "", contentEncoding: encoding };
      await unpackAhead(body, head);
      expect(unpackAhead(body, head)).toBeNull();
      expect(bodyValuesOf(body, () => head).at("id")).toEqual(text("evt_1"));
    }
    expect(at(json, "id", { encoding: "identity" })).toEqual(text("evt_1"));
    expect(unpackAhead(Buffer.from(json), { contentType: "", contentEncoding: "identity" })).toBeNull();
  });

  test("that is invalid, decompresses to more than 1 MiB, or has an unknown encoding gives the reason", async () => {
    const zeros = Buffer.alloc(1024 * 1024 + 1, "0");
    const bodies: [string, Uint8Array, string][] = [
      ["gzip", gzipSync(json).subarray(0, 20), "The body is not valid gzip, as its Content-Encoding says."],
      ["br", Buffer.from("é"), "The body is not valid br, as its Content-Encoding says."],
      ["gzip", gzipSync(zeros), "The body decompresses to more than 1 MiB."],
      ["br", brotliCompressSync(zeros), "The body decompresses to more than 1 MiB."],
      ["deflate", deflateSync(zeros), "The body decompresses to more than 1 MiB."],
      ["br", Buffer.concat([zeros, Buffer.from("é")]), "The compressed body is larger than 1 MiB."],
      ["gzip, gzip", gzipSync(gzipSync(json)), "The Content-Encoding “gzip, gzip” is not supported."],
      ["zstd", Bun.zstdCompressSync(json), "The Content-Encoding “zstd” is not supported."],
    ];
    for (const [encoding, bytes, why] of bodies) {
      expect([encoding, valuesOf(bytes, { encoding }).fault()]).toEqual([encoding, why]);
      const body = new Uint8Array(bytes);
      const head = { contentType: "", contentEncoding: encoding };
      await unpackAhead(body, head);
      expect([encoding, bodyValuesOf(body, () => head).fault()]).toEqual([encoding, why]);
    }
  });

  test("is read as it is if nothing is compressed, whatever its Content-Encoding says", () => {
    const accented = '{"id":"evt_1","name":"é"}';
    for (const [encoding, body] of [
      ["utf-8", accented],
      ["UTF-8", accented],
      ["none", accented],
      ["aws-chunked", accented],
      ["application/json", accented],
      ["identity, utf-8", accented],
      ["gzip", accented],
      ["gzip", json],
      ["br", json],
      ["zstd", json],
    ] as const) {
      expect([encoding, at(body, "id", { encoding })]).toEqual([encoding, text("evt_1")]);
      expect(unpackAhead(Buffer.from(body), { contentType: "", contentEncoding: encoding })).toBeNull();
    }
    expect(at(gzipSync(json), "id", { encoding: "utf-8, gzip" })).toEqual(text("evt_1"));
  });

  test("may be a form", () => {
    expect(at(gzipSync("id=7&type=a"), "type", { type: FORM, encoding: "gzip" })).toEqual(text("a"));
  });
});
