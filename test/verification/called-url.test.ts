import { describe, expect, test } from "bun:test";
import { partsOf, readingsOf, withoutParameter } from "../../src/verification/called-url.ts";

describe("the forms of a URL that may have been signed", () => {
  test("are only the called URL if nothing in it can have been escaped differently", () => {
    for (const url of [
      "https://a.example/webhook/1",
      "https://a.example/webhook/1?b=%20c",
      "https://a.example",
    ])
      expect(readingsOf(url)).toEqual([url]);
  });

  test("include quotes escaped and unescaped, and the few characters that the runtime also escapes", () => {
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

  test("include the query as HubSpot signs it, with what needs no escape unescaped", () => {
    expect(
      readingsOf("https://a.example/%2F?u=https%3a%2F%2Fb%3F%2C%3B%21%24%28%29%2A%40&v=a%20b%26%3D%25"),
    ).toEqual([
      "https://a.example/%2F?u=https%3a%2F%2Fb%3F%2C%3B%21%24%28%29%2A%40&v=a%20b%26%3D%25",
      "https://a.example/%2F?u=https://b?,;!$()*@&v=a%20b%26%3D%25",
    ]);
  });

  test("cover every character that the runtime escapes", () => {
    const written = `https://a.example/p{x}?n=O'Brien&m=<a>"b"`;
    expect(readingsOf(new URL(written).href)).toContain(written);
  });
});

test("a URL is split into host, path and query", () => {
  expect(partsOf("https://a.example:8443/base/webhook/1?b=c?d/e")).toEqual({
    host: "a.example:8443",
    path: "/base/webhook/1",
    query: "b=c?d/e",
  });
  expect(partsOf("http://a.example")).toEqual({ host: "a.example", path: "", query: "" });
});

test("a parameter is removed from a URL by its whole name", () => {
  const without = (query: string) => withoutParameter(`https://a.example/1?${query}`, "sig");
  expect(without("a=1&sig=x&b=2")).toBe("https://a.example/1?a=1&b=2");
  expect(without("sig=x")).toBe("https://a.example/1");
  expect(without("signature=x")).toBe("https://a.example/1?signature=x");
});
