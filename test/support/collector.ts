/** A trace collector that takes OTLP over HTTP and reads the protocol buffers, as a real one would. */

export type CollectedSpan = Readonly<{
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  /** 2: server, 3: client. */
  kind: number;
  durationMs: number;
  attributes: Readonly<Record<string, string | number | boolean>>;
  /** 2: error. */
  statusCode: number;
  statusMessage: string;
  /** Resource attributes: those of the process that sent the span. */
  resource: Readonly<Record<string, string | number | boolean>>;
}>;

export type Collector = Readonly<{
  url: string;
  spans: readonly CollectedSpan[];
  /** The path and headers of each export. */
  requests: readonly Readonly<{ path: string; headers: Headers }>[];
  /** Sets the status of the responses from now on. */
  answerWith: (status: number) => void;
  /** Leaves requests unanswered from now on. */
  hang: () => void;
  /** Resolves once this many exports have arrived in total. */
  waitFor: (count: number) => Promise<void>;
  close: () => Promise<void>;
}>;

export function startCollector(): Collector {
  const spans: CollectedSpan[] = [];
  const requests: { path: string; headers: Headers }[] = [];
  const waiting = new Set<{ count: number; resolve: () => void }>();
  let status = 200;
  let hangs = false;
  const server = Bun.serve({
    hostname: "127.0.0.1",
    port: 0,
    async fetch(request) {
      requests.push({ path: new URL(request.url).pathname, headers: request.headers });
      for (const waiter of waiting) if (requests.length >= waiter.count) waiter.resolve();
      if (hangs) await new Promise(() => undefined);
      if (status === 200) spans.push(...readExport(new Uint8Array(await request.arrayBuffer())));
      return new Response(null, { status });
    },
  });
  return {
    url: `http://127.0.0.1:${server.port}`,
    spans,
    requests,
    answerWith(next) {
      status = next;
    },
    hang() {
      hangs = true;
    },
    async waitFor(count) {
      if (requests.length >= count) return;
      await new Promise<void>((resolve) => waiting.add({ count, resolve }));
    },
    close: () => server.stop(true),
  };
}

type Field = Readonly<{ number: number; value: bigint | Uint8Array }>;

function readExport(bytes: Uint8Array): CollectedSpan[] {
  return parts(bytes, 1).flatMap((resourceSpans) => {
    const resource = attributesOf(parts(resourceSpans, 1)[0] ?? new Uint8Array(), 1);
    const spans = parts(resourceSpans, 2).flatMap((scopeSpans) => parts(scopeSpans, 2));
    return spans.map((span) => ({ ...readSpan(span), resource }));
  });
}

function readSpan(bytes: Uint8Array): Omit<CollectedSpan, "resource"> {
  const fields = readFields(bytes);
  const status = parts(bytes, 15)[0] ?? new Uint8Array();
  return {
    traceId: hexOf(partOf(fields, 1)),
    spanId: hexOf(partOf(fields, 2)),
    parentSpanId: hexOf(partOf(fields, 4)),
    name: textOf(partOf(fields, 5)),
    kind: Number(numberOf(fields, 6)),
    durationMs: Number(numberOf(fields, 8) - numberOf(fields, 7)) / 1e6,
    attributes: attributesOf(bytes, 9),
    statusMessage: textOf(partOf(readFields(status), 2)),
    statusCode: Number(numberOf(readFields(status), 3)),
  };
}

function attributesOf(bytes: Uint8Array, number: number): Record<string, string | number | boolean> {
  return Object.fromEntries(
    parts(bytes, number).map((pair) => {
      const [key, value] = [parts(pair, 1)[0], parts(pair, 2)[0]];
      return [textOf(key ?? new Uint8Array()), anyValueOf(value ?? new Uint8Array())];
    }),
  );
}

/** Reads strings, booleans and integers. */
function anyValueOf(bytes: Uint8Array): string | number | boolean {
  const [field] = readFields(bytes);
  if (field === undefined) return "";
  if (typeof field.value !== "bigint") return textOf(field.value);
  return field.number === 2 ? field.value === 1n : Number(field.value);
}

function parts(bytes: Uint8Array, number: number): Uint8Array[] {
  return readFields(bytes).flatMap((field) =>
    field.number === number && typeof field.value !== "bigint" ? [field.value] : [],
  );
}

function partOf(fields: readonly Field[], number: number): Uint8Array {
  const value = fields.find((field) => field.number === number)?.value;
  return value === undefined || typeof value === "bigint" ? new Uint8Array() : value;
}

function numberOf(fields: readonly Field[], number: number): bigint {
  const value = fields.find((field) => field.number === number)?.value;
  return typeof value === "bigint" ? value : 0n;
}

function readFields(bytes: Uint8Array): Field[] {
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const fields: Field[] = [];
  let at = 0;
  function varint(): bigint {
    let value = 0n;
    for (let shift = 0n; ; shift += 7n) {
      const byte = view.getUint8(at++);
      value |= BigInt(byte & 127) << shift;
      if (byte < 128) return value;
    }
  }
  while (at < bytes.length) {
    const key = Number(varint());
    const number = key >> 3;
    if ((key & 7) === 0) fields.push({ number, value: varint() });
    else if ((key & 7) === 2) {
      const length = Number(varint());
      fields.push({ number, value: bytes.subarray(at, at + length) });
      at += length;
    } else if ((key & 7) === 1) {
      fields.push({ number, value: view.getBigUint64(at, true) });
      at += 8;
    } else if ((key & 7) === 5) {
      fields.push({ number, value: BigInt(view.getUint32(at, true)) });
      at += 4;
    } else throw new Error(`no field begins with ${key}`);
  }
  return fields;
}

const hexOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("hex");
const textOf = (bytes: Uint8Array) => Buffer.from(bytes).toString("utf8");
