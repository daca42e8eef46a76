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
  test("lists every configuration variable as the program does, but those of single sign-on and clusters", () => {
    const rows = configVariables
      .filter(({ name }) => !/^(OIDC|CLUSTER)_/.test(name))
      .map(({ name, meaning, default: byDefault, secret }) => [
        `\`${name}\`${secret ? `, \`${name}_FILE\`` : ""}`,
        meaning,
        byDefault,
      ]);
    expect(tableRows(readme, "Configuration")).toEqual(rows);
  });

  test("is short: explanations of single parts are in the manual", () => {
    expect(Buffer.byteLength(readme)).toBeLessThan(MAX_BYTES);
  });

  test("links to existing files", () => {
    const paths = linksIn(readme).filter((link) => !/^https?:/.test(link));
    expect(paths.length).toBeGreaterThan(20);
    expect(paths.filter((path) => !existsSync(join(ROOT, path.replace(/#.*/, ""))))).toEqual([]);
  });

  test("links to every chapter of the manual except those it contains itself", () => {
    const linked = linksIn(readme).flatMap((link) => /^src\/manual\/([a-z-]+)\.md/.exec(link)?.[1] ?? []);
    const left = manualChapters.map(({ slug }) => slug).filter((slug) => !linked.includes(slug));
    expect(left).toEqual([]);
  });
});

describe("the chapter on development", () => {
  test("explains the purpose of every dependency", () => {
    const text = sectionOf(development, "Dependencies");
    const names = [...Object.keys(packageJson.dependencies), ...Object.keys(packageJson.devDependencies)];
    const silent = names.filter((name) => !name.startsWith("@types/") && !text.includes(`\`${name}\``));
    expect(silent).toEqual([]);
  });

  test("names only existing dependencies", () => {
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
  test("shows existing, small pictures with alternative texts", () => {
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
