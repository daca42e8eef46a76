/** Reads what the commands for a gateway elsewhere need from the environment. */
import { homedir } from "node:os";
import { join } from "node:path";

export type ClientEnvironment = Readonly<{
  /** WEBHOOKER_URL; null: not set. */
  url: string | null;
  /** WEBHOOKER_API_KEY; null: not set. */
  apiKey: string | null;
  /** The folder of the user's configuration of webhooker. */
  folder: string;
  /** The variable that a file of configuration names; null: not set. */
  variable: (name: string) => string | null;
}>;

type Environment = Readonly<Record<string, string | undefined>>;

export function readClientEnvironment(
  env: Environment,
  platform: NodeJS.Platform = process.platform,
): ClientEnvironment {
  return {
    url: textIn(env.WEBHOOKER_URL),
    apiKey: textIn(env.WEBHOOKER_API_KEY),
    folder: join(configFolder(env, platform), "webhooker"),
    variable: (name) => env[name] ?? null,
  };
}

/** Where each system's programs keep their configuration. */
function configFolder(env: Environment, platform: NodeJS.Platform): string {
  const home = textIn(env.HOME) ?? textIn(env.USERPROFILE) ?? homedir();
  if (platform === "win32") return textIn(env.APPDATA) ?? join(home, "AppData", "Roaming");
  const chosen = textIn(env.XDG_CONFIG_HOME);
  if (chosen !== null) return chosen;
  return platform === "darwin" ? join(home, "Library", "Application Support") : join(home, ".config");
}

/** An empty value counts as not set. */
function textIn(text: string | undefined): string | null {
  const trimmed = text?.trim() ?? "";
  return trimmed === "" ? null : trimmed;
}
