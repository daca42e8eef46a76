import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { manualChapters } from "../../src/manual/chapters.ts";
import { headingsOf } from "../../src/manual/html.ts";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let carol: string;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  carol = await dashboard.signIn("carol");
});

afterAll(() => dashboard.stop());

function hrefsOf(html: string): readonly string[] {
  return [...html.matchAll(/href="([^"]+)"/g)].map(([, href]) => href ?? "");
}

describe("the manual's pages", () => {
  test("are open without a session, and the same for everybody", async () => {
    for (const path of ["/docs", ...manualChapters.map(({ slug }) => `/docs/${slug}`)]) {
      const [stranger, user] = [await dashboard.ask(path), await dashboard.ask(path, { cookie: carol })];
      expect([path, stranger.status, user.status]).toEqual([path, 200, 200]);
      const [open, signedIn] = [await stranger.text(), await user.text()];
      const mainOf = (html: string) => html.slice(html.indexOf("<main"), html.indexOf("</main>"));
      expect(mainOf(open)).toBe(mainOf(signedIn));
      expect([open.includes("carol"), signedIn.includes("carol")]).toEqual([false, true]);
      expect(open).toContain('href="/pages/login"');
    }
  });

  test("list every chapter with its summary", async () => {
    const html = await (await dashboard.ask("/docs")).text();
    for (const { slug, summary } of manualChapters) {
      expect(html).toContain(`href="/docs/${slug}"`);
      expect(html).toContain(Bun.escapeHTML(summary));
    }
  });

  test("have all chapters and their own headings beside the text", async () => {
    for (const chapter of manualChapters) {
      const html = await (await dashboard.ask(`/docs/${chapter.slug}`)).text();
      const hrefs = hrefsOf(html);
      for (const { slug } of manualChapters) expect(hrefs).toContain(`/docs/${slug}`);
      for (const { id } of headingsOf(chapter)) {
        expect(hrefs).toContain(`#${id}`);
        expect(html).toContain(`id="${id}"`);
      }
      expect(html.match(/aria-current="page"[^>]*>[^<]*<\/a>/g)?.join()).toContain(
        Bun.escapeHTML(chapter.title),
      );
    }
  });

  test("have no broken link within the gateway", async () => {
    const pages = new Map<string, string>();
    for (const path of ["/docs", ...manualChapters.map(({ slug }) => `/docs/${slug}`)]) {
      pages.set(path, await (await dashboard.ask(path)).text());
    }
    const dead = [...pages].flatMap(([path, html]) =>
      hrefsOf(html)
        .filter((href) => href.startsWith("/docs") || (href.startsWith("#") && href !== "#main"))
        .filter((href) => {
          const [page = "", anchor] = href.split("#");
          const text = pages.get(page === "" ? path : page);
          return text === undefined || (anchor !== undefined && !text.includes(`id="${anchor}"`));
        })
        .map((href) => `${path}: ${href}`),
    );
    expect(dead).toEqual([]);
  });

  test("link from each chapter to the previous and the next one", async () => {
    const slugs = manualChapters.map(({ slug }) => slug);
    for (const [index, slug] of slugs.entries()) {
      const html = await (await dashboard.ask(`/docs/${slug}`)).text();
      const around = ["prev", "next"].map(
        (rel) => new RegExp(`rel="${rel}" href="/docs/([a-z-]+)"`).exec(html)?.[1],
      );
      expect([slug, ...around]).toEqual([slug, slugs[index - 1], slugs[index + 1]]);
    }
  });

  test("are cached by browsers, which revalidate them each time", async () => {
    const first = await dashboard.ask("/docs/signing");
    const tag = first.headers.get("etag") ?? "";
    expect(first.headers.get("cache-control")).toBe("private, no-cache");
    const again = await dashboard.ask("/docs/signing", { headers: { "if-none-match": tag } });
    expect([again.status, await again.text(), again.headers.get("etag")]).toEqual([304, "", tag]);
    const signedIn = await dashboard.ask("/docs/signing", {
      cookie: carol,
      headers: { "if-none-match": tag },
    });
    expect(signedIn.status).toBe(200);
    const other = await dashboard.ask("/docs/traces", { headers: { "if-none-match": tag } });
    expect(other.status).toBe(200);
  });

  test("have the policy of every page", async () => {
    const policies = await Promise.all(
      ["/docs", "/docs/signing", "/pages/login"].map(async (path) =>
        (await dashboard.ask(path)).headers.get("content-security-policy"),
      ),
    );
    expect(policies[0]).toStartWith("default-src 'none'");
    expect(new Set(policies).size).toBe(1);
  });

  test("respond to an unknown chapter with 404, and name the list of chapters", async () => {
    for (const path of ["/docs/nothing", "/docs/signing.md", "/docs/..%2fsigning", "/docs/__proto__"]) {
      const answer = await dashboard.ask(path, { headers: { accept: "text/html" } });
      expect([path, answer.status]).toEqual([path, 404]);
      expect(await answer.text()).toContain("/docs");
    }
  });
});
