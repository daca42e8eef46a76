/** A full disk: routes that cannot work respond 503, none fails, and deletions still work. */
import { expect, setDefaultTimeout, test } from "bun:test";
import { existsSync, rmSync, statfsSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { errorSchema } from "../../src/api/schema-parts.ts";
import { Gateway, makeFolder } from "../support/gateway.ts";
import { startReceiver } from "../support/receiver.ts";
import { addressOf, listRegisteredRoutes, type RegisteredRoute } from "../support/registered-routes.ts";
import {
  ADMIN_PASSWORD,
  addPerson,
  administrator,
  apiOf,
  createWebhookInUse,
  freePort,
  type Ids,
  idsOf,
  ownIdsOf,
  type Person,
  signIn,
} from "../support/site.ts";
import { mayMount, mountSmallDisk, unmountSmallDisk } from "../support/small-disk.ts";
import { until } from "../support/until.ts";

// Starts processes; only a hanging machine takes this long.
setDefaultTimeout(180_000);

const DISK_MIB = 200;
const REASONS =
  /^(disk_full|disk_read_only|disk_unusable|event_file_(read_only|unavailable)|too_little_space|main_database_unavailable)$/;

const BODIES: readonly (readonly [end: string, body: unknown])[] = [
  ["/webhooks", { name: "one more" }],
  ["/entrypoints", { name: "one more" }],
  ["/targets", { name: "one more", type: "log" }],
  ["/replays", { filter: {} }],
  ["/verification/test", { verification: { type: "bearer", config: {} } }],
];

/** Imports a different file each time. */
function fill(folder: string, name: string): void {
  const { bavail, bsize } = statfsSync(folder);
  try {
    writeFileSync(join(folder, name), Buffer.alloc(bavail * bsize));
  } catch {
    // The last block is missing, which the test needs.
  }
}

/** Requests as a browser on the dashboard's own page, or as a program. */
async function ask(gateway: Gateway, route: RegisteredRoute, { person, ids }: { person: Person; ids: Ids }) {
  const { method, path } = route;
  const isApi = path.startsWith("/api/");
  const [, body = { name: "changed" }] = BODIES.find(([end]) => path.endsWith(end)) ?? [];
  const sent = isApi
    ? JSON.stringify(body)
    : new URLSearchParams({ name: "changed", type: "log", username: "admin", password: ADMIN_PASSWORD });
  return fetch(gateway.origin + addressOf(path, { ...ids, "*": "more" }), {
    method,
    redirect: "manual",
    headers: isApi
      ? { "content-type": "application/json", authorization: `Bearer ${person.key}` }
      : { cookie: person.cookie, accept: "text/html", "sec-fetch-site": "same-origin" },
    ...(["POST", "PUT", "PATCH", "DELETE"].includes(method) && { body: sent }),
  });
}

const isLast = ({ method, path }: RegisteredRoute) =>
  method === "DELETE" || /delete|revoke|\/end|logout|password|users/.test(path);

/** Only the superuser can mount. */
const disks = mayMount() ? ["a disk"] : [];

for (const disk of disks) {
  test(`on ${disk} that is full no route fails, and whatever cannot be stored says why`, async () => {
    const folder = makeFolder();
    const data = join(folder, "data");
    mountSmallDisk(data, DISK_MIB);
    const receiver = await startReceiver();
    const port = String(freePort());
    const gateway = new Gateway(folder, {
      env: { PORT: port, ADMIN_PASSWORD, METRICS_USERNAME: "m", METRICS_PASSWORD: "only for this test" },
    });
    try {
      await gateway.start();
      const person = await administrator(gateway);
      // Another browser of the same user, and another user: both can be acted on.
      await signIn(gateway, person);
      await addPerson(gateway, "abel");
      const api = apiOf(gateway, person);
      const inUse = await createWebhookInUse(gateway, { api, receiver });
      const doomed = await api.setUpWebhook();
      // There is no such problem.
      const problem = { problemId: inUse.eventId, problem_id: inUse.eventId };
      const ids = { ...idsOf(inUse), ...problem, ...(await ownIdsOf(gateway, person, inUse.webhookId)) };
      await until(() => existsSync(join(data, "webhooker.reserve")));
      fill(data, "filler");
      // Before anything else has used up the reserve.
      expect((await api.request("DELETE", `/webhooks/${doomed.webhookId}`)).status).toBe(204);
      fill(data, "filler-2");
      const refused = await api.request("POST", "/webhooks", { name: "one more" });
      expect([refused.status, errorSchema.parse(await refused.json()).error.code]).toEqual([
        503,
        "disk_full",
      ]);
      const routes = await listRegisteredRoutes();
      const ordered = [...routes.filter((route) => !isLast(route)), ...routes.filter(isLast)];
      const faults: string[] = [];
      for (const route of ordered) {
        const answer = await ask(gateway, route, { person, ids });
        const { status } = answer;
        const isJson = answer.headers.get("content-type")?.startsWith("application/json") ?? false;
        if (answer.headers.get("content-type")?.startsWith("text/event-stream")) await answer.body?.cancel();
        else {
          const text = await answer.text();
          if (status === 503 && isJson && !/\/(readyz|livez|healthcheck)/.test(route.path)) {
            const { code } = errorSchema.parse(JSON.parse(text)).error;
            if (!REASONS.test(code)) faults.push(`${route.method} ${route.path}: 503 ${code}`);
          }
        }
        if (status >= 500 && status !== 503) faults.push(`${route.method} ${route.path}: ${status}`);
      }
      expect(faults).toEqual([]);
      expect(await gateway.api.isHealthy()).toBe(true);

      for (const name of ["filler", "filler-2"]) rmSync(join(data, name));
      const again = await api.setUpWebhook();
      await until(async () => {
        const answer = await fetch(gateway.entrypointUrl(again.entrypointId), {
          method: "POST",
          body: "again",
        });
        await answer.text();
        expect(answer.status).toBeOneOf([200, 503]);
        return answer.status === 200;
      });
      await gateway.stop();
      expect(await gateway.run(["check"])).toMatchObject({ code: 0, err: "" });
    } finally {
      unmountSmallDisk(data);
      await gateway.remove();
      await receiver.close();
    }
  });
}
