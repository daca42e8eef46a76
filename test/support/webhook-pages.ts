/** A user's webhook with an entrypoint and a target, its pages served, and a second user who owns nothing of it. */
import { createReveals } from "../../src/dashboard/reveals.ts";
import type { SourcesDeps } from "../../src/dashboard/webhooks/deps.ts";
import { createKeyRing } from "../../src/lib/crypto.ts";
import { openConfig } from "../../src/settings/sealed-config.ts";
import type { TargetType } from "../../src/targets/target-type.ts";
import type { Provider } from "../../src/verification/provider.ts";
import type { EmptyPlace } from "../../src/webhooks/place-trials.ts";
import { createWebhookUseCases } from "../../src/webhooks/use-cases.ts";
import type { Trial } from "../../src/webhooks/verification-trial.ts";
import { createFakeOverviews } from "./fake-overviews.ts";
import { serveSources } from "./test-webhook-pages.ts";
import { createFakeThrottle } from "./throttle.ts";
import { createTestTransfer } from "./transfer.ts";
import { createTestUseCases } from "./use-cases.ts";

export type SourcePages = Awaited<ReturnType<typeof startSourcePages>>;

export const SECRET = "Bearer do-not-show";

export const NOTHING_TRIED = { tried: 0, untried: 0, accepted: 0, refused: [] };

/** `moreTypes` stand beside the program's own target types. */
export async function startSourcePages(options: { moreTypes?: readonly TargetType[] } = {}) {
  const { moreTypes = [] } = options;
  const all = createTestUseCases();
  const types = [...all.targetTypes.list(), ...moreTypes];
  const find = (type: string) => types.find((each) => each.type === type) ?? null;
  const targetTypes = {
    find,
    get: (type: string) => find(type) ?? all.targetTypes.get(type),
    list: () => types,
  };
  const keys = createKeyRing(new Uint8Array(32).fill(1));
  const useCases = createWebhookUseCases({
    mainDb: all.mainDb,
    eventFiles: { create: async () => undefined, delete: async () => undefined },
    targetTypes,
    providers: all.providers,
    keys,
    clock: all.clock,
  });
  /** A target's config with its secrets, which no page and no answer shows. */
  function openTarget(targetId: string): Record<string, unknown> {
    const row = all.mainDb.targets.find({ id: targetId, webhookId: webhook.id });
    if (!row) throw new Error(`there is no target ${targetId}`);
    return openConfig({
      type: targetTypes.get(row.type),
      config: row.config,
      owner: `targets:${targetId}`,
      keys,
    });
  }

  const { events, rejected, files } = createFakeOverviews(all.clock.now());
  /** What a trial is asked and says, and what is proposed. */
  const trials: { asked: unknown[]; answer: Trial; suggested: Provider | null } = {
    asked: [],
    answer: { events: NOTHING_TRIED, rejected: NOTHING_TRIED },
    suggested: null,
  };
  /** What the last events have nothing of, by entrypoint and target. */
  const emptyPlaces = new Map<string, EmptyPlace>();
  const fakeThrottle = createFakeThrottle();
  const tests: Parameters<SourcesDeps["sendTestEvent"]>[0][] = [];
  let testFault: Error | null = null;
  const pages = serveSources(
    {
      ...{
        useCases,
        targetTypes,
        providers: all.providers,
        events,
        rejected,
        throttle: fakeThrottle.throttle,
      },
      reveals: createReveals(all.clock),
      config: { baseUrl: "https://hooks.example", retentionDays: 30, mail: null },
      sendTestNotice: async () => [{ channel: "email", error: null }],
      trials: {
        async run({ input }) {
          trials.asked.push(input);
          return trials.answer;
        },
        suggest: async () => trials.suggested,
      },
      placeTrials: {
        ofEntrypoint: async ({ id }) => [emptyPlaces.get(id) ?? []].flat(),
        ofTargets: async () => emptyPlaces,
      },
      transfer: createTestTransfer(all, all.directory),
      async sendTestEvent(asked) {
        tests.push(asked);
        if (testFault) throw testFault;
        return "event";
      },
    },
    [
      { id: all.ada, username: "ada", role: "user" },
      { id: all.bob, username: "bob", role: "user" },
    ],
  );

  const webhook = await useCases.webhooks.create({ userId: all.ada, input: { name: "Shop" } });
  const of = { userId: all.ada, webhookId: webhook.id };
  const entrypoint = await useCases.entrypoints.create({ ...of, input: { name: "Orders" } });
  const target = await useCases.targets.create({
    ...of,
    input: {
      name: "Warehouse",
      type: "http",
      config: { url: "https://warehouse.example/in", headers: { Authorization: SECRET } },
    },
  });
  const path = `/source/${webhook.id}`;

  return {
    ...{
      pages: { ...pages, targetTypes: types },
      useCases,
      files,
      tests,
      trials,
      emptyPlaces,
      of,
      webhook,
      entrypoint,
      target,
    },
    ...{
      throttles: fakeThrottle.views,
      throttleCalls: fakeThrottle.calls,
      openTarget,
      providers: all.providers,
      ada: all.ada,
      bob: all.bob,
      clock: all.clock,
      mainDb: all.mainDb,
    },
    paths: {
      webhook: path,
      entrypoint: `${path}/entrypoints/${entrypoint.id}`,
      target: `${path}/targets/${target.id}`,
    },
    failNextTest(error: Error) {
      testFault = error;
    },
    async stop() {
      await pages.stop();
      all.dispose();
    },
  };
}
