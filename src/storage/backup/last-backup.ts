/** Notes beside the event files when the last backup was made, so that the gateway can show it. */
import { readFile, rename, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { z } from "zod";

const NAME = "last-backup.json";

const lastBackupSchema = z.object({
  ended_at: z.iso.datetime(),
  event_files: z.int().min(0),
  bytes: z.int().min(0),
  /** Number of files that could not be copied. */
  faults: z.int().min(0),
});

type Note = z.output<typeof lastBackupSchema>;

export type LastBackup = Readonly<{ at: number; eventFiles: number; bytes: number; faults: number }>;

/** Replaces the note at once. Rejects where the folder cannot be written to. */
export async function noteBackup(
  dataDir: string,
  { at, eventFiles, bytes, faults }: LastBackup,
): Promise<void> {
  const path = join(dataDir, NAME);
  const note: Note = { ended_at: new Date(at).toISOString(), event_files: eventFiles, bytes, faults };
  await writeFile(`${path}.part`, `${JSON.stringify(note)}\n`, { mode: 0o600 });
  await rename(`${path}.part`, path);
}

/** Returns null if there is no note, or none that this program wrote. */
export async function readLastBackup(dataDir: string): Promise<LastBackup | null> {
  try {
    const note = lastBackupSchema.parse(JSON.parse(await readFile(join(dataDir, NAME), "utf8")));
    const { event_files: eventFiles, bytes, faults } = note;
    return { at: Date.parse(note.ended_at), eventFiles, bytes, faults };
  } catch {
    return null;
  }
}
