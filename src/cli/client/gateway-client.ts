/**
 * Calls the API of a gateway elsewhere. By fetch, which, other than the gateway's own client, obeys the proxies that
 * the environment names: a laptop may reach the internet through nothing else.
 */
import { z } from "zod";
import type { ErrorKind } from "../../lib/errors.ts";
import { errorMessage } from "../../lib/errors.ts";
import { userAgent } from "../../lib/version.ts";
import type { Login } from "./login-file.ts";
import { RemoteError } from "./remote-error.ts";

const TIMEOUT_MS = 30_000;

type Call = Readonly<{
  method?: "GET" | "POST" | "PUT" | "PATCH";
  /** Relative to /api/v1. */
  path: string;
  query?: Readonly<Record<string, string | number | undefined>>;
  body?: unknown;
  signal?: AbortSignal;
  timeoutMs?: number;
}>;

export type GatewayClient = Readonly<{
  /** Scheme, host and port of the gateway. */
  url: string;
  /** Rejects with RemoteError. The schema lets pass what it does not know: the gateway may be newer. */
  ask: <T>(call: Call & Readonly<{ schema: z.ZodType<T> }>) => Promise<T>;
  /** The bytes of a response that is not JSON. */
  read: (call: Call) => Promise<Uint8Array>;
}>;

const errorBody = z.object({
  error: z.object({
    code: z.string(),
    message: z.string(),
    hint: z.string().optional(),
    details: z.array(z.object({ path: z.string(), message: z.string() })).optional(),
  }),
});

const KINDS: Readonly<Record<number, ErrorKind>> = {
  401: "unauthenticated",
  403: "forbidden",
  404: "not_found",
  409: "conflict",
  413: "too_large",
  422: "invalid",
  429: "rate_limited",
};

/** Characters of keys; no header could have some of the others, such as the "…" of a list of keys. */
const KEY = /^[\x21-\x7e]+$/;

/** Throws RemoteError `unauthenticated` for a key that cannot be one. */
export function createGatewayClient({ url, apiKey }: Login): GatewayClient {
  if (!KEY.test(apiKey)) {
    throw new RemoteError({
      kind: "unauthenticated",
      message: "This is no API key: keys have no spaces, and only letters, digits and signs.",
      hint: "Copy the whole key from where it was shown once, or create another.",
    });
  }
  async function send(call: Call): Promise<Response> {
    const { method = "GET", path, query = {}, body, signal, timeoutMs = TIMEOUT_MS } = call;
    const address = new URL(`${url}/api/v1${path}`);
    for (const [name, value] of Object.entries(query)) {
      if (value !== undefined) address.searchParams.set(name, String(value));
    }
    const limit = AbortSignal.timeout(timeoutMs);
    try {
      return await fetch(address, {
        method,
        headers: {
          authorization: `Bearer ${apiKey}`,
          "user-agent": userAgent,
          ...(body !== undefined && { "content-type": "application/json" }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        // A redirect would take the key to another machine.
        redirect: "manual",
        signal: signal === undefined ? limit : AbortSignal.any([limit, signal]),
      });
    } catch (cause) {
      throw unreachable(url, reasonOf(cause, limit), cause);
    }
  }

  async function receive<T>(response: Response, read: () => Promise<T>): Promise<T> {
    try {
      if (response.ok) return await read();
      throw await refusal(url, response);
    } catch (cause) {
      if (cause instanceof RemoteError) throw cause;
      throw unreachable(url, errorMessage(cause), cause);
    }
  }

  return {
    url,
    async ask({ schema, ...call }) {
      const response = await send(call);
      const json = await receive(response, () => response.json());
      const parsed = schema.safeParse(json);
      if (!parsed.success) throw unreachable(url, "its answer is not one of webhooker", parsed.error);
      return parsed.data;
    },
    async read(call) {
      const response = await send(call);
      return new Uint8Array(await receive(response, () => response.arrayBuffer()));
    },
  };
}

function reasonOf(cause: unknown, limit: AbortSignal): string {
  return limit.aborted ? "it did not answer in time" : errorMessage(cause);
}

function unreachable(url: string, reason: string, cause: unknown): RemoteError {
  // The runtime adds advice for programmers.
  const short = reason
    .replace(/ (?:For more information, |Is the computer able ).*$/s, "")
    .replace(/[.\s]+$/, "");
  const message = `${url} cannot be reached: ${/[?!]$/.test(short) ? short : `${short}.`}`;
  return new RemoteError({ kind: "unavailable", message, cause });
}

/** The API's error; where something else answered, such as a proxy, what it was. */
async function refusal(url: string, response: Response): Promise<RemoteError> {
  const { status } = response;
  const parsed = errorBody.safeParse(await response.json().catch(() => null));
  if (parsed.success) {
    const { code, message, hint, details } = parsed.data.error;
    const kind = KINDS[status] ?? (status >= 500 ? "unavailable" : "invalid");
    return new RemoteError({ kind, status, code, message, hint, details });
  }
  const to = response.headers.get("location");
  if (status >= 300 && status < 400 && to !== null) {
    return new RemoteError({
      kind: "unavailable",
      status,
      message: `${url} redirects to ${to}.`,
      hint: "Sign in with the address of the gateway itself.",
    });
  }
  return new RemoteError({
    kind: status === 401 || status === 403 ? "forbidden" : "unavailable",
    status,
    message: `${url} answered ${status}, and not as webhooker does.`,
  });
}
