/** Verifies what is signed by HMAC, after a description of what is signed, how, and where the signature stands. */
import { judgeFreshness } from "./freshness.ts";
import { ACCEPTED, type ReceivedRequest, type Refusal, refused, type Verdict } from "./provider.ts";
import { missing, wrongSignature } from "./refusals.ts";
import { readerOf } from "./request-place.ts";
import { decode, type Encoding, type Hash, hmac, matchesAny } from "./signature.ts";
import { compileTemplate } from "./signed-template.ts";

export type HmacScheme = Readonly<{
  hash: Hash;
  encoding: Encoding;
  /** See signed-template.ts. */
  template: string;
  /** The header that holds the signature. */
  header: string;
  /** What stands before the signature: "sha256=". */
  prefix?: string | undefined;
  /** Where the header is a list of `name=value`: several signatures of that name, and the time. */
  list?: Readonly<{ separator: string; signature: string; timestamp: string }>;
  idHeader?: string | undefined;
  timestampHeader?: string | undefined;
  /** Where the time stands in the body, which is read once the signature is right. */
  bodyTimestamp?: string;
}>;

/** Signatures in one header beyond these are not looked at: no sender rotates through more. */
const MAX_SIGNATURES = 10;

type Found = Readonly<{ signatures: readonly Uint8Array[]; timestamp: string | null }>;

/** `toleranceSeconds` null: the time, where there is one, is not looked at. */
export function createHmacVerify(options: {
  scheme: HmacScheme;
  keys: readonly Uint8Array[];
  toleranceSeconds: number | null;
}): (request: ReceivedRequest) => Verdict {
  const { scheme, keys, toleranceSeconds } = options;
  const { header, idHeader, timestampHeader } = scheme;
  const template = compileTemplate(scheme.template);
  const readBodyTimestamp = scheme.bodyTimestamp === undefined ? null : readerOf(scheme.bodyTimestamp);

  function read({ headers }: ReceivedRequest): Found | Refusal {
    const text = headers.get(header);
    if (text === null) return missing(header);
    const { texts, timestamp } = split(text, scheme);
    const signatures = texts.slice(0, MAX_SIGNATURES).map((one) => decode(one, scheme.encoding));
    const readable = signatures.filter((one) => one !== null);
    if (readable.length === 0) return refused(`The header ${header} does not hold a signature in its form.`);
    return {
      signatures: readable,
      timestamp: timestampHeader === undefined ? timestamp : headers.get(timestampHeader),
    };
  }

  return (request) => {
    const found = read(request);
    if ("accepted" in found) return found;
    const { signatures, timestamp } = found;
    const id = idHeader === undefined ? null : request.headers.get(idHeader);
    if (id === null && template.uses("id")) return missing(idHeader ?? header);
    if (timestamp === null && template.uses("timestamp")) return missing(timestampHeader ?? header);

    const { body, url } = request;
    const signed = template.fill({ id: id ?? "", timestamp: timestamp ?? "", body, url });
    const right = keys.map((key) => hmac(scheme.hash, key, signed));
    if (!matchesAny(signatures, right)) return wrongSignature({ signsUrl: template.uses("url") });

    if (toleranceSeconds === null) return ACCEPTED;
    return judgeFreshness({
      timestamp: readBodyTimestamp ? readBodyTimestamp(request) : timestamp,
      receivedAt: request.receivedAt,
      toleranceSeconds,
    });
  };
}

function split(text: string, { list, prefix = "" }: HmacScheme) {
  if (!list) return { texts: text.startsWith(prefix) ? [text.slice(prefix.length)] : [], timestamp: null };
  const texts: string[] = [];
  let timestamp: string | null = null;
  for (const item of text.split(list.separator)) {
    const mark = item.indexOf("=");
    const name = item.slice(0, mark).trim();
    const value = item.slice(mark + 1).trim();
    if (name === list.signature) texts.push(value);
    else if (name === list.timestamp) timestamp ??= value;
  }
  return { texts, timestamp };
}
