import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { connect, type Socket } from "node:net";
import { ACCEPTED, type Verdict } from "../../src/verification/provider.ts";
import { sendRaw } from "../support/http-server.ts";
import { createTestProviders } from "../support/providers.ts";
import { chunked, ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

const LIMIT = 400_000;
/** Bodies up to this length are read in one go, longer ones in chunks. */
const SHORT = 256 * 1024;
/** Memory for counted bodies, half of it for one entrypoint. */
const ROOM = { short: 8 * SHORT + 5_000, counted: 6 * LIMIT };

const providers = createTestProviders();

let ingest: IngestServer;

beforeEach(() => {
  ingest = startIngest({ maxBodyBytes: LIMIT, bodyRoom: ROOM });
});
afterEach(() => ingest.stop());

const HEAD = `POST /webhook/${ENTRYPOINT} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n`;

function bytes(length: number): Uint8Array<ArrayBuffer> {
  return new Uint8Array(length).fill(97);
}

/** Bodies with and without a Content-Length. */
const WAYS: readonly (readonly [name: string, body: (length: number) => NonNullable<RequestInit["body"]>])[] =
  [
    ["with a length", (length) => bytes(length)],
    ["in chunks", (length) => chunked(bytes(Math.floor(length / 2)), bytes(Math.ceil(length / 2)))],
  ];

describe("a body", () => {
  for (const [name, body] of WAYS) {
    test(`of the largest size is accepted whole ${name}`, async () => {
      expect((await ingest.post("", { body: body(LIMIT) })).status).toBe(200);
      expect(ingest.stored[0]?.body.byteLength).toBe(LIMIT);
      expect(ingest.tooLarge()).toBe(0);
    });

    test(`that is one byte larger is refused ${name}, counted, and not truncated`, async () => {
      const response = await ingest.post("", { body: body(LIMIT + 1) });
      expect(response.status).toBe(413);
      const answer: unknown = await response.json();
      expect(answer).toMatchObject({ error: { code: "too_large" } });
      expect(JSON.stringify(answer)).toContain(String(LIMIT));
      expect(ingest.stored).toEqual([]);
      expect(ingest.tooLarge()).toBe(1);
    });
  }

  test("with a too large Content-Length is refused before it is sent", async () => {
    const answer = await sendRaw(ingest.port, `${HEAD}Content-Length: ${LIMIT + 1}\r\n\r\n`);
    expect(answer).toStartWith("HTTP/1.1 413");
    expect(ingest.tooLarge()).toBe(1);
  });

  test("that is endless is refused as soon as it exceeds the limit", async () => {
    const piece = "2710\r\n".concat("a".repeat(10_000), "\r\n");
    const answer = await sendRaw(
      ingest.port,
      `${HEAD}Transfer-Encoding: chunked\r\n\r\n${piece.repeat(LIMIT / 10_000 + 2)}`,
    );
    expect(answer).toStartWith("HTTP/1.1 413");
    expect(ingest.stored).toEqual([]);
  });

  test("for an unknown entrypoint is refused before it is read", async () => {
    ingest.setRoute(null);
    const answer = await sendRaw(ingest.port, `${HEAD}Content-Length: ${LIMIT}\r\n\r\n`);
    expect(answer).toStartWith("HTTP/1.1 404");
  });
});

describe("a length", () => {
  for (const length of ["-5", "+5", "5.0", "1e1", "0x5", "5 6", "5, 6", "99999999999999999999", "NaN"]) {
    test(`of ${JSON.stringify(length)} is refused, and nothing is stored`, async () => {
      const answer = await sendRaw(ingest.port, `${HEAD}Content-Length: ${length}\r\n\r\n01234567890`);
      expect(answer).toStartWith("HTTP/1.1 400");
      expect(ingest.stored).toEqual([]);
    });
  }

  test("beside chunked encoding is refused, so that no request can be smuggled past a proxy", async () => {
    for (const length of [0, 5]) {
      const answer = await sendRaw(
        ingest.port,
        `${HEAD}Content-Length: ${length}\r\nTransfer-Encoding: chunked\r\n\r\n5\r\n01234\r\n0\r\n\r\n`,
      );
      expect(answer).toStartWith("HTTP/1.1 400");
    }
    expect(ingest.stored).toEqual([]);
  });

  test("that is repeated with the same value is accepted within the limits", async () => {
    const twice = (length: number) => `Content-Length: ${length}\r\nContent-Length: ${length}\r\n\r\n`;
    expect(await sendRaw(ingest.port, `${HEAD}${twice(5)}01234`)).toStartWith("HTTP/1.1 200");
    expect(ingest.stored[0]?.body.byteLength).toBe(5);
    const over = await sendRaw(ingest.port, `${HEAD}${twice(LIMIT + 1)}${"a".repeat(LIMIT + 1)}`);
    expect(over).toStartWith("HTTP/1.1 413");
    await expectFullMemory();
  });
});

describe("a sender who hangs up half-way", () => {
  async function hangUp(head: string): Promise<void> {
    const before = ingest.stored.length;
    const socket: Socket = connect({ host: "127.0.0.1", port: ingest.port });
    socket.on("error", () => {});
    await new Promise<void>((resolve) => socket.write(HEAD + head, () => resolve()));
    // The gateway responds after it began to read the other: it reads in order of arrival.
    await ingest.post("", { body: "later" });
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.destroy();
    await closed;
    await ingest.post("", { body: "later" });
    expect(ingest.stored.slice(before).map((draft) => draft.body.byteLength)).toEqual([5, 5]);
  }

  test("stores nothing and releases the memory", async () => {
    for (let time = 0; time < 20; time++) {
      await hangUp(`Content-Length: ${LIMIT}\r\n\r\n${"a".repeat(100_000)}`);
      await hangUp(`Content-Length: ${SHORT}\r\n\r\n${"a".repeat(100_000)}`);
      await hangUp(`Transfer-Encoding: chunked\r\n\r\n186a0\r\n${"a".repeat(100_000)}\r\n`);
    }
    await expectFullMemory();
  });
});

/** Holds the maximum number of bodies of each kind, and checks that one more is refused. */
async function expectFullMemory(): Promise<void> {
  const { promise: isStored, resolve: store } = Promise.withResolvers<void>();
  const { promise: isFull, resolve: full } = Promise.withResolvers<void>();
  let held = 0;
  const before = ingest.stored.length;
  ingest.onAppend(async (draft) => {
    if (draft.body.byteLength < SHORT) return;
    if (++held === 11) full();
    await isStored;
  });
  const lengths = [...Array<number>(8).fill(SHORT), ...Array<number>(3).fill(LIMIT)];
  const answers = lengths.map((length) => ingest.post("", { body: bytes(length) }));
  await isFull;
  for (const [, body] of WAYS) {
    const refused = await ingest.post("", { body: body(LIMIT) });
    expect(refused.status).toBe(503);
    expect(refused.headers.get("retry-after")).toBe("5");
  }
  // Short bodies have their own memory; when it is full, they are counted with the others.
  expect((await ingest.post("", { body: bytes(1_000) })).status).toBe(200);
  expect((await ingest.post("", { body: bytes(SHORT) })).status).toBe(503);
  store();
  for (const answer of await Promise.all(answers)) expect(answer.status).toBe(200);
  expect(ingest.stored.length - before).toBe(12);
  ingest.onAppend(async () => undefined);
}

/** Sends the head, and resolves once the gateway has begun to read the body. */
async function begin(entrypoint: string, bytesAnnounced: number, sent: Uint8Array): Promise<Socket> {
  const socket = connect({ host: "127.0.0.1", port: ingest.port });
  socket.on("error", () => {});
  const head = `POST /webhook/${entrypoint} HTTP/1.1\r\nHost: localhost\r\nContent-Length: ${bytesAnnounced}\r\n\r\n`;
  await new Promise<void>((resolve) =>
    socket.write(Buffer.concat([Buffer.from(head), sent]), () => resolve()),
  );
  await ingest.post("", { body: "later" });
  return socket;
}

describe("slow senders", () => {
  test("take no memory from others by Content-Length alone", async () => {
    const silent: Socket[] = [];
    for (const length of [...Array<number>(30).fill(SHORT), ...Array<number>(30).fill(LIMIT)]) {
      silent.push(await begin(ENTRYPOINT, length, bytes(1)));
    }
    for (const length of [100, SHORT, LIMIT]) {
      expect((await ingest.post("", { body: bytes(length) })).status).toBe(200);
    }
    for (const socket of silent) socket.destroy();
  });

  test("are cut off once they have stalled and memory is needed, and get an error", async () => {
    const slow = await begin(ENTRYPOINT, LIMIT, bytes(LIMIT - 1));
    const answer = new Promise<string>((resolve) => slow.once("data", (data) => resolve(data.toString())));
    const others = [
      await begin(ENTRYPOINT, LIMIT, bytes(LIMIT - 1)),
      await begin(ENTRYPOINT, LIMIT, bytes(LIMIT - 1)),
    ];
    expect((await ingest.post("", { body: bytes(LIMIT) })).status).toBe(503);
    ingest.clock.advance(5_001);
    expect((await ingest.post("", { body: bytes(LIMIT) })).status).toBe(200);
    expect(await answer).toContain('"code":"too_slow"');
    expect(ingest.stored.filter(({ body }) => body.byteLength > 5)).toHaveLength(1);
    for (const socket of [slow, ...others]) socket.destroy();
  });
});

describe("a body in chunks with trailer fields", () => {
  const chunks = "Transfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n";

  test("is refused before it is read if they are announced", async () => {
    const answer = await sendRaw(ingest.port, `${HEAD}Trailer: X-Sum\r\n${chunks}X-Sum: 1\r\n\r\n`);
    expect(answer).toStartWith("HTTP/1.1 400");
    expect(answer).toContain("trailers_not_supported");
    expect(ingest.stored).toEqual([]);
  });

  test("is not stored if the response is 400", async () => {
    for (const trailers of ["X-Sum: 1\r\n", "X-Sum: 1\r\nX-More: 2\r\n", ": none\r\n"]) {
      const answer = await sendRaw(ingest.port, `${HEAD}${chunks}${trailers}\r\n`);
      expect(answer).toStartWith("HTTP/1.1 400");
    }
    expect(ingest.stored).toEqual([]);
    expect(await sendRaw(ingest.port, `${HEAD}${chunks}\r\n`)).toStartWith("HTTP/1.1 200");
    expect(ingest.stored).toHaveLength(1);
    await expectFullMemory();
  });

  const request = HEAD.replace("close", "keep-alive").concat(chunks);
  const withTrailer = "X-Sum: 1\r\n\r\n";
  const splits = Array.from({ length: request.length + withTrailer.length - 1 }, (_, index) => index + 1);

  const isWhole = ({ body }: Readonly<{ body: Uint8Array }>) => body.byteLength === 2;

  test("gets a response that tells what was stored, wherever the bytes are split into packets", async () => {
    for (const before of ["", `${HEAD.replace("close", "keep-alive")}Content-Length: 2\r\n\r\nhi`]) {
      for (const split of splits) {
        const first = ingest.stored.filter(isWhole).length;
        const text = request + withTrailer;
        const answers = await sendInTwo(before + text.slice(0, split), text.slice(split));
        const acknowledged = answers.filter((status) => status === "200").length;
        expect({ split, stored: ingest.stored.filter(isWhole).length - first }).toEqual({
          split,
          stored: acknowledged,
        });
        expect(answers.at(-1)).toBe("400");
        // Only after the line "0" does the runtime not know yet that trailers follow.
        const isOpen = split === request.length;
        if (!isOpen) expect(acknowledged).toBe(before === "" ? 0 : 1);
      }
    }
  });

  test("is not stored if the trailers arrive right after its end", async () => {
    await ingest.stop();
    ingest = startIngest({ maxBodyBytes: LIMIT, bodyRoom: ROOM, trailersMs: 10 });
    const closing = request.replace("keep-alive", "close");
    // Without the fake clock's time, the answer can only be the runtime's.
    expect(await sendInTwo(closing, withTrailer)).toEqual(["400"]);
    ingest.clock.advance(10);
    await ingest.post("", { body: "later" });
    expect(ingest.stored.filter(isWhole)).toEqual([]);

    let isAnswered = false;
    const answers = sendInTwo(closing, "\r\n").finally(() => {
      isAnswered = true;
    });
    while (!isAnswered) {
      ingest.clock.advance(1);
      await new Promise((resolve) => setImmediate(resolve));
    }
    expect(await answers).toEqual(["200"]);
    expect(ingest.stored.filter(isWhole)).toHaveLength(1);
  });

  test("is not stored if the trailers arrive while its sender is verified", async () => {
    const { promise: isAsked, resolve: asked } = Promise.withResolvers<void>();
    const { promise: verdict, resolve: accept } = Promise.withResolvers<Verdict>();
    const get = () => ({
      ...providers.get("github"),
      prepare: () => ({
        verify() {
          asked();
          return verdict;
        },
        eventType: () => null,
        duplicateId: () => null,
      }),
    });
    await ingest.stop();
    ingest = startIngest({ maxBodyBytes: LIMIT, bodyRoom: ROOM, providers: { get } });
    ingest.setRoute({ verification: { type: "github", config: {} } });
    const socket = connect({ host: "127.0.0.1", port: ingest.port });
    let answer = "";
    socket.on("data", (data) => (answer += data));
    const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
    socket.write(request);
    await isAsked;
    socket.write(withTrailer);
    await closed;
    expect(answer).toStartWith("HTTP/1.1 400");
    accept(ACCEPTED);
    ingest.setRoute({ verification: null });
    await ingest.post("", { body: "later" });
    expect(ingest.stored.map(({ body }) => body.byteLength)).toEqual([5]);
    await expectFullMemory();
  });
});

/** Sends two packets, and returns the statuses of all responses until the server closes the connection. */
async function sendInTwo(first: string, second: string): Promise<readonly string[]> {
  const socket = connect({ host: "127.0.0.1", port: ingest.port, noDelay: true });
  let answers = "";
  socket.on("data", (data) => (answers += data));
  const closed = new Promise<void>((resolve) => socket.on("close", () => resolve()));
  await new Promise<void>((resolve) => socket.write(first, () => resolve()));
  // The gateway has read the first packet by then: it reads in order of arrival.
  await ingest.post("", { body: "later" });
  socket.write(second);
  await closed;
  return [...answers.matchAll(/HTTP\/1\.1 (\d+)/g)].map(([, status = ""]) => status);
}

describe("the memory for bodies", () => {
  test("is limited, and is released when events are stored", async () => {
    await expectFullMemory();
    await expectFullMemory();
  });

  test("is released when events are refused for any reason", async () => {
    for (let time = 0; time < 15; time++) {
      for (const [, body] of WAYS) {
        expect((await ingest.post("", { body: body(LIMIT + 1) })).status).toBe(413);
        ingest.onAppend(() => Promise.reject(new Error("disk full")));
        expect((await ingest.post("", { body: body(LIMIT) })).status).toBe(500);
        expect((await ingest.post("", { body: body(SHORT) })).status).toBe(500);
        ingest.onAppend(async () => undefined);
      }
    }
    await expectFullMemory();
  });

  test("is released when the entrypoint is disabled meanwhile", async () => {
    for (let time = 0; time < 15; time++) {
      const body = new ReadableStream<Uint8Array>({
        async pull(controller) {
          controller.enqueue(bytes(LIMIT / 2));
          await ingest.post("", { body: "later" });
          ingest.setRoute({ active: false });
          controller.close();
        },
      });
      expect((await ingest.post("", { body })).status).toBe(410);
      ingest.setRoute({ active: true });
    }
    await expectFullMemory();
  });
});
