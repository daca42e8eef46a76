/** The configuration in an exported webhook's file. */
import { z } from "zod";
import { AppError } from "../../lib/errors.ts";
import { isId } from "../../lib/ids.ts";

const id = z.string().refine(isId, "is not a valid id");
const row = z.record(z.string(), z.union([z.string(), z.number(), z.null()]));
const movedRow = row.and(z.object({ id, name: z.string().min(1).max(200) }));

/** A secret taken from a row, at `path` within its column's JSON; an empty path means the whole column. */
const secretSchema = z.strictObject({
  table: z.enum(["entrypoints", "targets"]),
  id,
  column: z.string(),
  path: z.array(z.string()),
  /** Place that the encryption was bound to, without the row. */
  bound_to: z.string(),
  /** Null if the secret was left out. */
  sealed: z.string().nullable(),
});

const documentSchema = z.strictObject({
  format: z.literal(1),
  /** The version that wrote the file, and its main database's schema. */
  version: z.string(),
  schema: z.int().min(1),
  exported_at: z.iso.datetime(),
  webhook: movedRow,
  entrypoints: z.array(movedRow),
  targets: z.array(movedRow),
  secrets: z.array(secretSchema),
  /** Derives the key from the passphrase; null if secrets were left out. */
  passphrase: z.strictObject({ salt: z.base64().length(24) }).nullable(),
});

export type TransferSecret = Readonly<z.infer<typeof secretSchema>>;
export type TransferDocument = Readonly<z.infer<typeof documentSchema>>;

export const FORMAT = 1;

/** Throws AppError `invalid`. `schema`: version of this program's main database. */
export function parseDocument(text: string, schema: number): TransferDocument {
  const document = documentSchema.safeParse(readJson(text));
  if (!document.success) {
    const [issue] = document.error.issues;
    throw unknown(issue ? `${issue.path.join(".")}: ${issue.message}` : "unknown form");
  }
  if (document.data.schema > schema) throw unknown("it comes from a newer webhooker");
  const { webhook, entrypoints, targets } = document.data;
  const ids = [webhook, ...entrypoints, ...targets].map((each) => each.id);
  if (new Set(ids).size < ids.length) throw unknown("it contains an id twice");
  return document.data;
}

function readJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

function unknown(fault: string): AppError {
  return new AppError({
    kind: "invalid",
    code: "not_an_export",
    message: `The file's configuration cannot be read: ${fault}.`,
    hint: "Import it with the webhooker version that exported it, or a newer one.",
  });
}
