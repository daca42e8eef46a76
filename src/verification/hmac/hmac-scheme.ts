/** Verifies signatures by a description of what is signed, how, and where the request carries the signature. */
import { isInBody, JSON_MARK } from "../../settings/value-path.ts";
import { readingsOf, withoutParameter } from "../called-url.ts";
import { judgeFreshness } from "../freshness.ts";
import { ACCEPTED, type ReceivedRequest, refused, type Verdict, type Verifier } from "../provider.ts";
import { missing, wrongSignature } from "../refusals.ts";
import { readerOf, textAt, whenReadable } from "../request-place.ts";
import { runSteps, type Steps } from "../steps.ts";
import { type Hash, hmac, matchesAny } from "./signature.ts";
import { createListReader, type ListForm } from "./signature-list.ts";
import { compileTemplate } from "./signed-template.ts";

export type HmacScheme = SignedScheme & Readonly<{ hash: Hash }>;

type SignedScheme = ListForm &
  Readonly<{
    /** See signed-template.ts. */
    template: string;
    /** Where the signature is: a header name, "?" and a query parameter, or "$." and a path in the JSON body. */
    signatureFrom: string;
    idHeader?: string | undefined;
    timestampHeader?: string | undefined;
    /** The path of the timestamp in the body; read only after the signature is verified. */
    bodyTimestamp?: string;
  }>;

export const QUERY_MARK = "?";

/** `toleranceSeconds` null: do not check the timestamp. */
export function createHmacVerify(options: {
  scheme: HmacScheme;
  keys: readonly Uint8Array[];
  toleranceSeconds: number | null;
}): Verifier["verify"] {
  const { scheme, keys, toleranceSeconds } = options;
  return createSchemeVerify({
    scheme,
    toleranceSeconds,
    *isSigned(parts, signatures) {
      let isRight = false;
      for (const key of keys) {
        yield;
        if (matchesAny(signatures, [hmac(scheme.hash, key, parts)])) isRight = true;
      }
      return isRight;
    },
  });
}

/** Returns whether one of the signatures is valid for the signed text. */
export type IsSigned = (
  parts: readonly (string | Uint8Array)[],
  signatures: readonly Uint8Array[],
) => Steps<boolean>;

/** Verifies any kind of signature. */
export function createSchemeVerify(options: {
  scheme: SignedScheme;
  isSigned: IsSigned;
  toleranceSeconds: number | null;
}): Verifier["verify"] {
  const { scheme, isSigned, toleranceSeconds } = options;
  const { idHeader, timestampHeader } = scheme;
  const template = compileTemplate(scheme.template);
  const [signsUrl, signsTime, signsId] = [
    template.uses("url"),
    template.uses("timestamp"),
    template.uses("id"),
  ];
  const place = placeOf(scheme.signatureFrom);
  const readList = createListReader(scheme);
  const readBodyTimestamp = scheme.bodyTimestamp === undefined ? null : readerOf(scheme.bodyTimestamp);
  const urlsOf = signsUrl ? ({ url }: ReceivedRequest) => readingsOf(place.urlSigned(url)) : plainUrl;

  function* verifyInSteps(request: ReceivedRequest): Steps<Verdict> {
    const { headers } = request;
    const text = place.read(request);
    if (text === null) return place.missing;
    const { signatures, timestamps } = readList(text);
    if (signatures.length === 0)
      return refused(`${place.label} does not contain a signature in the expected format.`);
    const id = idHeader === undefined ? null : headers.get(idHeader);
    if (id === null && signsId && idHeader !== undefined) return missing(idHeader);
    for (const name of template.headers) if (!headers.has(name)) return missing(name);
    const times: readonly string[] =
      timestampHeader === undefined ? timestamps : [headers.get(timestampHeader)].filter(isGiven);
    if (signsTime && times.length === 0)
      return timestampHeader === undefined
        ? refused(`${place.label} contains no timestamp.`)
        : missing(timestampHeader);

    let verdict: Verdict = wrongSignature({ signsUrl });
    for (const timestamp of signsTime ? times : [""]) {
      let isRight = false;
      for (const url of urlsOf(request)) {
        const parts = template.fill({ request, url, id: id ?? "", timestamp });
        isRight ||= yield* isSigned(parts, signatures);
      }
      if (!isRight) continue;
      if (toleranceSeconds === null) return ACCEPTED;
      verdict = judgeFreshness({
        timestamp: readBodyTimestamp ? readBodyTimestamp(request) : timestamp,
        receivedAt: request.receivedAt,
        toleranceSeconds,
      });
      if (verdict.accepted) return verdict;
    }
    return verdict;
  }

  const verify = (request: ReceivedRequest) => runSteps(verifyInSteps(request), request.body.byteLength);
  const readsBody = isInBody(scheme.signatureFrom) || template.readsBody || readBodyTimestamp !== null;
  return readsBody ? whenReadable(verify) : verify;
}

function plainUrl({ url }: ReceivedRequest): readonly string[] {
  return [url];
}

function isGiven(text: string | null): text is string {
  return text !== null;
}

/** Describes where the signature is. `urlSigned` removes from the URL what cannot have been signed. */
function placeOf(from: string) {
  const unchanged = (url: string) => url;
  if (from.startsWith(QUERY_MARK)) {
    const name = from.slice(QUERY_MARK.length);
    return {
      read: ({ query }: ReceivedRequest) => parameterOf(query, name),
      label: `The query parameter ${name}`,
      missing: refused(`The query parameter ${name} is missing.`),
      urlSigned: (url: string) => withoutParameter(url, name),
    };
  }
  if (from.startsWith(JSON_MARK)) {
    return {
      read: (request: ReceivedRequest) => textAt(request, from.slice(JSON_MARK.length)),
      label: `The value at ${from}`,
      missing: refused(`The body has no text at ${from}.`),
      urlSigned: unchanged,
    };
  }
  return {
    read: ({ headers }: ReceivedRequest) => headers.get(from),
    label: `The header ${from}`,
    missing: missing(from),
    urlSigned: unchanged,
  };
}

/** Not decoded as form data: an unescaped "+" of base64 must stay a "+". */
function parameterOf(query: string, name: string): string | null {
  const pair = query.split("&").find((each) => each.startsWith(`${name}=`));
  if (pair === undefined) return null;
  try {
    return decodeURIComponent(pair.slice(name.length + 1));
  } catch {
    return "";
  }
}
