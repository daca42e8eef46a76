/** Gathers the texts of all variables, from the environment or from the files that it names. */
import { variableEntries } from "./config-variables.ts";

export type Environment = Readonly<Record<string, string | undefined>>;
export type ReadFile = (path: string) => string;
export type ConfigFault = Readonly<{ variable: string; fault: string; hint: string }>;

/** An empty value counts as not set. */
export function collect(
  env: Environment,
  readFile: ReadFile,
): { raw: Record<string, string>; faults: ConfigFault[] } {
  const raw: Record<string, string> = {};
  const faults: ConfigFault[] = [];
  for (const [name, { secret, hint }] of variableEntries) {
    const value = env[name];
    if (value !== undefined && value !== "") raw[name] = value;
    const path = env[`${name}_FILE`];
    if (!secret || path === undefined || path === "") continue;
    if (raw[name] !== undefined) {
      const fault = `is set together with ${name}_FILE`;
      faults.push({ variable: name, fault, hint: "Set only one of the two." });
      continue;
    }
    try {
      // Editors and `echo` end a file with a line feed that is not part of the secret.
      const content = readFile(path).replace(/\r?\n$/, "");
      if (content === "") faults.push({ variable: `${name}_FILE`, fault: `the file ${path} is empty`, hint });
      else raw[name] = content;
    } catch (error) {
      const code = error instanceof Error && "code" in error ? ` (${String(error.code)})` : "";
      const fault = `the file ${path} cannot be read${code}`;
      faults.push({ variable: `${name}_FILE`, fault, hint: "Set the path of a readable file." });
    }
  }
  return { raw, faults };
}
