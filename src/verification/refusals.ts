/** Refusal reasons shared by several providers, shown to the entrypoint's owner. */
import { type Refusal, refused } from "./provider.ts";

export function missing(header: string): Refusal {
  return refused(`The header ${header} is missing.`);
}

export function wrongSignature({ signsUrl = false }: { signsUrl?: boolean } = {}): Refusal {
  const url = signsUrl ? ", and that BASE_URL is the address the sender calls" : "";
  return refused(`Signature mismatch. Check that this is the sender's signing secret${url}.`);
}
