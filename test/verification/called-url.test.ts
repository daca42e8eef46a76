import { describe, expect, test } from "bun:test";
import { partsOf, readingsOf, withoutParameter } from "../../src/verification/called-url.ts";

describe("the URL as it may have been signed", () => {
  test("is the one that was called, where nothing in it can have been written otherwise", () => {
    for (const url of [
      "https://a.example/webhook/1",
      "https://a.example/webhook/1?b=%20c",
      "https://a.example",
    ])
      expect(readingsOf(url)).toEqual([url]);
  });

  test("has quotes as they are or by their number, and the few letters that the runtime escapes too", () => {
    expect(readingsOf("https://a.example/o'n%7B1%7D?n=O%27Brien&q=%22x%22")).toEqual([
      "https://a.example/o'n%7B1%7D?n=O%27Brien&q=%22x%22",
      "https://a.example/o'n%7B1%7D?n=O'Brien&q=%22x%22",
      `https://a.example/o'n{1}?n=O'Brien&q="x"`,
    ]);
    expect(readingsOf("https://a.example/%27?b=%27")).toEqual([
      "https://a.example/%27?b=%27",
      "https://a.example/%27?b='",
    ]);
  });

  test("is what the runtime makes of the letters, the other way round", () => {
    const written = `https://a.example/p{x}?n=O'Brien&m=<a>"b"`;
    expect(readingsOf(new URL(written).href)).toContain(written);
  });
});

test("a URL falls into its host, path and query", () => {
  expect(partsOf("https://a.example:8443/base/webhook/1?b=c?d/e")).toEqual({
    host: "a.example:8443",
    path: "/base/webhook/1",
    query: "b=c?d/e",
  });
  expect(partsOf("http://a.example")).toEqual({ host: "a.example", path: "", query: "" });
});

test("a parameter is taken out of a URL by its name, whole", () => {
  const without = (query: string) => withoutParameter(`https://a.example/1?${query}`, "sig");
  expect(without("a=1&sig=x&b=2")).toBe("https://a.example/1?a=1&b=2");
  expect(without("sig=x")).toBe("https://a.example/1");
  expect(without("signature=x")).toBe("https://a.example/1?signature=x");
});
