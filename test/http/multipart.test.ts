/** Reads forms with files as they arrive, however the network splits them. */
import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { partsOf, textOf } from "../../src/http/multipart.ts";
import { thrownBy } from "../support/thrown.ts";

const BOUNDARY = "----a-boundary";
const TYPE = `multipart/form-data; boundary=${BOUNDARY}`;

function streamOf(chunks: readonly Uint8Array[]): ReadableStream<Uint8Array> {
  return new ReadableStream({
    start(controller) {
      for (const chunk of chunks) controller.enqueue(chunk);
      controller.close();
    },
  });
}

function requestOf(bytes: Uint8Array, cuts: readonly number[] = [], type = TYPE): Request {
  const ends = [...new Set(cuts.map((cut) => cut % (bytes.byteLength + 1)))].sort((a, b) => a - b);
  const chunks = [...ends, bytes.byteLength].map((end, index) => bytes.subarray(ends[index - 1] ?? 0, end));
  const headers = { "content-type": type };
  return new Request("http://localhost/", { method: "POST", headers, body: streamOf(chunks) });
}

type Sent = Readonly<{ name: string; fileName: string | null; body: Uint8Array }>;

function formOf(parts: readonly Sent[], boundary = BOUNDARY): Uint8Array {
  const pieces = parts.flatMap(({ name, fileName, body }) => [
    `--${boundary}\r\nContent-Disposition: form-data; name="${name}"${fileName === null ? "" : `; filename="${fileName}"`}\r\n\r\n`,
    body,
    "\r\n",
  ]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

async function read(request: Request): Promise<Sent[]> {
  const parts: Sent[] = [];
  for await (const { name, fileName, body } of partsOf(request)) {
    const kept: Uint8Array[] = [];
    for await (const chunk of body) kept.push(chunk);
    parts.push({ name, fileName, body: new Uint8Array(Buffer.concat(kept)) });
  }
  return parts;
}

const FILE: Sent = { name: "file", fileName: "a.db", body: new TextEncoder().encode("12345") };

describe("a form", () => {
  test("from a browser is read with its fields, files and empty file fields", async () => {
    const form = new FormData();
    form.set("word", "grüße & =");
    form.set("file", new File(["\r\n--"], "a b.db"));
    form.set("none", new File([], ""));
    const request = new Request("http://localhost/", { method: "POST", body: form });
    const text = (body: Uint8Array) => new TextDecoder().decode(body);
    expect((await read(request)).map((part) => [part.name, part.fileName, text(part.body)])).toEqual([
      ["word", null, "grüße & ="],
      ["file", "a b.db", "\r\n--"],
      ["none", "", ""],
    ]);
  });

  test("is the same wherever it is split, with bodies that resemble its delimiters", async () => {
    const body = fc
      .array(fc.constantFrom("\r\n", "--", "\r\n--", `\r\n--${BOUNDARY.slice(0, -1)}`, BOUNDARY, "x", "\0"))
      .map((pieces) => pieces.join(""))
      .filter((text) => !`\r\n${text}\r\n`.includes(`\r\n--${BOUNDARY}`))
      .map((text) => new Uint8Array(Buffer.from(text)));
    const part = fc.record({
      name: fc.constantFrom("file", "word", ""),
      fileName: fc.constantFrom(null, "", "a.db"),
      body,
    });
    const run = async (parts: Sent[], cuts: number[]) => {
      expect(await read(requestOf(formOf(parts), cuts))).toEqual(parts);
    };
    await fc.assert(fc.asyncProperty(fc.array(part, { maxLength: 4 }), fc.array(fc.nat(2_000)), run));
  });

  test("may be read without its bodies", async () => {
    const names: string[] = [];
    for await (const { name } of partsOf(requestOf(formOf([FILE, { ...FILE, name: "second" }])))) {
      names.push(name);
    }
    expect(names).toEqual(["file", "second"]);
  });

  test("may have its boundary in quotes", async () => {
    const type = 'Multipart/Form-Data; charset=utf-8; boundary="with; a space"';
    expect(await read(requestOf(formOf([FILE], "with; a space"), [], type))).toEqual([FILE]);
  });
});

describe("the parser refuses", () => {
  test("a form that is cut off at any point", async () => {
    const whole = formOf([FILE]);
    // Nothing counts after the last delimiter.
    for (let end = 0; end < whole.byteLength - 2; end++) {
      const error = await thrownBy(() => read(requestOf(whole.subarray(0, end))));
      expect(error).toMatchObject({ kind: "malformed" });
    }
  });

  test("a body that is not a form with files", async () => {
    for (const type of [
      "application/x-www-form-urlencoded",
      "multipart/form-data",
      "multipart/mixed; boundary=x",
    ]) {
      const error = await thrownBy(() => read(requestOf(formOf([FILE]), [], type)));
      expect(error).toMatchObject({ kind: "unsupported_type" });
    }
  });

  test("a part whose head does not end, and a text that is too long", async () => {
    const head = Buffer.from(`--${BOUNDARY}\r\nX: ${"x".repeat(20_000)}`);
    expect(await thrownBy(() => read(requestOf(head)))).toMatchObject({ kind: "too_large" });
    for await (const { body } of partsOf(requestOf(formOf([FILE])))) {
      expect(await thrownBy(() => textOf(body, 4))).toMatchObject({ kind: "too_large" });
    }
  });
});

test("the upload ends when the reader stops", async () => {
  let isCancelled = false;
  const body = new ReadableStream<Uint8Array>({
    pull: (controller) => controller.enqueue(formOf([FILE])),
    cancel: () => {
      isCancelled = true;
    },
  });
  const request = new Request("http://localhost/", {
    method: "POST",
    body,
    headers: { "content-type": TYPE },
  });
  for await (const _ of partsOf(request)) break;
  expect(isCancelled).toBe(true);
});
