/** LinkedIn, which asks every two hours whether the URL knows the client secret. */

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
      // The same key signs the events, so no text that could be one is signed for whoever asks.
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
      // The documentation can be read either way: the mark stands in what is signed, and perhaps in the header too.
      verify: (request) =>
        (request.headers.get(row.header)?.startsWith(MARK) ? whenMarked : verifier).verify(request),
    };
  },
};
