/** How a plain request is written to its connection, however much that accepts at a time. */
import { expect, test } from "bun:test";
import { writeRequest } from "../../src/outbound/request-bytes.ts";

const HEAD = "POST / HTTP/1.1\r\nX: \xe9\r\n\r\n";

/** A connection that accepts `most` bytes of each write. */
function connection(most: number) {
  const written: Buffer[] = [];
  const write = (bytes: Uint8Array, offset: number, length: number) => {
    const part = Buffer.from(bytes.subarray(offset, offset + Math.min(length, most)));
    written.push(part);
    return part.length;
  };
  return { write, bytes: () => Buffer.concat(written) };
}

test.each([
  ["none", 0],
  ["a part of the head", 5],
  ["the head and a part of the body", HEAD.length + 2],
  ["all", 1_000_000],
])("where %s is taken, what is left is the rest, and stays so", (_, most) => {
  for (const body of [Buffer.from("the body"), Buffer.alloc(0), Buffer.alloc(100_000, "b")]) {
    const first = connection(most);
    const rest = writeRequest(HEAD, body, first);
    expect(writeRequest("GET / HTTP/1.1\r\n\r\n", Buffer.from("another"), connection(1_000))).toEqual([]);
    expect(Buffer.concat([first.bytes(), ...(rest ?? [])])).toEqual(
      Buffer.concat([Buffer.from(HEAD, "latin1"), body]),
    );
  }
});

test("a closed connection accepts nothing", () => {
  expect(writeRequest(HEAD, Buffer.from("x"), { write: () => -1 })).toBeNull();
});
