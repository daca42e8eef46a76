/** Says in one line what a body is about: its first telling fields, such as "order 4711 · 120.00 EUR". */
import { isFormType } from "./form-values.ts";
import { type LeadingField, listFormFields, listJsonFields } from "./leading-fields.ts";

/** Bytes of a body that its preview is made from. */
export const PREVIEW_BYTES = 4 * 1024;

const MAX_PARTS = 3;
const MAX_VALUE_CHARS = 40;
const MAX_TEXT_CHARS = 100;

/** Names of wrappers, which say nothing of what is in them. */
const WRAPPERS = new Set(
  (
    "data object payload attributes resource detail event record body result params fields properties content item " +
    "items entity message notification new"
  ).split(" "),
);
/** Things beside the one that the event is about. */
const BYSTANDERS =
  /^(?:sender|user|owner|installation|organization|links?|meta|metadata|headers|context|previous)/i;
/** Objects around the thing: their names are worth a word, their ids are not. */
const HOLDERS = /^(?:repository|project|account|workspace|team|company|shop|store)$/i;

const SEEN = /[^\p{Cc}\p{Cf}\p{Cs}\s]/u;

const NUMBER = /^(?:.*[a-z_-])?(?:number|reference)$/i;
const ID = /^(?:.*[a-z\d][_-]?)?(?:id|Id|ID)$/;
const AMOUNT =
  /^(?:amount(?:[_-]?(?:total|due|paid|received))?|(?:grand|current)?[_-]?total(?:[_-]?(?:price|amount))?|price)$/i;
const CURRENCY = /^(?:currency(?:[_-]?code)?|[a-z]+[_-]currency)$/i;
const TITLE = /^(?:name|full[_-]?name|title|subject|ref|login|key|sku)$/i;
const STATE = /^(?:status|state|action|conclusion|result|outcome)$/i;
const WORDS = /^(?:message|text|description|summary|email|from|reason|error|msg)$/i;

/**
 * `start` is the body's first PREVIEW_BYTES bytes, or all of it. Null for what is not text, and where nothing can be
 * read without decompression. The values are the sender's: escape them.
 */
export function previewOf(
  start: Uint8Array,
  { contentType, isCut, type }: Readonly<{ contentType: string; isCut: boolean; type: string | null }>,
): string | null {
  if (isFormType(contentType)) return describe(listFormFields(start, isCut), type);
  const text = decode(start, isCut);
  if (text === null) return null;
  if (/^\s*[[{]/.test(text)) return describe(listJsonFields(text), type);
  if (!/^text\/plain\b/i.test(contentType)) return null;
  return shorten(text.trim().split("\n", 1)[0] ?? "", MAX_TEXT_CHARS) || null;
}

/** Null for bytes that are not UTF-8 text; a character that is cut at the end is dropped. */
function decode(start: Uint8Array, isCut: boolean): string | null {
  try {
    const text = new TextDecoder("utf-8", { fatal: true }).decode(start, { stream: isCut });
    // biome-ignore lint/suspicious/noControlCharactersInRegex: they tell binary data from text
    return /[\0-\x08\x0e-\x1f]/.test(text) ? null : text;
  } catch {
    return null;
  }
}

function describe(all: readonly LeadingField[], type: string | null): string | null {
  const fields = all.filter((field) => isTelling(field, type));
  const identity = findBest(fields, identityRank);
  const amount = fields.find(
    ({ path, isNumber, text }) => AMOUNT.test(last(path)) && (isNumber || /^-?\d/.test(text)),
  );
  const parts = [
    identity && labelled(identity),
    amount && withCurrency(amount, fields),
    ...[TITLE, STATE, WORDS].map((names) => textOf(fields.find(({ path }) => names.test(last(path))))),
  ].filter((part) => part !== undefined);
  const chosen = parts.length > 0 ? parts : fields.slice(0, 2).map(labelled);
  return chosen.length === 0 ? null : [...new Set(chosen)].slice(0, MAX_PARTS).join(" · ");
}

function isTelling({ path, text }: LeadingField, type: string | null): boolean {
  if (path.length === 0 || path.slice(0, -1).some((name) => BYSTANDERS.test(name))) return false;
  return text !== type && SEEN.test(text) && text.length <= 300 && !/^https?:\/\//i.test(text);
}

/** Smaller is better; null for a field that names nothing. */
function identityRank({ path, text }: LeadingField): number | null {
  const name = last(path);
  if (text.length > 64 || path.slice(0, -1).some((each) => HOLDERS.test(each))) return null;
  if (NUMBER.test(name)) return 0;
  if (!ID.test(name)) return null;
  // The id at the top is often that of the message, not that of the thing.
  return path.length > 1 ? 1 : /^id$/i.test(name) ? 3 : 2;
}

function findBest<T>(items: readonly T[], rankOf: (item: T) => number | null): T | undefined {
  let best: { item: T; rank: number } | undefined;
  for (const item of items) {
    const rank = rankOf(item);
    if (rank !== null && (best === undefined || rank < best.rank)) best = { item, rank };
  }
  return best?.item;
}

/** "order 4711" for order.id, order_id and orderNumber. */
function labelled({ path, text }: LeadingField): string {
  const name = last(path);
  const stem = name.replace(/[_-]?(?:id|number)$/i, "");
  const parent = path.at(-2);
  const isBare = stem === "" || stem === name;
  const label =
    stem === "" && parent !== undefined && !WRAPPERS.has(parent.toLowerCase())
      ? parent
      : isBare
        ? name
        : stem;
  return `${shorten(label, MAX_VALUE_CHARS)} ${shorten(text, MAX_VALUE_CHARS)}`;
}

/** With decimals the amount is plain; without, it may be in cents, and its name says what it is. */
function withCurrency(amount: LeadingField, fields: readonly LeadingField[]): string {
  const beside = amount.path.slice(0, -1).join(".");
  const currency = fields.find(
    ({ path, text }) =>
      CURRENCY.test(last(path)) && text.length <= 5 && path.slice(0, -1).join(".") === beside,
  );
  const value = shorten(amount.text, MAX_VALUE_CHARS);
  const number = /\.\d{1,2}$/.test(value) && currency ? value : `${last(amount.path)} ${value}`;
  return currency ? `${number} ${currency.text.toUpperCase()}` : number;
}

function textOf(field: LeadingField | undefined): string | undefined {
  return field && shorten(field.text, MAX_VALUE_CHARS);
}

function last(path: readonly string[]): string {
  return path.at(-1) ?? "";
}

/** On one line, without characters that are not seen or turn the direction of what follows. */
function shorten(text: string, most: number): string {
  const line = text
    .slice(0, most * 4)
    .replace(/[\p{Cc}\p{Cf}\p{Cs}\s]+/gu, " ")
    .trim();
  const characters = [...line];
  return characters.length <= most ? line : `${characters.slice(0, most - 1).join("")}…`;
}
