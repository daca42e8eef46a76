import { describe, expect, test } from "bun:test";
import { refuseCrossSite } from "../../src/dashboard/cross-site.ts";

const baseUrl = "https://hooks.example";

function isRefused(headers: Record<string, string>): boolean {
  const request = new Request("http://10.0.0.5:8080/sources", { method: "POST", headers });
  try {
    refuseCrossSite(request, { baseUrl });
    return false;
  } catch {
    return true;
  }
}

describe("a state change", () => {
  test("from a page of this site is carried out", () => {
    expect(isRefused({ "sec-fetch-site": "same-origin", origin: baseUrl })).toBe(false);
  });

  test("requested by a person through the browser itself is carried out", () => {
    expect(isRefused({ "sec-fetch-site": "none" })).toBe(false);
  });

  test.each(["cross-site", "same-site", "SAME-ORIGIN", ""])(
    "that the browser calls %p is refused, whatever its origin says",
    (site) => {
      expect(isRefused({ "sec-fetch-site": site, origin: baseUrl })).toBe(true);
    },
  );

  test("over plain HTTP is judged by its origin, because browsers send nothing more", () => {
    const host = "10.0.0.5:8080";
    expect(isRefused({ host, origin: "http://10.0.0.5:8080" })).toBe(false);
    expect(isRefused({ host, origin: "https://10.0.0.5:8080" })).toBe(false);
    expect(isRefused({ host, origin: baseUrl })).toBe(false);
    expect(isRefused({ host, origin: "http://10.0.0.5:9090" })).toBe(true);
    expect(isRefused({ host, origin: "https://evil.example" })).toBe(true);
    expect(isRefused({ host, origin: "https://hooks.example.evil.example" })).toBe(true);
    expect(isRefused({ host, origin: "null" })).toBe(true);
    expect(isRefused({ host, origin: "" })).toBe(true);
  });

  test("from a program that is no browser is carried out", () => {
    expect(isRefused({})).toBe(false);
  });
});
