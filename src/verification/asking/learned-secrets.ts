/** Asana and Clio, whose first request brings the key in X-Hook-Secret, to be sent back and kept. */
import { constantTimeEqual } from "../../lib/crypto.ts";
import { refused, type Verifier } from "../provider.ts";
import { readerOf } from "../request-place.ts";
import { echoInHeader } from "./answers.ts";
import { createLaterProvider } from "./asking-provider.ts";

const SECRET_HEADER = "X-Hook-Secret";

const row = {
  hash: "sha256",
  encoding: "hex",
  template: "{body}",
  header: "X-Hook-Signature",
  secretLabel: "Hook secret",
  secretHelp:
    "Leave empty: the first X-Hook-Secret that arrives becomes the secret, and no later one replaces it. Create the webhook right after saving; to take a new secret, remove this one first.",
  unset: `No handshake has brought a secret yet: create the webhook at the provider, which then sends ${SECRET_HEADER}.`,
} as const;

/** Whoever comes first sets the key, whoever comes later cannot change it, and the same one may ask again. */
function learnOnce(secret: string | undefined): Pick<Verifier, "unsignedHandshake"> {
  return {
    unsignedHandshake({ method, headers }) {
      const given = headers.get(SECRET_HEADER);
      if (method !== "POST" || given === null || headers.has(row.header)) return null;
      const answer = echoInHeader(SECRET_HEADER, given);
      if (answer === null) return refused(`The header ${SECRET_HEADER} does not hold a secret in its form.`);
      if (secret === undefined) return { ...answer, learns: given };
      if (constantTimeEqual(given, secret)) return answer;
      return refused(
        `A handshake brought another secret than the one that is stored, which stays. Remove that to take a new one.`,
      );
    },
  };
}

/** https://developers.asana.com/docs/webhooks-guide#the-webhook-handshake */
export const asanaProvider = createLaterProvider({
  ...row,
  type: "asana",
  label: "Asana",
  description:
    "Checks the signature of Asana's requests, with the secret that Asana's handshake brings when the webhook is created. Each Asana webhook has a secret of its own, so give each an entrypoint.",
  eventType: readerOf(),
  duplicateId: readerOf(),
  recognizedBy: ["x-hook-signature"],
  questions: learnOnce,
});

/** https://docs.developers.clio.com/guides/clio-manage/webhooks/ */
export const clioProvider = createLaterProvider({
  ...row,
  type: "clio",
  label: "Clio",
  description:
    "Checks the signature of Clio's requests, with the secret that Clio's handshake brings when the webhook is created. Each Clio webhook has a secret of its own, so give each an entrypoint.",
  eventType: readerOf("$.meta.event"),
  duplicateId: readerOf(),
  recognizedBy: ["x-hook-signature", "x-clio-webhook"],
  questions: learnOnce,
});
