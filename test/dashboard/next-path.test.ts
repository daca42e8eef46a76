import { describe, expect, test } from "bun:test";
import { nextPath, signInPath } from "../../src/dashboard/next-path.ts";

const HOME = "/sources";

describe("the page after sign-in", () => {
  test.each(["/sources/new", "/source/1/logs?status=failed&text=a%2Fb", "/profile", "/source/1%2F..%2Fx"])(
    "%s is kept",
    (path) => {
      expect(nextPath(path)).toBe(path);
    },
  );

  test.each([
    ["another site", "https://evil.example/"],
    ["another site without a scheme", "//evil.example/sources"],
    ["another site with three slashes", "///evil.example"],
    ["a backslash", "/\\evil.example"],
    ["a backslash further on", "/sources\\..\\..//evil.example"],
    ["a tab, which browsers drop", "/\t/evil.example"],
    ["a line feed, which browsers drop", "/\n/evil.example"],
    ["a carriage return for a header", "/sources\r\nset-cookie: a=b"],
    ["dots that end in another site", "/.//evil.example"],
    ["dots after a folder that end in another site", "/a/..//evil.example"],
    ["percent-encoded dots that end in another site", "/%2e//evil.example"],
    ["a script", "javascript:alert(1)"],
    ["a script after a space", " javascript:alert(1)"],
    ["a relative path", "sources"],
    ["a user before the host", "@evil.example"],
    ["the sign-in page itself", "/pages/login?next=/pages/login"],
    ["signing out", "/pages/logout"],
    ["nothing", ""],
    ["a path without end", `/${"a".repeat(5_000)}`],
  ])("%s leads home", (_what, path) => {
    expect(nextPath(path)).toBe(HOME);
  });

  test("is always on this site", () => {
    const site = "https://hooks.example";
    for (const start of ["/", "//", "/\\", "\\", "/./", "/..", "/%2f", "/;@", "/:", "http:", "https:/"]) {
      for (const end of ["", "/evil.example", "\\evil.example", "/\\evil.example", "//evil.example/a?b#c"]) {
        expect(new URL(nextPath(start + end), site).origin).toBe(site);
      }
    }
  });

  test("is passed to the sign-in page as one parameter", () => {
    expect(signInPath("/source/1/logs?a=1&b=2")).toBe(
      "/pages/login?next=%2Fsource%2F1%2Flogs%3Fa%3D1%26b%3D2",
    );
    expect(signInPath("//evil.example")).toBe("/pages/login");
  });
});
