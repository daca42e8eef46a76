/** Reads request bodies and JSON up to a limit. Routes that use it set `parse: "none"`. */
import { AppError } from "../lib/errors.ts";

const JSON_TYPE = /^application\/(?:[\w.-]+\+)?json$/i;

/** Throws AppError `too_large` as soon as the limit is exceeded, with or without Content-Length. */
export async function readBody(request: Request, maxBytes: number): Promise<Uint8Array> {
  if (Number(request.headers.get("content-length") ?? 0) > maxBytes) throw tooLarge(maxBytes);
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let size = 0;
  try {
    // Leaving the loop by an error cancels the stream, so the rest is not buffered.
    for await (const chunk of request.body) {
      size += chunk.byteLength;
      if (size > maxBytes) throw tooLarge(maxBytes);
      chunks.push(chunk);
    }
  } catch (error) {
    if (error instanceof AppError) throw error;
    throw new AppError({
      kind: "malformed",
      message: "The request body is incomplete.",
      cause: error,
    });
  }
  return Buffer.concat(chunks);
}

/** A body, and the value that it is; `undefined` for an empty one. */
export type ReadJson = Readonly<{ bytes: Uint8Array; value: unknown }>;

/** Throws AppError `too_large`, `unsupported_type` or `malformed`. */
export async function readJson(request: Request, maxBytes: number): Promise<ReadJson> {
  const bytes = await readBody(request, maxBytes);
  if (bytes.byteLength === 0) return { bytes, value: undefined };
  const type = request.headers.get("content-type")?.split(";", 1)[0]?.trim() ?? "";
  if (!JSON_TYPE.test(type)) {
    throw new AppError({
      kind: "unsupported_type",
      message: "Content-Type must be application/json.",
      hint: "Send the JSON body with Content-Type: application/json.",
    });
  }
  try {
    const value: unknown = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
    return { bytes, value };
  } catch {
    // The parser's own message quotes the input.
    throw new AppError({ kind: "malformed", code: "malformed_json", message: "The body is not valid JSON." });
  }
}

function tooLarge(maxBytes: number): AppError {
  return new AppError({ kind: "too_large", message: `The body is larger than ${maxBytes} bytes.` });
}
