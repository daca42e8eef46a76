/** Gathers the licences of all packages that the executable contains; runs while it is built. */
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

/** The words of LICENSE. */
export function ownLicence(): string {
  return readFileSync(join(ROOT, "LICENSE"), "utf8");
}

/** One text: each package with its version, and each licence's words once, under all packages that share them. */
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

/** The dependencies of package.json and theirs, each once for every version; those for development are not in it. */
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

/** As the module resolution does: the nearest node_modules upwards. Null for an optional one that is not installed. */
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
