/** Patterns for event types, such as "order.*": an asterisk stands for any characters, or none. */

export const MAX_EVENT_TYPES = 100;
export const MAX_PATTERN_LENGTH = 250;

/** Whether one of the patterns covers the type. */
export function isWantedType(patterns: readonly string[], type: string): boolean {
  return patterns.some((pattern) => covers(pattern, type));
}

/** Takes each part between asterisks at its first place, so that no text makes it slow. */
function covers(pattern: string, type: string): boolean {
  const [start = "", ...rest] = pattern.split("*");
  const end = rest.pop();
  if (end === undefined) return pattern === type;
  if (!type.startsWith(start)) return false;
  let at = start.length;
  for (const part of rest) {
    const found = type.indexOf(part, at);
    if (found === -1) return false;
    at = found + part.length;
  }
  return type.length - end.length >= at && type.endsWith(end);
}
