/** The file with the address of a gateway and an API key for it, which only its user may read. */
import { chmodSync, mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { z } from "zod";
import type { ClientEnvironment } from "../../config-client.ts";
import { AppError, errorCode } from "../../lib/errors.ts";
import { readGatewayUrl } from "./gateway-url.ts";
import { RemoteError } from "./remote-error.ts";

export type Login = Readonly<{ url: string; apiKey: string }>;

const stored = z.object({ url: z.string(), api_key: z.string() });

export function loginPath({ folder }: Pick<ClientEnvironment, "folder">): string {
  return join(folder, "login.json");
}

/** Null where there is none. Throws AppError `unavailable` for one that cannot be read. */
export function readLogin(environment: Pick<ClientEnvironment, "folder">): Login | null {
  const path = loginPath(environment);
  try {
    const { url, api_key: apiKey } = stored.parse(JSON.parse(readFileSync(path, "utf8")));
    return { url, apiKey };
  } catch (cause) {
    if (errorCode(cause) === "ENOENT") return null;
    throw new AppError({
      kind: "unavailable",
      message: `${path} cannot be read.`,
      hint: "Make it readable, or sign in again with: webhooker login URL.",
      cause,
    });
  }
}

/** Replaces the file as a whole, so that a full disk leaves the former one. */
export function writeLogin(environment: Pick<ClientEnvironment, "folder">, { url, apiKey }: Login): void {
  const path = loginPath(environment);
  mkdirSync(dirname(path), { recursive: true, mode: 0o700 });
  const text = `${JSON.stringify({ url, api_key: apiKey }, null, 2)}\n`;
  writeFileSync(`${path}.new`, text, { mode: 0o600 });
  // A file that was there keeps its mode.
  chmodSync(`${path}.new`, 0o600);
  renameSync(`${path}.new`, path);
}

export function removeLogin(environment: Pick<ClientEnvironment, "folder">): void {
  rmSync(loginPath(environment), { force: true });
}

/**
 * Where to send requests, and with which key: the environment's, or the stored ones. A stored key is sent to no other
 * gateway than its own. Throws RemoteError `unauthenticated`.
 */
export function findLogin(environment: ClientEnvironment): Login {
  const { apiKey } = environment;
  const url = environment.url === null ? null : readGatewayUrl(environment.url);
  if (url !== null && apiKey !== null) return { url, apiKey };
  const login = readLogin(environment);
  if (login === null) throw signedOut();
  if (url !== null && url !== login.url) throw keyOfAnother(url, login.url);
  return { url: login.url, apiKey: apiKey ?? login.apiKey };
}

function signedOut(): RemoteError {
  return new RemoteError({
    kind: "unauthenticated",
    message: "You are not signed in to a gateway.",
    hint: "Sign in with: webhooker login URL. In scripts, set WEBHOOKER_URL and WEBHOOKER_API_KEY.",
  });
}

function keyOfAnother(url: string, signedInTo: string): RemoteError {
  return new RemoteError({
    kind: "unauthenticated",
    message: `WEBHOOKER_URL is ${url}, and the stored API key is for ${signedInTo}.`,
    hint: "Set WEBHOOKER_API_KEY too, or sign in with: webhooker login URL.",
  });
}
