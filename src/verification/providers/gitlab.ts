/** Verifies GitLab, which sends a secret token in a header; newer versions also sign by Standard Webhooks. */
import { z } from "zod";
import { secretFields, secretShape } from "../config-fields.ts";
import { ACCEPTED, type Provider, type ReceivedRequest, refused, type Verdict } from "../provider.ts";
import { missing } from "../refusals.ts";
import { readerOf } from "../request-place.ts";
import {
  bytesOfHeader,
  createSecretComparison,
  headerOfBytes,
  refuseForHeader,
  type SecretComparison,
} from "../secret-comparison.ts";
import { finish } from "../steps.ts";
import { createStandardSign, isStandard, readStandardKey, verifyStandard } from "./standard-webhooks.ts";

const SIGNING_TOKEN = "whsec_";
const TOKEN_HEADER = "X-Gitlab-Token";

const configSchema = z.strictObject(secretShape).superRefine((config, context) => {
  for (const name of ["secret", "previous_secret"] as const) {
    const value = config[name];
    if (value?.startsWith(SIGNING_TOKEN) && readStandardKey(value) === null)
      context.addIssue({ code: "custom", path: [name], message: "is not a signing token" });
  }
});

export const gitlabProvider: Provider<z.infer<typeof configSchema>> = {
  type: "gitlab",
  label: "GitLab",
  description:
    "Checks GitLab's requests with the webhook's secret token, or their signature with its signing token (whsec_…).",
  configSchema,
  inputSchema: configSchema.superRefine(refuseForHeader),
  fields: secretFields("Secret token or signing token"),
  recognizes: (headers) => headers.has("x-gitlab-event"),
  prepare({ secret, previous_secret: previous }) {
    const all = previous === undefined ? [secret] : [secret, previous];
    const isSigningToken = (text: string) => text.startsWith(SIGNING_TOKEN);
    const tokens = all.filter((text) => !isSigningToken(text));
    const tokenChecks = tokens.map((token) => createSecretComparison({ secret: token }));
    const keys = all
      .filter(isSigningToken)
      .map(readStandardKey)
      .filter((key) => key !== null);
    return {
      verify(request) {
        if (keys.length > 0 && (tokens.length === 0 || isStandard(request.headers)))
          return acceptedOr(finish(verifyStandard({ request, keys })), () =>
            verifyToken(request, tokenChecks),
          );
        return verifyToken(request, tokenChecks);
      },
      sign: isSigningToken(secret)
        ? createStandardSign(secret)
        : () => ({ headers: [[TOKEN_HEADER, headerOfBytes(secret)]] }),
      secretPlace: { in: "header", name: TOKEN_HEADER },
      eventType: readerOf("X-Gitlab-Event"),
      // The same for a request and its retries. X-Gitlab-Event-UUID is shared by all requests that follow from one
      // event.
      duplicateId: readerOf("Idempotency-Key"),
    };
  },
};

/** Accepts either check while a signing token replaces a secret token. */
function acceptedOr(first: Verdict, another: () => Verdict): Verdict {
  return first.accepted || !another().accepted ? first : ACCEPTED;
}

function verifyToken({ headers }: ReceivedRequest, tokens: readonly SecretComparison[]): Verdict {
  const given = headers.get(TOKEN_HEADER);
  if (given === null) return missing(TOKEN_HEADER);
  const matches = tokens.map((isRight) => isRight(bytesOfHeader(given)));
  return matches.includes(true)
    ? ACCEPTED
    : refused("The secret token does not match. Check that both sides have the same one.");
}
