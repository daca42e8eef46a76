/** `webhooker send`: sends a file to an entrypoint, as a sender would. */
import { readFileSync } from "node:fs";
import { extname } from "node:path";
import type { Command } from "commander";
import { AppError, errorMessage, errorReason } from "../../lib/errors.ts";
import { userAgent } from "../../lib/version.ts";
import type { Io } from "../io.ts";
import { findEntrypoint } from "./find-objects.ts";
import { createGatewayClient } from "./gateway-client.ts";
import { findLogin } from "./login-file.ts";
import { readHeader, readMethod } from "./options.ts";
import { RemoteError } from "./remote-error.ts";

const TIMEOUT_MS = 60_000;

const TYPES: Readonly<Record<string, string>> = {
  ".json": "application/json",
  ".xml": "application/xml",
  ".txt": "text/plain",
  ".csv": "text/csv",
};

type Options = Readonly<{
  method: string;
  header?: readonly (readonly [string, string])[];
}>;

export function addSendCommand(program: Command, io: Io): void {
  program
    .command("send")
    .description("send a file to an entrypoint")
    .argument("<entrypoint>", "its URL, its id, its name, or WEBHOOK/NAME")
    .argument("[file]", "the body; without it, or with -, standard input")
    .option("--method <method>", "the request's method", readMethod, "POST")
    .option("--header <header>", '"Name: value"; may be repeated', readHeader)
    .action(async (entrypoint: string, file: string | undefined, options: Options) => {
      const body =
        file === undefined || file === "-" ? Buffer.from(await io.readStdinBytes()) : readFile(file);
      const url = await urlOf(io, entrypoint);
      const headers = new Headers({ "user-agent": userAgent, "content-type": typeOf(file, body) });
      const given = options.header ?? [];
      for (const [name] of given) headers.delete(name);
      for (const [name, value] of given) headers.append(name, value);
      const hasBody = options.method !== "GET" && options.method !== "HEAD";
      const from = io.clock.monotonic();
      const response = await send(url, {
        method: options.method,
        headers,
        ...(hasBody && { body: new Uint8Array(body) }),
        redirect: "manual",
        signal: AbortSignal.timeout(TIMEOUT_MS),
      });
      const text = (await response.text()).trimEnd();
      const ms = Math.round(io.clock.monotonic() - from);
      io.err(`${response.status} ${response.statusText}, ${ms} ms`);
      if (text !== "") io.out(text);
      if (!response.ok) {
        throw new RemoteError({ kind: "invalid", message: `The gateway answered ${response.status}.` });
      }
    });
}

/** The entrypoint's path on the gateway that the API is on: its URL may only work elsewhere. */
async function urlOf(io: Io, entrypoint: string): Promise<string> {
  if (/^https?:\/\//i.test(entrypoint)) return readUrl(entrypoint);
  const client = createGatewayClient(findLogin(io.clientEnvironment()));
  const { url } = await findEntrypoint(client, entrypoint);
  return new URL(new URL(url).pathname, client.url).href;
}

function readUrl(text: string): string {
  const url = URL.parse(text);
  if (url) return url.href;
  throw new AppError({ kind: "invalid", message: `${text} is not a valid URL.` });
}

async function send(url: string, init: RequestInit): Promise<Response> {
  try {
    return await fetch(url, init);
  } catch (cause) {
    const message = `${new URL(url).origin} cannot be reached: ${errorMessage(cause)}`;
    throw new RemoteError({ kind: "unavailable", message, cause });
  }
}

function readFile(path: string): Buffer {
  try {
    return readFileSync(path);
  } catch (cause) {
    const message = `${path} cannot be read (${errorReason(cause)}).`;
    throw new AppError({ kind: "not_found", message, cause });
  }
}

/** By the file's name, or by the body itself. */
function typeOf(file: string | undefined, body: Buffer): string {
  const known = file === undefined ? undefined : TYPES[extname(file).toLowerCase()];
  if (known !== undefined) return known;
  try {
    JSON.parse(body.toString());
    return "application/json";
  } catch {
    return "application/octet-stream";
  }
}
