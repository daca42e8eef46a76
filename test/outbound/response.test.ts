import { describe, expect, test } from "bun:test";
import fc from "fast-check";
import { KeptBody } from "../../src/outbound/body.ts";
import { ResponseReader } from "../../src/outbound/response.ts";
import { HeadReader, InvalidResponse } from "../../src/outbound/response-head.ts";

const OK = "HTTP/1.1 200 OK\r\n";

function newReader(method = "POST", limit = 64 * 1024) {
  const body = new KeptBody(limit);
  return { reader: new ResponseReader({ method, body }), body };
}

/** Summarises the parsed bytes: status, body, and the state of the end and the connection. */
function read(parts: readonly string[], method = "POST"): string {
  const { reader, body } = newReader(method);
  try {
    for (const part of parts) reader.read(Buffer.from(part, "latin1"));
  } catch (error) {
    if (error instanceof InvalidResponse) return "invalid";
    throw error;
  }
  const end = reader.isDone ? "done" : reader.endsWithConnection ? "until close" : "more";
  const text = Buffer.from(body.bytes()).toString("latin1");
  return `${reader.head?.statusCode ?? "-"} ${text} ${end}${reader.keepsAlive ? " kept" : ""}`;
}

const ANSWERS: [what: string, bytes: string, understood: string, method?: string][] = [
  ["a length", `${OK}Content-Length: 4\r\n\r\nbody`, "200 body done kept"],
  ["no body under a length", `${OK}content-LENGTH:0\r\n\r\n`, "200  done kept"],
  ["no reason phrase", "HTTP/1.1 204\r\n\r\n", "204  done kept"],
  ["no header", "HTTP/1.1 304 Not Modified\r\n\r\n", "304  done kept"],
  ["a length of a body that 304 leaves out", "HTTP/1.1 304 x\r\nContent-Length: 9\r\n\r\n", "304  done kept"],
  ["an answer to HEAD", `${OK}Content-Length: 9\r\n\r\n`, "200  done kept", "HEAD"],
  ["the end of the connection as its own", `${OK}\r\nbody`, "200 body until close"],
  ["an unknown coding", `${OK}Transfer-Encoding: gzip\r\n\r\nbody`, "200 body until close"],
  ["chunks", `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nbod\r\n1\r\ny\r\n0\r\n\r\n`, "200 body done kept"],
  [
    "chunks with extensions and trailers",
    `${OK}Transfer-Encoding: gzip, Chunked\r\n\r\n00A;x="1"\r\n0123456789\r\n0\r\nX: 1\r\nY: 2\r\n\r\n`,
    "200 0123456789 done kept",
  ],
  ["chunks without an end", `${OK}Transfer-Encoding: chunked\r\n\r\n3\r\nbod\r\n`, "200 bod more"],
  [
    "interim answers first",
    `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 x\r\nA: b\r\n\r\n${OK}\r\n`,
    "200  until close",
  ],
  ["an upgrade", "HTTP/1.1 101 x\r\nConnection: upgrade\r\n\r\n", "101  done"],
  ["a connection that will close", `${OK}Connection: Close\r\nContent-Length: 0\r\n\r\n`, "200  done"],
  ["HTTP/1.0", "HTTP/1.0 200 OK\r\nContent-Length: 0\r\n\r\n", "200  done"],
  [
    "HTTP/1.0 that stays",
    "HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n",
    "200  done kept",
  ],
  ["half a body", `${OK}Content-Length: 4\r\n\r\nbo`, "200 bo more"],
  ["half a head", "HTTP/1.1 200 OK\r\nContent-Le", "-  more"],
  ["more than was asked for", `${OK}Content-Length: 1\r\n\r\naHTTP/1.1 200 OK`, "200 a done"],
];

/**
 * Responses with an unambiguous status and end: the receiver accepted the request. Their connections are not reused.
 */
const SLOPPY: typeof ANSWERS = [
  ["a blank before the colon", `${OK}Content-Length : 1\r\n\r\na`, "200 a done"],
  ["a line without a colon", `${OK}hello\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a folded header", `${OK}A: b;\r\n c\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a folded line before any header", `${OK} c\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a list of one length", `${OK}Content-Length: 1, 1\r\n\r\na`, "200 a done"],
  ["two lengths that agree", `${OK}Content-Length: 1\r\nContent-Length: 01\r\n\r\na`, "200 a done"],
  [
    "a length beside chunks",
    `${OK}Content-Length: 9\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n`,
    "200 a done",
  ],
  ["lines that end in a line feed only", "HTTP/1.1 200 OK\nContent-Length: 1\n\na", "200 a done"],
  ["one line that ends in a line feed only", `${OK}A: b\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["an end of the head that mixes both", "HTTP/1.1 200 OK\r\nContent-Length: 1\n\r\na", "200 a done"],
  [
    "a head of line feeds before a body with both",
    "HTTP/1.1 200 OK\n\na\r\n\r\n",
    "200 a\r\n\r\n until close",
  ],
  [
    "chunks whose lines end in a line feed only",
    `${OK}Transfer-Encoding: chunked\r\n\r\n1\na\n0\nX: 1\n\n`,
    "200 a done",
  ],
  [
    "a control character in the status line",
    `HTTP/1.1 200 O\x00K\r\nContent-Length: 1\r\n\r\na`,
    "200 a done",
  ],
  ["blanks around the status", `HTTP/1.1 \t200\t\r\nContent-Length: 1\r\n\r\na`, "200 a done kept"],
  ["a bare carriage return in a value", `${OK}A: b\rc\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a zero byte in a value", `${OK}A: b\x00\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a header without a name", `${OK}: 1\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a warning with a colon", `${OK}PHP Warning:  x\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a name that is no token", `${OK}Gr\xf6\xdfe: 2\r\nContent-Length: 1\r\n\r\na`, "200 a done"],
  ["a folded length", `${OK}Content-Length:\r\n 1\r\n\r\na`, "200 a done"],
  ["too large a head", `${OK}A: ${"x".repeat(40_000)}\r\nContent-Length: 1\r\n\r\na`, "200  more"],
  ["a head without end", `${OK}${"A: b\r\n".repeat(10_000)}`, "200  more"],
  ["empty lines before it", `\r\n\n\r\n${OK}Content-Length: 1\r\n\r\na`, "200 a done"],
];

const INVALID: [what: string, bytes: string][] = [
  ["something else than HTTP", "SSH-2.0-OpenSSH\r\n"],
  ["another version", "HTTP/2 200\r\n\r\n"],
  ["a status of two digits", "HTTP/1.1 20 OK\r\n\r\n"],
  ["a status below 100", "HTTP/1.1 099 OK\r\n\r\n"],
  ["a status with something behind it", "HTTP/1.1 200OK\r\n\r\n"],
  ["a sign before the length", `${OK}Content-Length: +1\r\n\r\na`],
  ["a length in hexadecimal", `${OK}Content-Length: 0x1\r\n\r\na`],
  ["an empty length", `${OK}Content-Length:\r\n\r\na`],
  ["a length beyond all numbers", `${OK}Content-Length: 99999999999999999999\r\n\r\n`],
  ["two lengths that differ", `${OK}Content-Length: 1\r\nContent-Length: 2\r\n\r\na`],
  ["a list of lengths that differ", `${OK}Content-Length: 1, 2\r\n\r\na`],
  ["a list with something else in it", `${OK}Content-Length: 1, x\r\n\r\na`],
  ["a carriage return before it", `\r${OK}\r\n`],
  ["empty lines without end", "\r\n".repeat(20_000)],
  ["a chunk without a size", `${OK}Transfer-Encoding: chunked\r\n\r\n\r\n`],
  ["a chunk with a signed size", `${OK}Transfer-Encoding: chunked\r\n\r\n-1\r\na\r\n`],
  ["a chunk longer than it said", `${OK}Transfer-Encoding: chunked\r\n\r\n1\r\nab\r\n`],
  ["a chunk's line without end", `${OK}Transfer-Encoding: chunked\r\n\r\n1;${"x".repeat(5_000)}`],
  ["too large a status line", `HTTP/1.1 200 ${"x".repeat(40_000)}`],
  ["too large an interim head", `HTTP/1.1 102 x\r\nA: ${"x".repeat(40_000)}\r\n\r\n`],
  ["too many interim responses", "HTTP/1.1 102 x\r\n\r\n".repeat(3_000)],
  [
    "too large trailers",
    `${OK}Transfer-Encoding: chunked\r\n\r\n0\r\n${`A: ${"x".repeat(1_000)}\r\n`.repeat(40)}\r\n`,
  ],
];

describe("a response", () => {
  for (const [what, bytes, understood, method] of [...ANSWERS, ...SLOPPY]) {
    test(`with ${what} is understood, in one piece or byte by byte`, () => {
      expect(read([bytes], method)).toBe(understood);
      expect(read([...bytes], method)).toBe(understood);
    });
  }

  for (const [what, bytes] of INVALID) {
    test(`with ${what} is refused, in one piece or byte by byte`, () => {
      expect(read([bytes])).toBe("invalid");
      expect(read([...bytes])).toBe("invalid");
    });
  }

  test("keeps its headers with case, order, repeats and bytes, without surrounding blanks", () => {
    const { reader } = newReader();
    reader.read(
      Buffer.from(
        `${OK}X-One:  a b \t\r\nset-cookie: 1\r\nSet-Cookie:2\r\nE:\r\nL: \xa0\xe9\r\n\r\n`,
        "latin1",
      ),
    );
    expect(reader.head?.headers).toEqual([
      ["X-One", "a b"],
      ["set-cookie", "1"],
      ["Set-Cookie", "2"],
      ["E", ""],
      ["L", "\xa0\xe9"],
    ]);
  });

  test("keeps what can be read of malformed headers, and the first of too many", () => {
    const headersOf = (text: string) => {
      const { reader } = newReader();
      reader.read(Buffer.from(text, "latin1"));
      return reader.head?.headers;
    };
    expect(headersOf(`${OK}A: b\x01\rc\r\n: d\r\nE F: g\r\nH : i\r\n j\r\n\r\n`)).toEqual([
      ["A", "b  c"],
      ["H", "i j"],
    ]);
    expect(headersOf(`${OK}A: b\r\nC: ${"d".repeat(40_000)}\r\nE: f\r\n\r\n`)).toEqual([["A", "b"]]);
  });

  test("reports that its body is longer than is worth reading", () => {
    const { reader } = newReader("POST", 10);
    reader.read(Buffer.from(`${OK}\r\n${"x".repeat(200_000)}`));
    expect(reader.isTooLong).toBe(false);
    reader.read(Buffer.alloc(100_000));
    expect(reader.isTooLong).toBe(true);
  });

  test("is read the same however its bytes are split", () => {
    const bodies = fc.array(fc.string({ minLength: 1, maxLength: 40, unit: "binary-ascii" }), {
      maxLength: 5,
    });
    fc.assert(
      fc.property(bodies, fc.array(fc.nat(400), { maxLength: 8 }), fc.boolean(), (chunks, cuts, chunked) => {
        const body = chunks.join("");
        const framed = chunks.map((chunk) => `${chunk.length.toString(16)}\r\n${chunk}\r\n`).join("");
        const bytes = chunked
          ? `${OK}Transfer-Encoding: chunked\r\n\r\n${framed}0\r\n\r\n`
          : `${OK}Content-Length: ${body.length}\r\n\r\n${body}`;
        const places = [0, ...cuts.toSorted((a, b) => a - b), bytes.length];
        const parts = places.slice(1).map((place, at) => bytes.slice(places[at], place));
        expect(read(parts.filter((part) => part !== ""))).toBe(`200 ${body} done kept`);
      }),
    );
  });

  test("of arbitrary bytes is either understood or refused", () => {
    const starts = fc.constantFrom("", "HTTP/1.1 200 OK\r\n", `${OK}Transfer-Encoding: chunked\r\n\r\n`);
    fc.assert(
      fc.property(starts, fc.uint8Array({ maxLength: 200 }), (start, bytes) => {
        read([start + Buffer.from(bytes).toString("latin1")]);
      }),
    );
  });

  test("with the same head as the previous one is parsed once, and with another head again", () => {
    const heads = new HeadReader();
    const [first, again, other] = ["A: 1", "A: 1", "A: 2"].map((line) => heads.read(`${OK}${line}\r\n`));
    expect(again).toBe(first);
    expect(other?.headers).toEqual([["A", "2"]]);
  });
});
