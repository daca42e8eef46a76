/** Where a target goes. */
import { Html } from "@elysiajs/html";
import type { Target } from "../../../webhooks/targets.ts";

/** Addresses in letters that can be told apart. */
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
