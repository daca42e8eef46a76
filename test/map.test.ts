import { describe, expect, test } from "bun:test";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { linksIn } from "./support/manual.ts";

const ROOT = join(import.meta.dir, "..");
const MAX_BYTES = 10_000;
const map = readFileSync(join(ROOT, "src/README.md"), "utf8");

/** Code spans that look like a file or folder. */
function pathsIn(text: string): readonly string[] {
  return [...text.matchAll(/`([\w./-]+)`/g)]
    .map(([, name]) => name ?? "")
    .filter((name) => name.includes("/") || /\.(tsx?|md|sql|css|yaml)$/.test(name));
}

/** Resolves a path relative to src, or to the top level if it begins with one of its folders. */
function isThere(path: string): boolean {
  return existsSync(join(ROOT, /^(test|\.ci|\.github)\//.test(path) ? path : join("src", path)));
}

describe("the map of the sources", () => {
  test("names only existing files and folders", () => {
    const paths = pathsIn(map);
    expect(paths.length).toBeGreaterThan(60);
    expect(paths.filter((path) => !isThere(path))).toEqual([]);
    expect(["ingest/nothing.ts", "test/nothing.ts", "src/ingest/routes.ts"].filter(isThere)).toEqual([]);
  });

  test("names every folder of the sources", () => {
    const folders = readdirSync(join(ROOT, "src"), { withFileTypes: true }).filter((each) =>
      each.isDirectory(),
    );
    const named = new Set(pathsIn(map));
    expect(folders.map(({ name }) => `${name}/`).filter((name) => !named.has(name))).toEqual([]);
  });

  test("names the files to touch for at least twelve changes", () => {
    const [, section = ""] = map.split("\n## To change something\n");
    const rows = (section.split("\n## ")[0] ?? "")
      .split("\n")
      .filter((line) => line.startsWith("| "))
      .slice(1);
    expect(rows.length).toBeGreaterThanOrEqual(12);
    for (const row of rows) expect([row, pathsIn(row).length > 0]).toEqual([row, true]);
  });

  test("is short, and links nowhere else", () => {
    expect(Buffer.byteLength(map)).toBeLessThan(MAX_BYTES);
    expect(linksIn(map)).toEqual([]);
  });
});
