/** Formats an event as a Slack message within the limits of Slack's blocks. */
import { layOutJson } from "../bodies/json-layout.ts";
import type { ReceivedEvent } from "./target-type.ts";

/** Slack's limits in characters for the text of a section, a section's field and a header. */
const MAX_SECTION = 3000;
const MAX_FIELD = 2000;
const MAX_HEADER = 150;
/**
 * Bytes of the body to read. A message shows 3,000 characters, but JSON that its sender indented may take several times
 * as many.
 */
const MAX_READ_BYTES = 32 * 1024;
const FENCE = "```";
const ELLIPSIS = "…";

export type SlackMessage = Readonly<{ text: string; blocks: readonly Readonly<Record<string, unknown>>[] }>;

export function slackMessage({
  event,
  webhookName,
}: {
  event: ReceivedEvent;
  webhookName: string;
}): SlackMessage {
  const title = `${webhookName}: ${event.method} event`;
  const fields = [
    field("Method", event.method),
    field("Content type", event.contentType || "none"),
    field("Size", readableSize(event.body.byteLength)),
    field("Received", readableTime(event.receivedAt)),
  ];
  const body = bodyText(event.body);
  return {
    // Shown in notifications, and by clients without support for blocks.
    text: escapeUpTo(title, MAX_SECTION),
    blocks: [
      {
        type: "header",
        text: { type: "plain_text", text: cutUpTo(webhookName || "Webhook", MAX_HEADER), emoji: false },
      },
      { type: "section", fields },
      ...(body === null ? [] : [{ type: "section", text: { type: "mrkdwn", text: body } }]),
      {
        type: "context",
        elements: [{ type: "mrkdwn", text: escapeUpTo(`Event ${event.id}`, MAX_FIELD) }],
      },
    ],
  };
}

/** Formats a notice of the gateway itself, unchanged. */
export function noticeMessage({ title, text }: { title: string; text: string }): SlackMessage {
  return {
    text: escapeUpTo(title, MAX_SECTION),
    blocks: [
      { type: "header", text: { type: "plain_text", text: cutUpTo(title, MAX_HEADER), emoji: false } },
      { type: "section", text: { type: "mrkdwn", text: escapeUpTo(text, MAX_SECTION) } },
    ],
  };
}

function field(name: string, value: string): { type: "mrkdwn"; text: string } {
  return { type: "mrkdwn", text: `*${name}*\n${escapeUpTo(value, MAX_FIELD - name.length - 3)}` };
}

function bodyText(body: Uint8Array): string | null {
  if (body.byteLength === 0) return null;
  const readable = readableBody(body);
  if (readable === null) return "_The body is not text._";
  const { text, isCut } = readable;
  const room = MAX_SECTION - 2 * (FENCE.length + 1);
  // A zero-width space between backticks keeps a fence in the body from closing the message's own.
  const safe = cutUpTo(text, MAX_SECTION).replaceAll("``", "`\u200b`").replaceAll("``", "`\u200b`");
  return `${FENCE}\n${escapeUpTo(safe, room, isCut || text.length > MAX_SECTION)}\n${FENCE}`;
}

/** Returns null if the bytes are not text. */
function readableBody(body: Uint8Array): { text: string; isCut: boolean } | null {
  const isWhole = body.byteLength <= MAX_READ_BYTES;
  const text = decode(body.subarray(0, MAX_READ_BYTES), isWhole);
  if (text === null) return null;
  const layout = layOutJson(text, { maxChars: MAX_SECTION, pieceChars: 0, isWhole });
  if (layout === null) return { text, isCut: !isWhole };
  return { text: layout.tokens.map((token) => token.text).join(""), isCut: layout.isCut };
}

function decode(bytes: Uint8Array, isWhole: boolean): string | null {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes, { stream: !isWhole });
  } catch {
    return null;
  }
}

/** Escapes `&`, `<` and `>`, as Slack requires, and cuts the text without splitting an entity or a character. */
function escapeUpTo(text: string, limit: number, alreadyCut = false): string {
  let escaped = "";
  let cut = alreadyCut;
  for (const character of text) {
    const next =
      character === "&" ? "&amp;" : character === "<" ? "&lt;" : character === ">" ? "&gt;" : character;
    if (escaped.length + next.length > limit - ELLIPSIS.length) {
      cut = true;
      break;
    }
    escaped += next;
  }
  return cut ? escaped + ELLIPSIS : escaped;
}

function cutUpTo(text: string, limit: number): string {
  if (text.length <= limit) return text;
  const cut = text.slice(0, limit - ELLIPSIS.length);
  // A lone surrogate is not valid text.
  return cut.replace(/[\ud800-\udbff]$/, "") + ELLIPSIS;
}

function readableSize(bytes: number): string {
  if (bytes < 1024) return `${bytes} B`;
  if (bytes < 1024 * 1024) return `${(bytes / 1024).toFixed(1)} KiB`;
  return `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}

function readableTime(at: number): string {
  return new Date(at)
    .toISOString()
    .replace("T", " ")
    .replace(/\.\d+Z$/, " UTC");
}
