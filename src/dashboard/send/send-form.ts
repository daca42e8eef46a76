/** Fills the form that sends an event, from a sample or a stored event, and reads it. */
import { decodeShown } from "../../bodies/shown-text.ts";
import { REDACTED } from "../../settings/sealed-config.ts";
import { contentEncodingOf, type HeaderPairs, type StoredEvent } from "../../storage/event-db/types.ts";
import { isNotSent, SENDABLE_METHODS } from "../../webhooks/own-event-input.ts";
import type { FormInput } from "../forms.ts";
import type { Sample } from "./sample.ts";

/** Longer bodies are sent as they are: a form grows to three times its text. */
const MAX_EDITED_BYTES = 64 * 1024;

/** Values by field name. */
export type Filled = Readonly<{
  entrypoint: string;
  target: string;
  method: string;
  path: string;
  query: string;
  headers: string;
  /** Null if the body cannot be edited: then the one of the event `copy_of` is sent. */
  body: string | null;
  copy_of: string;
}>;

type Chosen = Readonly<{ entrypoint: string; target: string }>;

export function fillFromSample(sample: Sample, chosen: Chosen, now: number): Filled {
  return {
    ...chosen,
    method: "POST",
    path: "",
    query: "",
    headers: headersText(sample.headers),
    body: sample.body(now),
    copy_of: "",
  };
}

export function fillFromEvent(event: StoredEvent, chosen: Chosen): Filled {
  const isKnown = SENDABLE_METHODS.some((method) => method === event.method);
  return {
    ...chosen,
    method: isKnown ? event.method : "POST",
    path: event.pathTail,
    query: event.query,
    headers: headersText(event.headers.filter(([name, value]) => !isNotSent(name) && value !== REDACTED)),
    body: editableBody(event),
    copy_of: event.id,
  };
}

/** Null for what a text area would change: bytes that are no text, carriage returns, and much text. */
function editableBody({ body, headers }: StoredEvent): string | null {
  if (body.byteLength > MAX_EDITED_BYTES || contentEncodingOf(headers) !== "") return null;
  const text = decodeShown(body, "utf-8", MAX_EDITED_BYTES);
  // biome-ignore lint/suspicious/noControlCharactersInRegex: a form may drop them
  return text === null || /[\x00-\x08\x0b-\x1f\ufeff]/.test(text) ? null : text;
}

function headersText(headers: HeaderPairs): string {
  return headers.map(([name, value]) => `${name}: ${value}`).join("\n");
}

export function readFilled(form: FormInput): Filled {
  const text = (name: string) => form[name] ?? "";
  return {
    entrypoint: text("entrypoint"),
    target: text("target"),
    method: text("method"),
    path: text("path").trim(),
    query: text("query").trim(),
    headers: text("headers"),
    // Browsers send every line end as a carriage return and a line feed.
    body: form.body?.replaceAll("\r\n", "\n") ?? (form.copy_of ? null : ""),
    copy_of: text("copy_of"),
  };
}

/** As the use case reads it; `original` is the event whose body is sent unchanged. */
export function toInput(filled: Filled, original: Pick<StoredEvent, "body"> | null): unknown {
  const { entrypoint, target, method, path, query, headers, body, copy_of } = filled;
  return {
    entrypoint_id: entrypoint,
    method,
    path,
    query,
    headers: headerLines(headers),
    ...(target !== "" && { target_id: target }),
    ...(copy_of !== "" && { copy_of }),
    ...(body === null && original !== null
      ? { body_base64: Buffer.from(original.body).toString("base64") }
      : { body: body ?? "" }),
  };
}

/** One header a line; a line without a colon is a name that the use case refuses. */
function headerLines(text: string): [string, string][] {
  return text
    .split(/\r?\n/)
    .map((line) => line.trim())
    .filter((line) => line !== "")
    .map((line) => {
      const colon = line.indexOf(":");
      if (colon === -1) return [`${line} `, ""];
      return [line.slice(0, colon).trim(), line.slice(colon + 1).trim()];
    });
}
