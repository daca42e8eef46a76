import { describe, expect, test } from "bun:test";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import packageJson from "../package.json";
import { configVariables } from "../src/config.ts";
import { manualChapters } from "../src/manual/chapters.ts";
import { linksIn, sectionOf, tableRows } from "./support/manual.ts";

const ROOT = join(import.meta.dir, "..");
const MAX_PICTURE_BYTES = 150_000;
const MAX_BYTES = 10_000;
const readme = readFileSync(join(ROOT, "README.md"), "utf8");
const development = readFileSync(join(ROOT, "src/manual/development.md"), "utf8");

describe("the README", () => {
  test("lists every variable of the configuration as the program has it", () => {
    const rows = configVariables.map(({ name, meaning, default: byDefault, secret }) => [
      `\`${name}\`${secret ? `, \`${name}_FILE\`` : ""}`,
      meaning,
      byDefault,
    ]);
    expect(tableRows(readme, "Configuration")).toEqual(rows);
  });

  test("is short: what explains one part stands in the manual", () => {
    expect(Buffer.byteLength(readme)).toBeLessThan(MAX_BYTES);
  });

  test("leads to files that are there", () => {
    const paths = linksIn(readme).filter((link) => !/^https?:/.test(link));
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(ROOT, path.replace(/#.*/, ""))))).toEqual([]);
  });

  test("leads to every chapter of the manual but those that it holds itself", () => {
    const linked = linksIn(readme).flatMap((link) => /^src\/manual\/([a-z-]+)\.md/.exec(link)?.[1] ?? []);
    const left = manualChapters.map(({ slug }) => slug).filter((slug) => !linked.includes(slug));
    expect(left).toEqual([]);
  });
});

describe("the chapter on development", () => {
  test("says of every dependency what it is for", () => {
    const text = sectionOf(development, "Dependencies");
    const names = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)];
    const silent = names.filter((name) => !name.startsWith("@types/") && !text.includes(`\`${name}\``));
    expect(silent).toEqual([]);
  });

  test("names no dependency that is not there", () => {
    const there: Record<string, string> = { ...packageJson.dependencies, ...packageJson.devDependencies };
    const named = [...sectionOf(development, "Dependencies").matchAll(/`((?:@[a-z]+\/)?[a-z0-9.-]+)`/g)].map(
      ([, name]) => name ?? "",
    );
    expect(named.filter((name) => there[name] === undefined)).toEqual([]);
  });

  test("and the README name only scripts that package.json has", () => {
    const scripts: Record<string, string> = packageJson.scripts;
    const named = [...`${readme}${development}`.matchAll(/bun(?:@[\d.]+)? run ([a-z:-]+)/g)].map(
      ([, name]) => name ?? "",
    );
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((name) => scripts[name] === undefined)).toEqual([]);
  });
});

describe("the README", () => {
  test("shows pictures that are there and light, and says in words what is on them", () => {
    const pictures = [
      ...readme.matchAll(/!\[(?<words>.*)\]\((?<path>[^)]+)\)/g),
      ...readme.matchAll(/<img src="(?<path>[^"]+)"[^>]* alt="(?<words>[^"]+)"/g),
    ].map(({ groups }) => ({ path: groups?.path ?? "", words: groups?.words ?? "" }));
    expect(pictures.length).toBeGreaterThan(4);
    for (const { path, words } of pictures) {
      expect(words.length).toBeGreaterThan(20);
      expect(statSync(join(ROOT, path)).size).toBeLessThan(MAX_PICTURE_BYTES);
    }
  });

  test("has the command that continuous integration runs", () => {
    const run = readFileSync(join(ROOT, ".ci/run"), "utf8");
    const commands = [...run.matchAll(/^\s+((?:npx --yes bun@[\d.]+|bun) run .*)$/gm)].map(
      ([, line]) => line ?? "",
    );
    expect(commands).toHaveLength(2);
    for (const command of commands) expect(readme).toContain(`\n${command}`);
  });

  test("and the container name the same version of Bun", () => {
    const versions = [
      readme,
      readFileSync(join(ROOT, ".ci/run"), "utf8"),
      readFileSync(join(ROOT, "Dockerfile"), "utf8"),
    ]
      .flatMap((text) => [...text.matchAll(/bun[@:](\d+\.\d+\.\d+)/g)])
      .map(([, version]) => version);
    expect(new Set(versions)).toEqual(new Set([packageJson.devDependencies["@types/bun"]]));
  });
});
