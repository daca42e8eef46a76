import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { MAX_JSON_BYTES } from "../../src/bodies/body-content.ts";
import { TYPE_HEADERS } from "../../src/ingest/auto-type.ts";
import { ENTRYPOINT, type IngestServer, startIngest } from "./ingest-server.ts";

let ingest: IngestServer;

beforeEach(async () => {
  ingest = await startIngest({ maxBodyBytes: 2 * MAX_JSON_BYTES });
});

afterEach(() => ingest.stop());

const JSON_TYPE = { "content-type": "application/json" };
const FORM_TYPE = { "content-type": "application/x-www-form-urlencoded" };

async function typeOf(body: string | Uint8Array, headers: Record<string, string> = JSON_TYPE) {
  const response = await fetch(`${ingest.url}/webhook/${ENTRYPOINT}`, { method: "POST", body, headers });
  expect(response.status).toBe(200);
  return ingest.stored.at(-1)?.type;
}

describe("an event's type, found by itself", () => {
  test.each<[string, string | null]>([
    ['{"type":"order.paid","event":"x"}', "order.paid"],
    ['{"action":"opened","topic":"t","event":"e","event_type":"et"}', "et"],
    ['{"action":"opened","topic":"t","event":"e"}', "e"],
    ['{"action":"opened","topic":"orders/create"}', "orders/create"],
    ['{"action":"opened"}', "opened"],
    // Only a text is a name.
    ['{"type":7,"event":{"type":"inner"},"action":"a"}', "a"],
    ['{"type":null,"topic":""}', null],
    ['{"data":{"type":"inner"}}', null],
    [`{"type":"${"x".repeat(251)}"}`, null],
    ['[{"type":"in a list"}]', null],
    ['{"type":"cut off', null],
    ["no JSON", null],
    ["", null],
  ])("of the body %p is %p", async (body, type) => {
    expect(await typeOf(body)).toBe(type);
  });

  test("is in the JSON of a form's payload, or in the form", async () => {
    const payload = new URLSearchParams({ payload: '{"action":"opened"}' });
    expect(await typeOf(payload.toString(), FORM_TYPE)).toBe("opened");
    expect(await typeOf("type=subscribe&fired_at=2026", FORM_TYPE)).toBe("subscribe");
  });

  test("is in a compressed body", async () => {
    const headers = { ...JSON_TYPE, "content-encoding": "gzip" };
    expect(await typeOf(gzipSync('{"type":"packed"}'), headers)).toBe("packed");
  });

  test.each(TYPE_HEADERS.map((name) => [name]))("is in the header %s before the body", async (name) => {
    expect(await typeOf('{"type":"in.body"}', { ...JSON_TYPE, [name]: "in.header" })).toBe("in.header");
  });

  test("is in the first of several headers, whatever their order in the request, and not in an empty one", async () => {
    const headers = { ...JSON_TYPE, "event-type": "last", "x-gitlab-event": "second", "x-github-event": "" };
    expect(await typeOf("{}", headers)).toBe("second");
  });

  test("is a CloudEvent's own before those of headers", async () => {
    const headers = {
      "content-type": "Application/CloudEvents+JSON; charset=utf-8",
      "x-event-type": "of the transport",
    };
    expect(await typeOf('{"type":"com.example.paid"}', headers)).toBe("com.example.paid");
    expect(await typeOf('{"data":1}', headers)).toBe("of the transport");
  });

  test("is not looked for in larger bodies, but in their headers", async () => {
    const bodyOf = (bytes: number) => `{"type":"t","fill":"${"x".repeat(bytes - 22)}"}`;
    expect(bodyOf(MAX_JSON_BYTES)).toHaveLength(MAX_JSON_BYTES);
    expect(await typeOf(bodyOf(MAX_JSON_BYTES))).toBe("t");
    expect(await typeOf(bodyOf(MAX_JSON_BYTES + 1))).toBeNull();
    expect(await typeOf(bodyOf(MAX_JSON_BYTES + 1), { ...JSON_TYPE, "ce-type": "h" })).toBe("h");
  });

  test("is none where the setting says so, and is found where the setting is null", async () => {
    ingest.setRoute({ settings: { event_type_from: "none" } });
    expect(await typeOf('{"type":"t"}', { ...JSON_TYPE, "x-github-event": "push" })).toBeNull();
    ingest.setRoute({ settings: { event_type_from: null, keep_rejected: false } });
    expect(await typeOf('{"type":"t"}')).toBe("t");
  });

  test("is the one at a named place alone where the setting names one", async () => {
    ingest.setRoute({ settings: { event_type_from: "$.kind" } });
    expect(await typeOf('{"type":"t"}', { ...JSON_TYPE, "x-github-event": "push" })).toBeNull();
    expect(await typeOf('{"type":"t","kind":"k"}')).toBe("k");
  });
});

test("the manual names every header that is asked", () => {
  const manual = readFileSync(`${import.meta.dir}/../../src/manual/entrypoints.md`, "utf8").toLowerCase();
  expect(TYPE_HEADERS.filter((name) => !manual.includes(`\`${name}\``))).toEqual([]);
});
