/** The manifest of a backup. It is written after all files are on disk, so an incomplete backup has none. */
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { z } from "zod";
import { AppError, errorMessage } from "../../lib/errors.ts";
import { syncFolder } from "../folder/folder.ts";

export const MAIN_FILE = "webhooker.db";
export const KEY_FILE = "webhooker.key";
export const EVENTS_FOLDER = "events";

const MANIFEST_FILE = "manifest.json";
const FORMAT = 1;

const time = z.iso.datetime();

const fileSchema = z.strictObject({
  /** Path below the backup's folder. No other names are allowed, so that no manifest leads out of the folder. */
  name: z
    .string()
    .regex(/^(webhooker\.(db|key)|events\/events-[0-9a-f-]{36}\.db)$/, "is not the name of a backup's file"),
  bytes: z.int().min(0),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  copied_at: time,
});

const manifestSchema = z.strictObject({
  format: z.literal(FORMAT),
  /** Version of the program that wrote the backup. */
  version: z.string(),
  started_at: time,
  ended_at: time,
  files: z.array(fileSchema),
  /** Files that could not be copied, and why. */
  faults: z.array(z.strictObject({ file: z.string(), fault: z.string() })),
});

export type BackedUpFile = Readonly<z.infer<typeof fileSchema>>;
export type Manifest = Readonly<z.infer<typeof manifestSchema>>;

export function writeManifest(folder: string, manifest: Omit<Manifest, "format">): void {
  const path = join(folder, MANIFEST_FILE);
  const file = openSync(`${path}.part`, "wx", 0o600);
  try {
    writeFileSync(file, `${JSON.stringify({ format: FORMAT, ...manifest }, null, 2)}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(`${path}.part`, path);
  syncFolder(folder);
}

/** Throws AppError: `not_found` if there is no manifest, `unavailable` if it cannot be used. */
export function readManifest(folder: string): Manifest {
  let text: string;
  try {
    text = readFileSync(join(folder, MANIFEST_FILE), "utf8");
  } catch (cause) {
    throw new AppError({
      kind: "not_found",
      message: `No complete backup in ${folder}: its ${MANIFEST_FILE} cannot be read.`,
      hint: "An interrupted backup has none. Back up again, or name another folder.",
      cause,
    });
  }
  try {
    return manifestSchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new AppError({
      kind: "unavailable",
      message: `The ${MANIFEST_FILE} in ${folder} is in an unknown format.`,
      hint: "It is damaged or from a newer webhooker. Restore it with that version.",
      details: [{ path: MANIFEST_FILE, message: firstFault(cause) }],
      cause,
    });
  }
}

function firstFault(error: unknown): string {
  if (!(error instanceof z.ZodError)) return errorMessage(error);
  const [issue] = error.issues;
  return issue ? `${issue.path.join(".")}: ${issue.message}` : error.message;
}
