import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { MAX_JSON_DEPTH, MAX_JSON_PARTS } from "../../src/bodies/json-nodes.ts";
import { type JsonText, readJson } from "../../src/bodies/json-text.ts";

const encoder = new TextEncoder();

function read(text: string): JsonText {
  const json = readJson(encoder.encode(text));
  if (typeof json === "string") throw new Error(`${json}: ${text}`);
  return json;
}

function valueAt(text: string, path: string) {
  const json = read(text);
  const node = json.find(path);
  return node === -1 ? null : json.valueOf(node);
}

/** Every path to a value in the JSON.parse result of a text. */
function* pathsOf(value: unknown, path: readonly string[] = []): Generator<[string[], unknown]> {
  if (path.length > 0) yield [[...path], value];
  if (typeof value !== "object" || value === null) return;
  for (const [name, inner] of Object.entries(value)) yield* pathsOf(inner, [...path, name]);
}

/** Names without dots, because dots separate the steps of a path. */
const name = fc.string({ unit: "binary", maxLength: 6 }).filter((text) => !text.includes("."));
const anyJson = fc.letrec((tie) => ({
  value: fc.oneof(
    { depthSize: "small" },
    fc.constantFrom(null, true, false, 0, -1.5, 1e21, 1e-7, 12_345_678_901),
    fc.string({ unit: "binary" }),
    fc.array(tie("value"), { maxLength: 4 }),
    fc.dictionary(name, tie("value"), { maxKeys: 4 }),
  ),
})).value;

describe("values in JSON", () => {
  test("are those that JSON.parse finds at the same paths, however the text is written", () => {
    fc.assert(
      fc.property(anyJson, fc.constantFrom(0, 2, "\t"), fc.boolean(), (value, indent, escapes) => {
        const plain = JSON.stringify(value, null, indent);
        const text = escapes ? plain.replace(/[^\x20-\x7e\t\n]/g, escapeOf) : plain;
        for (const [path, inner] of pathsOf(JSON.parse(text))) {
          const found = valueAt(text, path.join("."));
          if (typeof inner === "string") expect(found).toEqual({ kind: "text", text: inner });
          else if (typeof inner !== "object") expect(found?.text).toBe(JSON.stringify(inner));
          else expect(found?.kind).toBe(inner === null ? "null" : Array.isArray(inner) ? "list" : "object");
        }
      }),
    );
  });

  test("are read from exactly the texts that JSON.parse accepts", () => {
    const parts = fc.constantFrom(
      ...['{"a":1}', "{", "}", "[", "]", ",", ":", '"', '"a"', "\\", "\\u00e9", "\\ud83d", "\\x", "\n"],
      ...[
        "0",
        "01",
        "-",
        "-0",
        "1.",
        ".5",
        "1.5",
        "1e",
        "1e+5",
        "E-2",
        "true",
        "tru",
        "false",
        "null",
        "NaN",
      ],
      ...[" ", "\t", "\u00a0", "\ufeff", "\u0000", "é", "'", "/", "//"],
    );
    const isJson = (text: string) => {
      try {
        JSON.parse(text);
        return true;
      } catch {
        return false;
      }
    };
    const check = (text: string) => {
      expect([text, typeof readJson(encoder.encode(text))]).toEqual([
        text,
        isJson(text) ? "object" : "string",
      ]);
    };
    fc.assert(
      fc.property(fc.array(parts, { maxLength: 8 }), (all) => check(all.join(""))),
      { numRuns: 2_000 },
    );
    // Almost JSON: one character added, removed or replaced.
    fc.assert(
      fc.property(anyJson, parts, fc.nat(), fc.nat(2), (value, part, place, width) => {
        const text = JSON.stringify(value);
        const at = place % (text.length + 1);
        check(`${text.slice(0, at)}${part}${text.slice(at + width)}`);
      }),
      { numRuns: 2_000 },
    );
  });

  test("keep numbers as they are written", () => {
    for (const number of ["1610521604143693813", "9007199254740993", "1e400", "2E400", "-0", "1.0", "0.10"])
      expect(valueAt(`{"a":[${number}]}`, "a.0")).toEqual({ kind: "number", text: number });
    const long = "9".repeat(100_000);
    expect(valueAt(`{"a":${long}}`, "a")?.text).toBe(long);
  });

  test("of a repeated name are the last ones, as for JSON.parse", () => {
    for (const text of ['{"a":1,"a":2}', '{"a":1,"\\u0061":2}', '{"\\u0061":1,"a":2}', '{"a":{"b":1},"a":2}'])
      expect(valueAt(text, "a")).toEqual({ kind: "number", text: String(JSON.parse(text).a) });
    expect(valueAt('{"a":{"b":1},"a":2}', "a.b")).toBeNull();
  });

  test("are only the body's own, not a runtime's additions", () => {
    for (const path of [
      "__proto__",
      "constructor",
      "toString",
      "a.length",
      "b.length",
      "b.-1",
      "b.00",
      "b.1",
      "b. 0",
    ])
      expect([path, valueAt('{"a":"x","b":[1]}', path)]).toEqual([path, null]);
    expect(valueAt('{"__proto__":{"id":"1"}}', "__proto__.id")).toEqual({ kind: "text", text: "1" });
  });

  test("have names that are compared whole, including quotes and escapes", () => {
    expect(valueAt('{"a":"x"}', 'a":')).toBeNull();
    expect(valueAt('{"a\\"b":"x"}', 'a"b')?.text).toBe("x");
    expect(valueAt('{"a\\"":1,"c":2}', 'a"')?.text).toBe("1");
    expect(valueAt('{"\\ud83d\\ude00":1,"\\u00e9":2,"\\n":3}', "😀")?.text).toBe("1");
    expect(valueAt('{"\\ud83d\\ude00":1,"\\u00e9":2,"\\n":3}', "é")?.text).toBe("2");
    expect(valueAt('{"\\ud83d\\ude00":1,"\\u00e9":2,"\\n":3}', "\n")?.text).toBe("3");
    expect(valueAt('{"\\ud83d":1}', "\ufffd")).toEqual(valueAt('{"\ufffd":1}', "\ud83d"));
  });

  test("are not read below the depth limit, which costs no more than the text", () => {
    const nested = (depth: number) => `${"[".repeat(depth)}${"]".repeat(depth)}`;
    expect(typeof readJson(encoder.encode(nested(MAX_JSON_DEPTH)))).toBe("object");
    expect(readJson(encoder.encode(nested(MAX_JSON_DEPTH + 1)))).toBe("depth");
    expect(readJson(encoder.encode("[".repeat(500_000)))).toBe("depth");
    expect(readJson(encoder.encode('{"a":'.repeat(200_000)))).toBe("depth");
  });

  test("are found in texts with the largest number of names and values, and in no text with more", () => {
    const partsOf = (item: string) => (item === '{"":[]}' ? 3 : item === '"":0' ? 2 : 1);
    const many = (item: string, open: string, close: string) => {
      const count = Math.floor((MAX_JSON_PARTS - 2) / partsOf(item));
      return { text: `${open}${Array(count).fill(item).join(",")}${close}`, last: String(count - 1) };
    };
    for (const item of ["0", "[]", "{}", '""', '{"":[]}']) {
      const { text, last } = many(item, "[", "]");
      expect(valueAt(text, last)?.kind).toBe(valueAt(`[${item}]`, "0")?.kind);
    }
    expect(valueAt(many('"":0', "{", "}").text, "")).toEqual({ kind: "number", text: "0" });
    for (const [item, open, close] of [
      ["0", "[", "]"],
      ["[]", "[", "]"],
      ['"":0', "{", "}"],
    ] as const) {
      const text = `${open}${Array(MAX_JSON_PARTS).fill(item).join(",")}${close}`;
      expect(readJson(encoder.encode(text))).toBe("parts");
    }
    expect(valueAt(`${"[".repeat(MAX_JSON_DEPTH)}7${"]".repeat(MAX_JSON_DEPTH)}`, "0")?.kind).toBe("list");
  });

  test("of a list come in order, as do the names of an object", () => {
    const json = read('{"value":[{"a":1},2,[]],"b":{},"value2":0}');
    expect([...json.itemsOf(json.find("value"))].map((item) => json.valueOf(item).kind)).toEqual([
      "object",
      "number",
      "list",
    ]);
    expect([...json.namesOf(0)]).toEqual(["value", "b", "value2"]);
    expect([...json.itemsOf(0), ...json.namesOf(json.find("value"))]).toEqual([]);
  });
});

function escapeOf(character: string): string {
  return `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`;
}
