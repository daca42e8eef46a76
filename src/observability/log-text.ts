/** Formats one JSON log line for people: time, level, message, then key=value. */

/** C0 and C1 control characters: in hostile input they would control the terminal or fake further lines. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: this expression looks for control characters.
const CONTROL = /[\u0000-\u001f\u007f-\u009f\u2028\u2029]/g;
const BARE = /^[^\s"=\\]+$/;

export function textLine(json: string): string {
  const { time, level, message, ...fields } = parse(json);
  const stamp = String(time ?? "").replace("T", " ");
  let line = `${stamp} ${String(level ?? "")
    .toUpperCase()
    .padEnd(5)} ${visible(String(message ?? ""))}`;
  let stacks = "";
  for (const [key, value] of Object.entries(fields)) {
    const stack = stackOf(value);
    if (stack !== null)
      stacks += `\n${stack
        .split("\n")
        .map((row) => `    ${visible(row)}`)
        .join("\n")}`;
    else line += ` ${visible(key)}=${show(value)}`;
  }
  return `${line}${stacks}\n`;
}

function parse(json: string): Record<string, unknown> {
  const value: unknown = JSON.parse(json);
  return typeof value === "object" && value !== null ? { ...value } : { message: json };
}

function stackOf(value: unknown): string | null {
  if (typeof value !== "object" || value === null || !("stack" in value)) return null;
  if (typeof value.stack !== "string") return null;
  const cause = "cause" in value ? value.cause : undefined;
  if (cause === undefined) return value.stack;
  return `${value.stack}\ncaused by ${stackOf(cause) ?? show(cause)}`;
}

function show(value: unknown): string {
  if (typeof value !== "string") return visible(JSON.stringify(value));
  return visible(BARE.test(value) ? value : JSON.stringify(value));
}

function visible(text: string): string {
  return text.replace(CONTROL, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, "0")}`);
}
