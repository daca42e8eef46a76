/** Responds with a temporary file, and discards it when the response ends for any reason. */
import { type FileHandle, open } from "node:fs/promises";

const CHUNK_BYTES = 256 * 1024;

/** Reads at the client's pace. `fileName` consists of ids. */
export async function temporaryFileResponse(options: {
  path: string;
  fileName: string;
  contentType: string;
  discard: (path: string) => Promise<void>;
}): Promise<Response> {
  const { path, fileName, contentType, discard } = options;
  const file = await open(path, "r");
  const end = async () => {
    await file.close();
    await discard(path);
  };
  return new Response(streamOf(file, end), {
    headers: {
      "content-type": contentType,
      "content-disposition": `attachment; filename="${fileName}"`,
      "x-content-type-options": "nosniff",
      "cache-control": "no-store",
    },
  });
}

function streamOf(file: FileHandle, end: () => Promise<void>): ReadableStream<Uint8Array> {
  return new ReadableStream({
    async pull(controller) {
      const { bytesRead, buffer } = await file.read(new Uint8Array(CHUNK_BYTES)).catch(async (error) => {
        await end();
        throw error;
      });
      if (bytesRead > 0) {
        controller.enqueue(buffer.subarray(0, bytesRead));
        return;
      }
      await end();
      controller.close();
    },
    cancel: end,
  });
}
