/** What a question is answered with: never a page, and nothing longer than providers ask for. */
import type { BodyValues } from "../../bodies/body-values.ts";
import { isPacked } from "../../bodies/content-encoding.ts";
import type { HandshakeAnswer, ReceivedRequest } from "../provider.ts";
import { valuesOf } from "../request-place.ts";

/** Longer than any provider's, and too short to be of use to anyone else. */
const MAX_CHALLENGE_LENGTH = 2_000;
/** In characters, all of them visible ASCII: a header cannot be continued or ended by one. */
const HEADER_TEXT = /^[\x21-\x7e]{1,500}$/;
/** Bytes; questions are short. Nothing is known of who asks yet, so nothing longer is parsed for one. */
const MAX_QUESTION_BYTES = 16 * 1024;
/**
 * What may be signed for anybody who asks. No body that says something is in these letters: with braces, quotes or
 * ampersands among them a stranger could have an event signed and then send it.
 */
const OPAQUE = /^[0-9a-z_+/.:~-]{1,500}={0,2}$/i;

/** A challenge that can be repeated; null for what is none. */
export function readChallenge(text: string | null): string | null {
  return text !== null && text !== "" && text.length <= MAX_CHALLENGE_LENGTH ? text : null;
}

/** A challenge that can be signed for a stranger; null for what is none. */
export function readOpaque(text: string | null): string | null {
  return text !== null && OPAQUE.test(text) ? text : null;
}

/** Plain text whatever it is, so that what is sent back is never a page. */
export function echo(challenge: string | null): HandshakeAnswer | null {
  const body = readChallenge(challenge);
  return body === null ? null : { status: 200, contentType: "text/plain; charset=utf-8", body };
}

export function answerJson(value: Readonly<Record<string, unknown>>): HandshakeAnswer {
  return { status: 200, contentType: "application/json", body: JSON.stringify(value) };
}

/** The text as the value of a header; null for what does not fit into one. */
export function echoInHeader(name: string, text: string): HandshakeAnswer | null {
  if (!HEADER_TEXT.test(text)) return null;
  const headers = { [name.toLowerCase()]: text };
  return { status: 200, contentType: "text/plain; charset=utf-8", body: "", headers };
}

/** What the body of a question that nobody signed says; null for what is too long for one, or compressed. */
export function valuesOfQuestion(request: ReceivedRequest): BodyValues | null {
  const { headers, body } = request;
  const isOne = body.byteLength <= MAX_QUESTION_BYTES && !isPacked(headers.get("content-encoding") ?? "");
  return isOne ? valuesOf(request) : null;
}

/** The text at a path; null where there is none, or something else. */
export function textIn(values: BodyValues | null, path: string): string | null {
  const value = values?.at(path) ?? null;
  return value?.kind === "text" ? value.text : null;
}

/** A query parameter of a request by GET; null for others. */
export function askedByGet({ method, query }: ReceivedRequest, name: string): string | null {
  return method === "GET" ? new URLSearchParams(query).get(name) : null;
}
