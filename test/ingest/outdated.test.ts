/** At a node that may be behind the leader, a refusal that a change may turn waits until the node has all changes. */
import { afterEach, beforeEach, describe, expect, test } from "bun:test";
import { z } from "zod";
import { AppError } from "../../src/lib/errors.ts";
import { newUnguessableId } from "../../src/lib/ids.ts";
import type { Route } from "../../src/storage/main-db/routing.ts";
import type { RejectedStore } from "../../src/storage/stores/rejected-store.ts";
import { type Provider, refused } from "../../src/verification/provider.ts";
import { createTestProviders } from "../support/providers.ts";
import { chunked, type IngestServer, startIngest } from "./ingest-server.ts";

const configSchema = z.object({ secret: z.string() });

/** Verifies that the body is the secret. */
const provider: Provider = {
  ...createTestProviders().get("github"),
  type: "scripted",
  fields: [],
  prepare: (config) => ({
    verify: ({ body }) =>
      Buffer.from(body).toString() === configSchema.parse(config).secret
        ? { accepted: true }
        : refused("Another secret."),
    eventType: () => null,
    duplicateId: () => null,
  }),
};

let ingest: IngestServer;
let kept: string[];
/** Changes that the node learns of as it catches up; throws if it cannot. */
let meanwhile: () => void;
let waits: number[];
let leads: boolean;

const SETTINGS = { methods: ["POST"], max_body_bytes: null, allowed_networks: [] as string[] };

beforeEach(() => {
  kept = [];
  waits = [];
  leads = false;
  meanwhile = () => undefined;
  const rejected: Pick<RejectedStore, "keep"> = {
    async keep(_, { reason }) {
      kept.push(reason);
    },
  };
  ingest = startIngest({
    rejected,
    providers: { get: () => provider },
    catchUp: {
      mayBeBehind: () => !leads,
      async caughtUp(heldBytes) {
        waits.push(heldBytes);
        meanwhile();
      },
    },
  });
});

afterEach(() => ingest.stop());

const secret = (value: string): Partial<Route> => ({
  verification: { type: "scripted", config: { secret: value } },
});

type Case = Readonly<{
  name: string;
  before: Partial<Route> | null;
  after: Partial<Route>;
  init?: RequestInit;
  status: number;
}>;

const CASES: readonly Case[] = [
  { name: "an unknown entrypoint", before: null, after: {}, status: 404 },
  { name: "a disabled entrypoint", before: { active: false }, after: { active: true }, status: 410 },
  {
    name: "a network",
    before: { settings: { ...SETTINGS, allowed_networks: ["203.0.113.0/24"] } },
    after: { settings: null },
    status: 403,
  },
  {
    name: "a method",
    before: { settings: { ...SETTINGS, methods: ["PUT"] } },
    after: { settings: null },
    status: 405,
  },
  {
    name: "a long body",
    before: { settings: { ...SETTINGS, max_body_bytes: 2 } },
    after: { settings: null },
    status: 413,
  },
  { name: "a signature", before: secret("old"), after: secret("new"), status: 401 },
];

describe("a refusal at a node that may be behind", () => {
  for (const { name, before, after, status } of CASES) {
    test(`for ${name} waits once, and becomes an event after a change`, async () => {
      ingest.setRoute(before);
      meanwhile = () => ingest.setRoute(after);
      const response = await ingest.post("", { body: "new" });
      expect([response.status, waits.length]).toEqual([200, 1]);
      expect(ingest.stored.map(({ body }) => Buffer.from(body).toString())).toEqual(["new"]);
      expect(kept).toEqual([]);
    });

    test(`for ${name} waits once, and stands without a change`, async () => {
      ingest.setRoute(before);
      const response = await ingest.post("", { body: "new" });
      expect([response.status, waits.length, ingest.stored.length]).toEqual([status, 1, 0]);
      expect(kept).toEqual(status === 401 ? ["Another secret."] : []);
    });

    test(`for ${name} does not wait where nobody else makes changes`, async () => {
      ingest.setRoute(before);
      leads = true;
      expect((await ingest.post("", { body: "new" })).status).toBe(status);
      expect(waits).toEqual([]);
      expect(kept).toEqual(status === 401 ? ["Another secret."] : []);
    });

    test(`for ${name} is 503 if the node cannot know`, async () => {
      ingest.setRoute(before);
      meanwhile = () => {
        throw new AppError({ kind: "unavailable", message: "Unknown.", retryAfterSeconds: 3 });
      };
      const response = await ingest.post("", { body: "new" });
      expect([response.status, response.headers.get("retry-after")]).toEqual([503, "3"]);
      expect([kept, ingest.stored]).toEqual([[], []]);
    });
  }
});

test("a body that was read waits with its request, and its memory is free again afterwards", async () => {
  await ingest.stop();
  ingest = startIngest({
    providers: { get: () => provider },
    bodyRoom: { short: 10, counted: 0 },
    catchUp: {
      mayBeBehind: () => true,
      async caughtUp(heldBytes) {
        waits.push(heldBytes);
        if (waits.length % 2 === 0) throw new AppError({ kind: "unavailable", message: "Unknown." });
      },
    },
  });
  ingest.setRoute(secret("new"));
  for (let n = 0; n < 6; n++)
    expect((await ingest.post("", { body: "123456789" })).status).toBe(n % 2 ? 503 : 401);
  expect(waits).toEqual([9, 9, 9, 9, 9, 9]);
  expect((await ingest.post("", { body: "new" })).status).toBe(200);
});

test("a body that was cut off at a limit which has changed is to be sent again", async () => {
  ingest.setRoute({ settings: { ...SETTINGS, max_body_bytes: 2 } });
  const send = () => ingest.post("", { body: chunked(Buffer.from("long")) });
  expect((await send()).status).toBe(413);
  meanwhile = () => ingest.setRoute({ settings: null });
  const response = await send();
  expect([response.status, response.headers.get("retry-after")]).toEqual([503, "1"]);
  expect((await send()).status).toBe(200);
});

test("no request waits for an address that no entrypoint ever has, or for a limit of the server", async () => {
  expect((await fetch(`${ingest.url}/webhook/admin`, { method: "POST", body: "x" })).status).toBe(404);
  expect((await ingest.post("", { body: new Uint8Array(1_000_001) })).status).toBe(413);
  expect(waits).toEqual([]);
  await fetch(`${ingest.url}/webhook/${newUnguessableId()}`, { method: "POST", body: "x" });
  expect(waits).toEqual([0]);
});
