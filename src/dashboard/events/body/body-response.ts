/** Sends a stranger's bytes to a browser so that it executes none of them. */
import type { BodyPicture } from "./body-picture.ts";

const EXTENSIONS = { empty: "", json: ".json", form: ".txt", text: ".txt", hex: ".bin" } as const;

/** `name` consists of ids. */
export function bodyFileName(name: string, kind: BodyPicture["kind"]): string {
  return `${name}${EXTENSIONS[kind]}`;
}

/** Returns text to view, whatever its content type was; with `fileName`, a download of the exact bytes. */
export function bodyResponse(body: Uint8Array, fileName: string | null): Response {
  return new Response(new Uint8Array(body), {
    headers: {
      "content-type": fileName === null ? "text/plain; charset=utf-8" : "application/octet-stream",
      "content-disposition": fileName === null ? "inline" : `attachment; filename="${fileName}"`,
      "content-security-policy": "sandbox; default-src 'none'; frame-ancestors 'none'",
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
}
