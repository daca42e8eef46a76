/** Builds responses to providers' challenges: never a page, and never longer than providers need. */
import type { BodyValues } from "../../bodies/body-values.ts";
import { isPacked } from "../../bodies/content-encoding.ts";
import type { HandshakeAnswer, ReceivedRequest } from "../provider.ts";
import { valuesOf } from "../request-place.ts";

/** In characters: longer than any provider's challenge, and too short to be of use to anyone else. */
const MAX_CHALLENGE_LENGTH = 2_000;
/** 1 to 500 visible ASCII characters, none of which can continue or end a header. */
const HEADER_TEXT = /^[\x21-\x7e]{1,500}$/;
/** In bytes. Challenges are short, and their sender is not yet verified, so longer bodies are not parsed. */
const MAX_QUESTION_BYTES = 16 * 1024;
/**
 * Text that may be signed for an unverified sender. It excludes braces, quotes and ampersands: with them, a stranger
 * could have the body of an event signed and then send it.
 */
const OPAQUE = /^[0-9a-z_+/.:~-]{1,500}={0,2}$/i;

/** Returns a challenge that can be echoed; null for empty or oversized text. */
export function readChallenge(text: string | null): string | null {
  return text !== null && text !== "" && text.length <= MAX_CHALLENGE_LENGTH ? text : null;
}

/** Returns a challenge that can be signed for an unverified sender; null for any other text. */
export function readOpaque(text: string | null): string | null {
  return text !== null && OPAQUE.test(text) ? text : null;
}

/** Echoes a challenge as plain text, so that the response is never a page. */
export function echo(challenge: string | null): HandshakeAnswer | null {
  const body = readChallenge(challenge);
  return body === null ? null : { status: 200, contentType: "text/plain; charset=utf-8", body };
}

export function answerJson(value: Readonly<Record<string, unknown>>): HandshakeAnswer {
  return { status: 200, contentType: "application/json", body: JSON.stringify(value) };
}

/** Echoes the text in a header; null if a header cannot hold it. */
export function echoInHeader(name: string, text: string): HandshakeAnswer | null {
  if (!HEADER_TEXT.test(text)) return null;
  const headers = { [name.toLowerCase()]: text };
  return { status: 200, contentType: "text/plain; charset=utf-8", body: "", headers };
}

/** Reads the body of an unsigned challenge; null if it is too long for one, or compressed. */
export function valuesOfQuestion(request: ReceivedRequest): BodyValues | null {
  const { headers, body } = request;
  const isOne =
    body.byteLength <= MAX_QUESTION_BYTES && !isPacked(body, headers.get("content-encoding") ?? "");
  return isOne ? valuesOf(request) : null;
}

/** Returns the text at a path; null if there is none, or the value is not text. */
export function textIn(values: BodyValues | null, path: string): string | null {
  const value = values?.at(path) ?? null;
  return value?.kind === "text" ? value.text : null;
}

/** Returns a query parameter of a GET request; null for other methods. */
export function askedByGet({ method, query }: ReceivedRequest, name: string): string | null {
  return method === "GET" ? new URLSearchParams(query).get(name) : null;
}
