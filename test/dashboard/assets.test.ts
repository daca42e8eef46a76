import { afterAll, beforeAll, describe, expect, test } from "bun:test";
import { startTestDashboard, type TestDashboard } from "../support/test-dashboard.ts";

let dashboard: TestDashboard;
let page: string;

beforeAll(async () => {
  dashboard = await startTestDashboard();
  page = await (await dashboard.ask("/pages/login")).text();
});

afterAll(() => dashboard.stop());

const MAX_FIRST_LOAD_BYTES = 150 * 1024;

function linked(): readonly string[] {
  return [...page.matchAll(/(?:src|href)="([^"#][^"]*)"/g)]
    .map(([, address]) => address ?? "")
    .filter((address) => !address.startsWith("data:") && !address.startsWith("/pages/"));
}

describe("assets", () => {
  test("are one stylesheet and a few scripts, all of them local", () => {
    expect(linked().filter((address) => address.endsWith(".css"))).toHaveLength(1);
    expect(linked().filter((address) => !/^\/assets\/[a-z]+-[0-9a-f]{12}\.(css|js)$/.test(address))).toEqual(
      [],
    );
  });

  test("are cached by browsers permanently, under names derived from their content", async () => {
    for (const path of linked()) {
      const answer = await dashboard.ask(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("cache-control")).toBe("public, max-age=31536000, immutable");
      expect(answer.headers.get("content-type")).toMatch(/^text\/(css|javascript); charset=utf-8$/);
      const hash = new Bun.CryptoHasher("sha256").update(await answer.text()).digest("hex");
      expect(path).toContain(hash.slice(0, 12));
    }
  });

  test("are compressed for browsers that accept it, and plain for others", async () => {
    const [path = ""] = linked();
    const sizes: number[] = [];
    for (const encoding of ["gzip, br", "identity"]) {
      const answer = await fetch(dashboard.server.url + path, {
        headers: { "accept-encoding": encoding },
        decompress: false,
      });
      expect(answer.headers.get("content-encoding")).toBe(encoding === "identity" ? null : "gzip");
      expect(answer.headers.get("vary")).toBe("accept-encoding");
      sizes.push((await answer.arrayBuffer()).byteLength);
    }
    expect(sizes[0]).toBeLessThan((sizes[1] ?? 0) / 2);
  });

  test("of another build are not found", async () => {
    const [path = ""] = linked();
    expect((await dashboard.ask(path.replace(/[0-9a-f]{12}/, "0".repeat(12)))).status).toBe(404);
  });

  test("and a page together stay small, even uncompressed", async () => {
    let bytes = page.length;
    for (const path of linked()) bytes += (await (await dashboard.ask(path)).arrayBuffer()).byteLength;
    expect(bytes).toBeLessThan(MAX_FIRST_LOAD_BYTES);
  });

  test("contain all style and script: pages have none of their own", () => {
    expect(page).not.toMatch(/<style|\sstyle=|<script(?![^>]*\ssrc=)|\son[a-z]+=/i);
  });
});
