/** Verifies Asana and Clio: their first request brings the key in X-Hook-Secret, which is echoed and stored. */
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
    "Leave empty. The first X-Hook-Secret received becomes the secret, and later ones do not replace it. Create the webhook right after saving. To accept a new secret, remove this one first.",
  unset: `No secret has been received yet. Create the webhook at the provider, which then sends ${SECRET_HEADER}.`,
} as const;

/** Stores the first key received. Later requests cannot change it; the same key is acknowledged again. */
function learnOnce(secret: string | undefined): Pick<Verifier, "unsignedHandshake"> {
  return {
    unsignedHandshake({ method, headers }) {
      const given = headers.get(SECRET_HEADER);
      if (method !== "POST" || given === null || headers.has(row.header)) return null;
      const answer = echoInHeader(SECRET_HEADER, given);
      if (answer === null) return refused(`The header ${SECRET_HEADER} does not contain a valid secret.`);
      if (secret === undefined) return { ...answer, learns: given };
      if (constantTimeEqual(given, secret)) return answer;
      return refused(
        `The handshake sent a secret that differs from the stored one. The stored one was kept; remove it to accept a new one.`,
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
    "Checks the signature of Asana's requests with the secret that Asana sends when the webhook is created. Each Asana webhook has its own secret, so create one entrypoint for each.",
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
    "Checks the signature of Clio's requests with the secret that Clio sends when the webhook is created. Each Clio webhook has its own secret, so create one entrypoint for each.",
  eventType: readerOf("$.meta.event"),
  duplicateId: readerOf(),
  recognizedBy: ["x-hook-signature", "x-clio-webhook"],
  questions: learnOnce,
});
