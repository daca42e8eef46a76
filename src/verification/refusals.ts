/** Why requests are refused, in the words that several providers share; for the entrypoint's owner. */
import { type Refusal, refused } from "./provider.ts";

export function missing(header: string): Refusal {
  return refused(`The header ${header} is missing.`);
}

export function wrongSignature({ signsUrl = false }: { signsUrl?: boolean } = {}): Refusal {
  const url = signsUrl ? ", and is BASE_URL the address that the sender calls" : "";
  return refused(`The signature is not right: is the secret the one that the sender signs with${url}?`);
}
