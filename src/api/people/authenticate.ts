/** Authenticates requests by their bearer token. */

import type { Caller } from "../../auth/api-keys.ts";
import { AppError } from "../../lib/errors.ts";
import type { ApiDeps } from "../deps.ts";

const BEARER = /^Bearer +([\w.~+/=-]{1,200})$/i;

type Authenticator = Readonly<{
  /** `from` is the client's address. Rejects with AppError `unauthenticated`. */
  authenticate: (request: Request, from: string) => Promise<Caller>;
  /** Whether the request's key still works; for responses that take long. */
  isKeyUsable: (request: Request) => boolean;
}>;

export function createAuthenticator(apiKeys: ApiDeps["apiKeys"]): Authenticator {
  function findCaller(header: string): Caller | null {
    const token = BEARER.exec(header)?.[1];
    return token === undefined ? null : apiKeys.authenticate(token);
  }

  return {
    async authenticate(request, from) {
      const header = request.headers.get("authorization");
      if (header === null) throw unauthenticated("This request needs an API key.");
      const caller = findCaller(header);
      // The same error for unknown, revoked, expired and disabled keys, because the difference would help attackers.
      if (caller === null) throw unauthenticated("This API key is not valid.");
      apiKeys.uses.note({ id: caller.apiKeyId, from });
      return caller;
    },
    isKeyUsable: (request) => findCaller(request.headers.get("authorization") ?? "") !== null,
  };
}

function unauthenticated(message: string): AppError {
  return new AppError({
    kind: "unauthenticated",
    message,
    hint: 'Send "Authorization: Bearer whk_…". Create a key with: webhooker apikey create.',
  });
}
