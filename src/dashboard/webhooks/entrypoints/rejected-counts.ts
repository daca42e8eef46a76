/** Counts the kept rejected requests of entrypoints, for the pages that offer to re-check them. */
import { AppError } from "../../../lib/errors.ts";
import type { Entrypoint } from "../../../webhooks/entrypoints.ts";
import type { SourcesDeps } from "../deps.ts";

/**
 * Returns counts by entrypoint id, for entrypoints of one webhook. Reads nothing if none of them verifies, and returns
 * no counts if the event file cannot be used, because the caller reports that itself.
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
