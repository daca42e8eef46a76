/** How many rejected requests of entrypoints are kept, for the pages that offer to verify them again. */
import { AppError } from "../../../lib/errors.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { SourcesDeps } from "../deps.ts";

/**
 * By entrypoint, of one webhook's. Nothing is read where none of them verifies; nothing is told where the event file
 * cannot be used, as whoever asks has something else to say first.
 */
export async function countRejected(
  { rejected }: Pick<SourcesDeps, "rejected">,
  entrypoints: readonly Entrypoint[],
): Promise<ReadonlyMap<string, number>> {
  const verified = entrypoints.filter(({ verification }) => verification !== null);
  const [first] = verified;
  if (first === undefined) return new Map();
  try {
    const counts = await rejected.count(first.webhookId);
    return new Map(verified.map(({ id }) => [id, counts.get(id) ?? 0]));
  } catch (error) {
    if (error instanceof AppError && error.kind === "unavailable") return new Map();
    throw error;
  }
}
