import { describe, expect, test } from "bun:test";
import { MAX_REDIRECTS, redirectOf } from "../../src/targets/redirect.ts";

const BASE = "https://shop.example/in?a=1";
const ask = (location: string | null, changes: Partial<Parameters<typeof redirectOf>[0]> = {}) =>
  redirectOf({
    statusCode: 307,
    method: "POST",
    url: BASE,
    followed: 0,
    headers: location === null ? [] : [["LOCATION", location]],
    ...changes,
  });
const reasonOf = (redirect: ReturnType<typeof redirectOf>) =>
  redirect.kind === "refused" ? redirect.reason : `followed to ${redirect.url}`;

describe("a redirect that keeps method and body", () => {
  test("resolves its Location relative to the URL that sent it, without a fragment", () => {
    const cases: [location: string, url: string, isSameOrigin: boolean][] = [
      ["/other", "https://shop.example/other", true],
      ["other?b=2#top", "https://shop.example/other?b=2", true],
      ["https://shop.example:443/x", "https://shop.example/x", true],
      ["https://shop.example:8443/x", "https://shop.example:8443/x", false],
      ["//else.example/x", "https://else.example/x", false],
    ];
    for (const [location, url, isSameOrigin] of cases) {
      expect(ask(location)).toEqual({ kind: "follow", url, isSameOrigin });
      expect(ask(location, { statusCode: 308 })).toEqual({ kind: "follow", url, isSameOrigin });
    }
  });

  test("keeps the bytes of its Location beyond ASCII, one per character", () => {
    const bytes = (text: string) => Buffer.from(text).toString("latin1");
    for (const [location, url] of [
      [bytes("/straße?q=é"), "https://shop.example/stra%C3%9Fe?q=%C3%A9"],
      ["/caf\xe9", "https://shop.example/caf%E9"],
      [bytes("//münchen.example/"), "https://xn--mnchen-3ya.example/"],
    ] as const)
      expect(ask(location)).toMatchObject({ kind: "follow", url });
  });

  test("is not followed to an invalid location, to less security, or without end", () => {
    expect(reasonOf(ask(null))).toBe("the response has no Location");
    expect(reasonOf(ask("http://shop.example/in"))).toBe("the redirect leads from https to http");
    expect(reasonOf(ask("http://else.example/"))).toContain("from https to http");
    for (const wrong of ["file:///etc/passwd", "gopher://x/", "https://", "javascript:alert(1)"]) {
      expect(reasonOf(ask(wrong))).toContain("the URL in its Location");
    }
    expect(reasonOf(ask("https://user:hunter2@else.example/"))).toContain("user name or password");
    expect(reasonOf(ask("https://user:hunter2@else.example/"))).not.toContain("hunter2");
    expect(ask("/x", { followed: MAX_REDIRECTS - 1 }).kind).toBe("follow");
    expect(reasonOf(ask("/x", { followed: MAX_REDIRECTS }))).toBe("more than 5 redirects");
  });
});

test("one that would turn a POST into a GET is refused, as the event would be lost; for a GET it is followed", () => {
  for (const statusCode of [301, 302, 303]) {
    expect(reasonOf(ask("/x", { statusCode }))).toContain("only 307 and 308 are followed");
    for (const method of ["GET", "HEAD"]) expect(ask("/x", { statusCode, method }).kind).toBe("follow");
  }
});

test("a response without another location is not a redirect", () => {
  for (const statusCode of [300, 304, 305])
    expect(reasonOf(ask("/x", { statusCode }))).toContain("no usable destination");
});
