/** The destination of a target. */
import { Html } from "@elysiajs/html";
import type { Target } from "../../../webhooks/targets.ts";

/** Shows URLs in a monospaced font, which makes similar characters distinguishable. */
export function Goal({ target: { summary } }: { target: Target }): JSX.Element {
  return /^https?:/.test(summary) ? (
    <code class="break" safe>
      {summary}
    </code>
  ) : (
    <span class="break" safe>
      {summary}
    </span>
  );
}
