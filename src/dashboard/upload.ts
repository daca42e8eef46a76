/** Reads a posted form with a file, which is processed as it arrives. */
import { partsOf, textOf } from "../http/multipart.ts";
import { AppError } from "../lib/errors.ts";
import type { FormInput } from "./forms.ts";

const MAX_FIELD_BYTES = 16 * 1024;
const MAX_FIELDS = 20;

/**
 * Passes the file in field `name` to `take`, which is not called if no file was chosen. If the rest of the form cannot
 * be read, passes the result of `take` to `drop`. Throws AppError malformed, unsupported_type or too_large.
 */
export async function readUpload<Taken>(
  request: Request,
  options: {
    name: string;
    take: (chunks: AsyncIterable<Uint8Array>) => Promise<Taken>;
    drop: (taken: Taken) => Promise<void>;
  },
): Promise<{ fields: FormInput; taken: Taken | null }> {
  const { name, take, drop } = options;
  const fields: Record<string, string> = {};
  let taken: Taken | null = null;
  let count = 0;
  try {
    for await (const part of partsOf(request)) {
      if (++count > MAX_FIELDS) {
        throw new AppError({ kind: "too_large", message: "The form has too many fields." });
      }
      if (part.fileName === null) fields[part.name] = await textOf(part.body, MAX_FIELD_BYTES);
      else if (part.name === name && part.fileName !== "") taken ??= await take(part.body);
    }
    return { fields, taken };
  } catch (error) {
    if (taken !== null) await drop(taken);
    throw error;
  }
}
