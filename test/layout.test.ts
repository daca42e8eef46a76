/** Checks the project's structure: tiers, access rules, file sizes and the top level. */
import { describe, expect, test } from "bun:test";
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

const ROOT = join(import.meta.dir, "..");
const MAX_LINES = 250;
const MAX_FILES_IN_FOLDER = 27;

/** Imports point down this list, never up and never sideways. */
const TIERS: readonly (readonly string[])[] = [
  ["main"],
  ["cli"],
  ["server"],
  ["dashboard", "api"],
  ["ingest", "delivery", "replays", "retention", "indexing", "notices", "webhooks", "auth"],
  ["storage", "targets", "verification", "http"],
  ["outbound", "observability", "settings", "sandbox"],
  ["filters"],
  ["bodies"],
  ["config"],
  ["lib", "manual"],
];

/** Files beside config.ts that are parts of it. */
const CONFIG_PARTS = new Set([
  "config-client",
  "config-cluster",
  "config-cluster-faults",
  "config-oidc",
  "config-raw",
  "config-together",
  "config-traces",
  "config-values",
  "config-variables",
]);

/** The project's own files, tool configuration and tool output; dotfiles are not checked. */
const TOP_LEVEL = new Set([
  "package.json",
  "bun.lock",
  "bunfig.toml",
  "tsconfig.json",
  "biome.json",
  "src",
  "test",
  "Dockerfile",
  "README.md",
  "CHANGELOG.md",
  "LICENSE",
]);

type SourceFile = Readonly<{ path: string; text: string; imports: readonly string[] }>;

/** Includes type-only imports, which a transpiler's scan would omit. */
const IMPORT =
  /(?:^|\n)\s*(?:import|export)\b[^;"']*?\bfrom\s*["']([^"']+)["']|\bimport\s*\(?\s*["']([^"']+)["']/g;

function read(path: string): SourceFile {
  const text = readFileSync(join(ROOT, path), "utf8");
  return { path, text, imports: [...text.matchAll(IMPORT)].map(([, from, bare]) => from ?? bare ?? "") };
}

function filesOf(folder: string): SourceFile[] {
  const names = readdirSync(join(ROOT, folder), { recursive: true, encoding: "utf8" });
  return names.filter((name) => /\.tsx?$/.test(name)).map((name) => read(join(folder, name)));
}

/** Returns a file's unit: its folder under src, or its name if it is directly in src. */
function unitOf(path: string): string {
  const [first = ""] = relative("src", path).split("/");
  const name = first.replace(/\.tsx?$/, "");
  return CONFIG_PARTS.has(name) ? "config" : name;
}

function tierOf(unit: string): number {
  return TIERS.findIndex((units) => units.includes(unit));
}

function wrongImports(file: SourceFile): string[] {
  const from = unitOf(file.path);
  return file.imports
    .filter((specifier) => specifier.startsWith("."))
    .map((specifier) => join(dirname(file.path), specifier))
    .filter((path) => path.startsWith("src/"))
    .filter((path) => unitOf(path) !== from && tierOf(unitOf(path)) <= tierOf(from))
    .map((path) => `${file.path} imports ${path}`);
}

/** Maps each source file to the files it imports. */
function importsOf(files: readonly SourceFile[]): ReadonlyMap<string, readonly string[]> {
  const paths = new Set(files.map(({ path }) => path));
  return new Map(
    files.map(({ path, imports }) => [
      path,
      imports
        .filter((specifier) => specifier.startsWith("."))
        .map((specifier) => join(dirname(path), specifier))
        .filter((to) => paths.has(to)),
    ]),
  );
}

/** Returns each cycle once, from the file where it was first found. */
function circlesIn(graph: ReadonlyMap<string, readonly string[]>): string[] {
  const done = new Set<string>();
  const circles: string[] = [];
  function visit(path: string, way: readonly string[]): void {
    const at = way.indexOf(path);
    if (at !== -1) circles.push([...way.slice(at), path].join(" → "));
    if (at !== -1 || done.has(path)) return;
    for (const to of graph.get(path) ?? []) visit(to, [...way, path]);
    done.add(path);
  }
  for (const path of graph.keys()) visit(path, []);
  return circles;
}

function importersOf(packages: RegExp, allowed: (path: string) => boolean): string[] {
  return sources
    .filter(({ imports }) => imports.some((specifier) => packages.test(specifier)))
    .map(({ path }) => path)
    .filter((path) => !allowed(path));
}

const sources = filesOf("src");
const everything = [...sources, ...filesOf("test"), ...filesOf(".ci")];

describe("imports", () => {
  test("every file belongs to a tier", () => {
    expect(sources.filter(({ path }) => tierOf(unitOf(path)) === -1).map(({ path }) => path)).toEqual([]);
  });

  test("point down the tiers, never up or sideways", () => {
    expect(sources.flatMap(wrongImports)).toEqual([]);
  });

  test("contain no cycle of files", () => {
    expect(circlesIn(importsOf(sources))).toEqual([]);
  });

  test("a cycle of any length is found", () => {
    const graph = new Map([
      ["a", ["b"]],
      ["b", ["c", "d"]],
      ["c", ["a"]],
      ["d", []],
      ["e", ["e"]],
    ]);
    expect(circlesIn(graph)).toEqual(["a → b → c → a", "e → e"]);
  });

  test("an import up or sideways is found in each form", () => {
    const forms = (to: string) => [
      `import { a } from "${to}";`,
      `import type { A } from "${to}";`,
      `import {\n  a,\n  b,\n} from "${to}";`,
      `export { a } from "${to}";`,
      `import "${to}";`,
      `const a = await import("${to}");`,
    ];
    for (const text of [
      ...forms("../ingest/x.ts"),
      ...forms("../delivery/x.ts"),
      ...forms("../webhooks/x.ts"),
    ]) {
      const imports = [...text.matchAll(IMPORT)].map(([, from, bare]) => from ?? bare ?? "");
      expect(wrongImports({ path: "src/targets/y.ts", text, imports })).toHaveLength(1);
    }
    expect(wrongImports({ path: "src/api/y.ts", text: "", imports: ["../dashboard/x.ts"] })).toHaveLength(1);
    expect(
      wrongImports({ path: "src/api/y.ts", text: "", imports: ["../lib/x.ts", "./x.ts", "zod"] }),
    ).toEqual([]);
  });

  test("include the file extension", () => {
    const bare = everything.flatMap(({ path, imports }) =>
      imports
        .filter(
          (specifier) =>
            specifier.startsWith(".") &&
            !/\.(tsx?|json|sql|css|m?js|svg|yaml|md|py|go|php|rb|sh)$/.test(specifier),
        )
        .map((specifier) => `${path}: ${specifier}`),
    );
    expect(bare).toEqual([]);
  });

  test("of SQLite and drizzle occur in storage only", () => {
    expect(
      importersOf(/^(bun:sqlite|node:sqlite|drizzle-orm)/, (path) => unitOf(path) === "storage"),
    ).toEqual([]);
  });

  test("of the HTTP framework occur only in the parts that serve HTTP", () => {
    const speakers = new Set(["http", "api", "ingest", "dashboard", "server"]);
    expect(importersOf(/^(elysia$|elysia\/|@elysiajs\/)/, (path) => speakers.has(unitOf(path)))).toEqual([]);
  });
});

describe("the environment", () => {
  test("is read by config.ts only", () => {
    const readers = sources.filter(({ text }) => /\b(process|Bun|import\.meta)\.env\b/.test(text));
    expect(readers.map(({ path }) => path)).toEqual(["src/config.ts"]);
  });
});

describe("files", () => {
  test(`have at most ${MAX_LINES} lines`, () => {
    const long = everything
      .filter(({ path }) => !path.endsWith(".test.ts"))
      .map(({ path, text }) => ({ path, lines: text.split("\n").length - 1 }))
      .filter(({ lines }) => lines > MAX_LINES);
    expect(long).toEqual([]);
  });

  test(`are in folders with at most ${MAX_FILES_IN_FOLDER} files each`, () => {
    const folders = Map.groupBy(sources, ({ path }) => dirname(path));
    const full = [...folders].filter(([, files]) => files.length > MAX_FILES_IN_FOLDER);
    expect(full.map(([folder, files]) => `${folder}: ${files.length}`)).toEqual([]);
  });

  test("begin with a sentence on their responsibility", () => {
    // In test files, the test names describe the responsibility.
    const silent = everything.filter(
      ({ path, text }) => !/\.(d|test)\.tsx?$/.test(path) && !/^\/\*\*\s/.test(text),
    );
    expect(silent.map(({ path }) => path)).toEqual([]);
  });

  test("list the members of object literals instead of spreading other literals into them", () => {
    const odd = everything.filter(({ text }) => /^\s*\.{3}\{ /m.test(text));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });

  test("have kebab-case names", () => {
    const odd = everything.filter(({ path }) => !/^[a-z0-9./-]+$/.test(path));
    expect(odd.map(({ path }) => path)).toEqual([]);
  });
});

describe("the top level", () => {
  test("contains only the listed files", () => {
    // Files that git ignores (node_modules, dist, data) do not count.
    const tracked = Bun.spawnSync(["git", "ls-files", "--cached", "--others", "--exclude-standard"], {
      cwd: ROOT,
    });
    const entries = tracked.success
      ? tracked.stdout
          .toString()
          .trim()
          .split("\n")
          .map((path) => path.split("/")[0] ?? "")
      : readdirSync(ROOT).filter((name) => !["node_modules", "dist", "data", "coverage"].includes(name));
    const extra = new Set(entries.filter((name) => !name.startsWith(".") && !TOP_LEVEL.has(name)));
    expect([...extra]).toEqual([]);
  });
});
