/** Authenticates requests by their bearer token. */

import type { Caller } from "../auth/api-keys.ts";
import { AppError } from "../lib/errors.ts";
import type { ApiDeps } from "./deps.ts";

const BEARER = /^Bearer +([\w.~+/=-]{1,200})$/i;

export function createAuthenticator(apiKeys: ApiDeps["apiKeys"]): (request: Request) => Promise<Caller> {
  return async (request) => {
    const header = request.headers.get("authorization");
    if (header === null) throw unauthenticated("This request needs an API key.");
    const token = BEARER.exec(header)?.[1];
    const caller = token === undefined ? null : await apiKeys.authenticate(token);
    // The same error for unknown, revoked and disabled keys, because the difference would help attackers.
    if (caller === null) throw unauthenticated("This API key is not valid.");
    return caller;
  };
}

function unauthenticated(message: string): AppError {
  return new AppError({
    kind: "unauthenticated",
    message,
    hint: 'Send "Authorization: Bearer whk_…". Create a key with: webhooker apikey create.',
  });
}
