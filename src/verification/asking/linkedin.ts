/** Verifies LinkedIn, which checks every two hours that the endpoint knows the client secret. */

import type { HmacConfig, HmacRow } from "../hmac/hmac-provider.ts";
import { createHmacProvider } from "../hmac/hmac-provider.ts";
import { hmac } from "../hmac/signature.ts";
import type { Provider } from "../provider.ts";
import { readerOf } from "../request-place.ts";
import { answerJson, askedByGet, readOpaque } from "./answers.ts";
import { createAskingProvider } from "./asking-provider.ts";

const MARK = "hmacsha256=";

const row: HmacRow = {
  type: "linkedin",
  label: "LinkedIn",
  description:
    "Checks the signature of LinkedIn's requests with the app's client secret, and answers the challenge that LinkedIn sends when the URL is registered and every two hours after that.",
  secretLabel: "Client secret",
  hash: "sha256",
  encoding: "hex",
  template: `${MARK}{body}`,
  header: "X-LI-Signature",
  eventType: readerOf("$.type"),
  duplicateId: readerOf("$.notificationId"),
  recognizedBy: ["x-li-signature"],
};

const plain = createAskingProvider({
  ...row,
  handshakeMethods: ["GET"],
  questions: (key) => ({
    unsignedHandshake(request) {
      // The same key signs events, so text that could be an event is never signed for an unverified sender.
      const challengeCode = readOpaque(askedByGet(request, "challengeCode"));
      if (challengeCode === null || challengeCode.startsWith(MARK)) return null;
      const challengeResponse = Buffer.from(hmac("sha256", key, [challengeCode])).toString("hex");
      return answerJson({ challengeCode, challengeResponse });
    },
  }),
});

const marked = createHmacProvider({ ...row, prefix: MARK });

/** https://learn.microsoft.com/en-us/linkedin/shared/api-guide/webhook-validation */
export const linkedinProvider: Provider<HmacConfig> = {
  ...plain,
  prepare(config) {
    const [verifier, whenMarked] = [plain.prepare(config), marked.prepare(config)];
    return {
      ...verifier,
      // The documentation is ambiguous: the prefix is part of the signed text, and possibly of the header too.
      verify: (request) =>
        (request.headers.get(row.header)?.startsWith(MARK) ? whenMarked : verifier).verify(request),
    };
  },
};
