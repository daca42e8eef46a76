/** Messages between nodes, several times a second; nothing depends on their truth but who is asked and shown. */
import { z } from "zod";

/** Nodes of other versions have more fields or fewer: each that came later has a default. */
const beatSchema = z.object({
  url: z.string(),
  version: z.string(),
  /** Epoch of its leadership; null for a follower. */
  leads: z.number().nullable().default(null),
  applied: z.number(),
  synced: z.number(),
  /** It does not claim, and stops leading. */
  isDraining: z.boolean().default(false),
  /** The highest format of the log's entries that it reads. */
  format: z.int().positive().default(1),
  /** It has met what a later version wrote, and applies nothing more. */
  needsUpgrade: z.boolean().default(false),
  /** Which event files it has: "coming" while it takes them from the leader. */
  files: z.enum(["all", "none", "coming"]).default("all"),
  /** Nodes that keep the event files where this one leads; null for a node that does not know of it. */
  copies: z.int().positive().nullable().default(null),
  /** Bytes that event files may take on its disk. */
  room: z.number().nonnegative().default(0),
  /** The wall clock of the node as it sends this. */
  now: z.number().optional(),
});

export type Beat = Readonly<z.output<typeof beatSchema>>;

/** Null for what is no beat. */
export function readBeat(data: unknown): Beat | null {
  return beatSchema.safeParse(data).data ?? null;
}
