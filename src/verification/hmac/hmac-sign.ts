/** Signs a request as the sender would, for events that an entrypoint's owner sends. */
import { newId } from "../../lib/ids.ts";
import { isInBody } from "../../settings/value-path.ts";
import type { Verifier } from "../provider.ts";
import { type HmacScheme, QUERY_MARK } from "./hmac-scheme.ts";
import { type Encoding, hmac } from "./signature.ts";
import { compileTemplate } from "./signed-template.ts";

/** Undefined if the signature is not in a header: it could not be added without changing what is signed. */
export function createHmacSign(scheme: HmacScheme, key: Uint8Array | undefined): Verifier["sign"] {
  const { signatureFrom, idHeader, timestampHeader } = scheme;
  if (key === undefined || signatureFrom.startsWith(QUERY_MARK) || isInBody(signatureFrom)) return undefined;
  const template = compileTemplate(scheme.template);
  return (request) => {
    const timestamp = String(Math.floor(request.receivedAt / 1_000));
    const id = (idHeader === undefined ? null : request.headers.get(idHeader)) ?? newId();
    const { url } = request;
    const parts = template.fill({ request, url, id, timestamp });
    const signature = encode(hmac(scheme.hash, key, parts), scheme.encoding);
    return {
      headers: [
        [signatureFrom, listOf(scheme, { signature, timestamp })],
        ...(idHeader === undefined ? [] : [[idHeader, id] as const]),
        ...(timestampHeader === undefined ? [] : [[timestampHeader, timestamp] as const]),
      ],
    };
  };
}

function listOf(scheme: HmacScheme, { signature, timestamp }: { signature: string; timestamp: string }) {
  const { prefix = "", signatureKeys, timestampKey, separator = ",", keySeparator = "=" } = scheme;
  const [signatureKey] = signatureKeys ?? [];
  if (signatureKey === undefined) return prefix + signature;
  const pairs = [
    ...(timestampKey === undefined ? [] : [[timestampKey, timestamp]]),
    [signatureKey, prefix + signature],
  ];
  return pairs.map((pair) => pair.join(keySeparator)).join(separator.charAt(0));
}

function encode(bytes: Uint8Array, encoding: Encoding): string {
  const buffer = Buffer.from(bytes);
  return encoding === "base64-of-hex"
    ? Buffer.from(buffer.toString("hex")).toString("base64")
    : buffer.toString(encoding);
}
