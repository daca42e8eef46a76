/** Collects the licences of all packages in the executable; runs during the build. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

type Manifest = Readonly<{
  name: string;
  version: string;
  license?: unknown;
  author?: unknown;
  dependencies?: Readonly<Record<string, string>>;
}>;

const LICENCE_FILE = /^(licen[cs]e|copying|notice)([.-].*)?$/i;
const ROOT = join(import.meta.dir, "../..");

/** Returns the text of LICENSE. */
export function ownLicence(): string {
  return readFileSync(join(ROOT, "LICENSE"), "utf8");
}

/** Returns one text: each licence once, under all packages with their versions that share it. */
export function collectLicences(): string {
  const byText = new Map<string, string[]>();
  for (const [folder, manifest] of installedPackages()) {
    const text = licenceOf(folder, manifest);
    byText.set(text, [...(byText.get(text) ?? []), `${manifest.name} ${manifest.version}`]);
  }
  return [...byText]
    .map(([text, names]) => `${names.join("\n")}\n\n${text}\n`)
    .join(`\n${"-".repeat(78)}\n\n`);
}

/** Returns the dependencies of package.json and theirs, once per version; without those for development only. */
function installedPackages(): ReadonlyMap<string, Manifest> {
  const found = new Map<string, Manifest>();
  const look = (from: string, dependencies: Manifest["dependencies"]) => {
    for (const name of Object.keys(dependencies ?? {}).sort()) {
      const folder = folderOf(name, from);
      if (folder === null || found.has(folder)) continue;
      const manifest: Manifest = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
      found.set(folder, manifest);
      look(folder, manifest.dependencies);
    }
  };
  look(ROOT, JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")).dependencies);
  return found;
}

/** Resolves like modules: the nearest node_modules upwards. Null for an optional package that is not installed. */
function folderOf(name: string, from: string): string | null {
  for (let at = from; at.startsWith(ROOT); at = join(at, "..")) {
    const folder = join(at, "node_modules", name);
    if (existsSync(join(folder, "package.json"))) return folder;
  }
  return null;
}

function licenceOf(folder: string, { license, author }: Manifest): string {
  const files = readdirSync(folder).filter((name) => LICENCE_FILE.test(name));
  if (files.length > 0)
    return files.map((name) => readFileSync(join(folder, name), "utf8").trim()).join("\n\n");
  return `Licence: ${String(license)}. Author: ${JSON.stringify(author ?? null)}.`;
}
