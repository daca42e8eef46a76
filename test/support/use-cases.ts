/** The use cases alone, over a test main database with two users and event files that only record calls. */
import { createKeyRing } from "../../src/lib/crypto.ts";
import { createLogger } from "../../src/observability/log.ts";
import type { Background } from "../../src/storage/main-db/open.ts";
import { createTargetTypes, type TargetTypes } from "../../src/targets/registry.ts";
import type { Providers } from "../../src/verification/registry.ts";
import { createWebhookUseCases, type WebhookUseCases } from "../../src/webhooks/use-cases.ts";
import { createFakeClock } from "./fake-clock.ts";
import { createTestMainDb, type TestMainDb } from "./main-db.ts";
import { createTestProviders } from "./providers.ts";

export type TestUseCases = TestMainDb &
  Readonly<{
    useCases: WebhookUseCases;
    /** Creates another set over the same rows, as after a start with another secret key. */
    withSecretKey: (fill: number) => WebhookUseCases;
    targetTypes: TargetTypes;
    providers: Providers;
    /** "create {id}" and "delete {id}", in order; `failWith` makes the next one fail. */
    eventFiles: { calls: string[]; failWith: Error | null };
    /** Ids of the users. */
    ada: string;
    bob: string;
  }>;

export function createTestUseCases(background?: Background): TestUseCases {
  const db = createTestMainDb(createFakeClock(), background);
  const eventFiles: TestUseCases["eventFiles"] = { calls: [], failWith: null };
  const note = (act: string) => async (webhookId: string) => {
    eventFiles.calls.push(`${act} ${webhookId}`);
    if (eventFiles.failWith) throw eventFiles.failWith;
  };
  const targetTypes = createTargetTypes({
    outbound: {
      refusal: () => null,
      request: () => Promise.reject(new Error("use cases deliver nothing")),
      close: () => undefined,
    },
    log: createLogger({ level: "error", format: "json", write: () => undefined }),
    clock: db.clock,
  });
  const providers = createTestProviders();
  const withSecretKey = (fill: number) =>
    createWebhookUseCases({
      mainDb: db.mainDb,
      eventFiles: { create: note("create"), delete: note("delete") },
      targetTypes,
      providers,
      keys: createKeyRing(new Uint8Array(32).fill(fill)),
      clock: db.clock,
    });
  return {
    ...db,
    useCases: withSecretKey(1),
    withSecretKey,
    targetTypes,
    providers,
    eventFiles,
    ada: db.addUser({ username: "ada" }).id,
    bob: db.addUser({ username: "bob" }).id,
  };
}
