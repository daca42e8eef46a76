/** URLs of the search over everything, and of what it finds. */
import type { Found } from "../../webhooks/find.ts";
import { eventPath } from "../events/paths.ts";
import { entrypointPath, targetPath, webhookPath } from "../webhooks/paths.ts";

export const FIND_PATH = "/find";

export function findPath(text: string): string {
  return `${FIND_PATH}?${new URLSearchParams({ q: text })}`;
}

export function foundPath({ kind, id, webhookId }: Found): string {
  switch (kind) {
    case "webhook":
      return webhookPath(id);
    case "event":
      return eventPath(webhookId, id);
    case "target":
      return targetPath({ webhookId, id });
    case "entrypoint":
      return `${entrypointPath({ webhookId, id })}/edit`;
  }
}
