/** Interprets the reply of a Slack-compatible chat: whether it accepted the message, and if not, why. */
import { isRecord } from "../lib/records.ts";

/** Longer JSON is not parsed: a reply that accepts or refuses is short. */
const MAX_PARSED = 16 * 1024;
/** Maximum length of a reason, which pages and notices show. */
const MAX_REASON = 200;
/** Longer plain text is a page or a document, in which any word may occur. */
const MAX_SENTENCE = 300;

const PAGE = /^<(?:!|html|head|body|\?xml)/i;
/** Error names of Slack and Mattermost: "no_text", "channel_is_archived". */
const FAULT_NAME = /^[a-z]+(?:_[a-z]+)+$/;
const GOOD_NAME = /_(?:ok|success|sent|received|accepted|queued|posted|delivered)$/;
const NO = ["no", "nok", "ko", "false", "0"];
/** Wording of Microsoft Teams: "Webhook message delivery failed with error: …". */
const FAULT_WORDS = /\b(?:fail(?:ed|ure|s)?|errors?|invalid|denied|forbidden|unauthori[sz]ed|not found)\b/i;
const NO_FAULT =
  /\b(?:no|0|zero|without) (?:errors?|failures?|failed)\b|\b(?:errors?|failures?|failed)\s?[:=]\s?0\b/i;
/** A sentence that begins so is about a message that was accepted, as in "Posted to #build-failures". */
const GOOD_START =
  /^(?:ok(?:ay)?|success(?:ful(?:ly)?)?|accepted|sent|posted|delivered|queued|(?:the |your )?(?:message|notification)s? (?:was |were |has been |have been )?(?:successfully )?(?:sent|posted|delivered|accepted|received|queued|forwarded))\b(?! ?=|: ?(?:false|no|0)\b)/i;
/** Words for "no error". */
const NOTHING = ["", "0", "false", "n/a", "nil", "no", "none", "null", "ok", "success"];

const YES_OR_NO = ["ok", "success", "succeeded"];
/** "success" from Zulip, "ok" from others. */
const STATUS_WORDS = ["result", "status"];
const MESSAGES = ["errmsg", "msg", "message", "StatusMessage"];
const GOOD_WORDS = ["ok", "success", "successful", "succeeded", "accepted", "sent", "partially_completed"];
const BAD_WORDS = ["error", "fail", "failed", "failure", "invalid", "ng"];
/** DingTalk and WeCom, both generations of Lark and Feishu, Mattermost, Telegram. */
const CODES = [
  "errcode",
  "StatusCode",
  "code",
  "status_code",
  "statusCode",
  "error_code",
  "errorCode",
  "ret",
];
const ERRORS = ["error", "errors"];
const REASONS = ["error", "errmsg", "msg", "message", "StatusMessage", "description", "detail", "errors"];

/**
 * Returns why a 2xx reply did not accept the message; null if it did. Chats use their own wording, so only an explicit
 * refusal counts: posting an accepted message again is worse than missing an unknown fault.
 */
export function faultInReply(body: Uint8Array): string | null {
  const text = new TextDecoder().decode(body).trim();
  const reply = readObject(text);
  return reply === null ? faultInText(text.replaceAll(/^"|"$/g, "")) : faultInObject(reply);
}

/** Returns the chat's own words for a fault; null if it gives none. */
export function reasonInReply(body: Uint8Array): string | null {
  const text = new TextDecoder().decode(body).trim();
  const reply = readObject(text);
  if (reply !== null) return reasonIn(reply);
  return FAULT_NAME.test(text) || /^[a-z]{1,80}$/.test(text) ? shown(text) : null;
}

function faultInText(text: string): string | null {
  if (PAGE.test(text)) return "it responded with an HTML page. Check that the URL is an incoming webhook.";
  if (text.length > MAX_SENTENCE) return null;
  if (FAULT_NAME.test(text)) return GOOD_NAME.test(text) ? null : shown(text);
  if (NO.includes(text.toLowerCase())) return shown(text);
  return FAULT_WORDS.test(text) && !isGoodSentence(text) ? shown(text) : null;
}

function isGoodSentence(text: string): boolean {
  return NO_FAULT.test(text) || GOOD_START.test(text);
}

function faultInObject(reply: Readonly<Record<string, unknown>>): string | null {
  const said = saysYes(reply);
  if (said === true) return null;
  if (said === null && !hasBadCode(reply) && !ERRORS.some((key) => isSomething(reply[key]))) return null;
  return reasonIn(reply) ?? "the response reports a failure";
}

/** Returns null if the reply says neither. */
function saysYes(reply: Readonly<Record<string, unknown>>): boolean | null {
  let said: boolean | null = null;
  for (const key of YES_OR_NO) {
    const value = reply[key];
    if (value === false || value === "false" || value === 0) return false;
    if (value === true || value === "true" || value === 1) said = true;
  }
  for (const key of STATUS_WORDS) {
    const value = reply[key];
    if (typeof value === "string" && BAD_WORDS.includes(value.toLowerCase())) return false;
    const isText = typeof value === "string";
    if (value === false || ((isText || typeof value === "number") && Number(value) >= 400)) return false;
    if (isGoodWord(value)) said = true;
  }
  return said ?? (MESSAGES.some((key) => isGoodMessage(reply[key])) ? true : null);
}

function isGoodMessage(value: unknown): boolean {
  return (
    isGoodWord(value) || (typeof value === "string" && GOOD_START.test(value) && !FAULT_WORDS.test(value))
  );
}

function isGoodWord(value: unknown): boolean {
  return typeof value === "string" && GOOD_WORDS.includes(value.toLowerCase());
}

/** 0 and codes that look like a 2xx status are good; words such as "BAD_REQUEST" are left to the other checks. */
function hasBadCode(reply: Readonly<Record<string, unknown>>): boolean {
  return CODES.some((key) => {
    const value = reply[key];
    const isNumber = typeof value === "number" || (typeof value === "string" && /^-?\d{1,10}$/.test(value));
    if (!isNumber) return false;
    const code = Number(value);
    return code !== 0 && (code < 200 || code >= 300);
  });
}

/** Whether the value of "error" or "errors" tells of one. Objects with a count or a code of zero tell of none. */
function isSomething(value: unknown): boolean {
  if (Array.isArray(value)) return value.length > 0;
  if (!isRecord(value)) return isError(value);
  if (CODES.some((key) => value[key] === 0 || value[key] === "0")) return false;
  return Object.values(value).some((inner) => isError(inner));
}

function isError(value: unknown): boolean {
  if (typeof value === "string") return !NOTHING.includes(value.trim().toLowerCase());
  return value !== undefined && value !== null && value !== false && value !== 0;
}

function reasonIn(reply: Readonly<Record<string, unknown>>): string | null {
  for (const key of REASONS) {
    const value = reply[key];
    const inner = Array.isArray(value) ? value[0] : value;
    const text = isRecord(inner) ? inner.message : inner;
    if (typeof text !== "string" || text.trim() === "") continue;
    const code = CODES.map((each) => reply[each]).find((each) => typeof each === "number" && each !== 0);
    return shown(code === undefined ? text.trim() : `${text.trim()} (${code})`);
  }
  return null;
}

/** Returns one line without characters that a terminal or a page would act on. */
function shown(text: string): string {
  const line = text.replaceAll(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\s]+/gu, " ");
  if (line.length <= MAX_REASON) return line;
  return `${line.slice(0, MAX_REASON - 1).replace(/[\ud800-\udbff]$/, "")}…`;
}

/** Returns null for anything but a JSON object. */
function readObject(text: string): Readonly<Record<string, unknown>> | null {
  if (!text.startsWith("{") || text.length > MAX_PARSED) return null;
  try {
    const reply: unknown = JSON.parse(text);
    return isRecord(reply) ? reply : null;
  } catch {
    return null;
  }
}
