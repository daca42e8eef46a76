/** Takes a body out of an answer that differs from the one that came in its white space or notation only. */

type WithBody = { changes?: { body?: unknown } };

/**
 * The code gets the body parsed, so what it leaves alone comes back as JSON writes it: without the sender's spaces, and
 * with long numbers rounded. Compared here, as the sandbox's engine takes ten times as long for it.
 */
export function keepUnchangedBody(input: string, answer: string): string {
  if (!answer.startsWith('{"changes":{')) return answer;
  const parsed: WithBody = JSON.parse(answer);
  const body = parsed.changes?.body;
  if (typeof body !== "string" || body !== canonicalBody(input)) return answer;
  delete parsed.changes?.body;
  return JSON.stringify(parsed);
}

/** Null where the body is no JSON, or too deep to be printed. */
function canonicalBody(input: string): string | null {
  const { body, is_body_deep: isDeep }: { body?: string; is_body_deep?: true } = JSON.parse(input);
  if (body === undefined || isDeep) return null;
  try {
    return JSON.stringify(JSON.parse(body));
  } catch {
    return null;
  }
}
