/** Builds the API, /api/v1, from one list of operations: its routes and its OpenAPI document. */
import { Elysia } from "elysia";
import { z } from "zod";
import type { Caller } from "../auth/api-keys.ts";
import { createAudit } from "../http/audit.ts";
import { eventTypeOperations } from "./catalogue/event-types.ts";
import { configOperations } from "./config/config.ts";
import type { ApiDeps } from "./deps.ts";
import { entrypointOperations } from "./entrypoints.ts";
import { eventOperations } from "./events/events.ts";
import type { Json } from "./json-schemas.ts";
import { createOpenApiDocument } from "./openapi.ts";
import { API_PREFIX, type Operation, openOperation } from "./operation.ts";
import { apiKeyOperations } from "./people/api-keys.ts";
import { auditOperations } from "./people/audit.ts";
import { createAuthenticator } from "./people/authenticate.ts";
import { callerOperations } from "./people/caller.ts";
import { invitationOperations } from "./people/invitations.ts";
import { memberOperations } from "./people/members.ts";
import { teamOperations } from "./people/teams.ts";
import { portalOperations } from "./portal/portal.ts";
import { problemOperations } from "./problems/problems.ts";
import { publishOperations } from "./publish/publish.ts";
import { pullOperations } from "./pull/pull.ts";
import { rejectedOperations } from "./rejected/rejected.ts";
import { replayOperations } from "./replays/replays.ts";
import { sqlOperations } from "./sql/sql.ts";
import { targetNumbersOperations } from "./targets/target-numbers.ts";
import { targetThrottleOperations } from "./targets/target-throttle.ts";
import { targetOperations } from "./targets/targets.ts";
import { transferOperations } from "./transfer.ts";
import { webhookOperations } from "./webhooks.ts";

/** The application's error handler handles errors. */
export function createApi(deps: ApiDeps) {
  const { authenticate, isKeyUsable } = createAuthenticator(deps.apiKeys);
  const audit = createAudit({ ...deps.auditing, via: "api", log: deps.log });
  const api = new Elysia({ name: "api", prefix: API_PREFIX });
  for (const { doc, waits, auditsChanges, run } of listOperations(deps)) {
    // The operation parses the body: the framework's parser would respond before the request is authenticated.
    api.route(
      doc.method,
      doc.path,
      ({ request, params, server }) =>
        audit.watch(
          {
            request,
            method: doc.method,
            route: `${API_PREFIX}${doc.path}`,
            params,
            isChange: doc.method !== "GET" && !waits,
            isFrequent: auditsChanges,
            remoteAddress: () => deps.remoteAddressOf(request, server),
          },
          (entry) => {
            async function authenticateAs(given: Request): Promise<Caller> {
              const caller = await authenticate(given, deps.remoteAddressOf(given, server));
              entry.by({ userId: caller.userId, keyId: caller.apiKeyId });
              return caller;
            }
            const setIdleTimeout = (seconds: number) => server?.timeout(request, seconds);
            const remoteAddress = () => deps.remoteAddressOf(request, server);
            const { get: requireRole, findByExternalId } = deps.useCases.webhooks;
            const onPath = entry.at;
            const asker = { requireRole, findByExternalId, onPath, isKeyUsable: () => isKeyUsable(request) };
            const call = { request, params, ...asker, setIdleTimeout, remoteAddress };
            // Only the authentication, which notes that the key was used: the rest may take half a minute.
            if (waits) {
              return run({ ...call, authenticate: (given) => deps.durably(() => authenticateAs(given)) });
            }
            return deps.durably(() => run({ ...call, authenticate: authenticateAs }));
          },
        ),
      {
        parse: "none",
      },
    );
  }
  return api;
}

function listOperations(deps: ApiDeps): readonly Operation[] {
  const operations: Operation[] = [
    ...callerOperations(),
    ...apiKeyOperations(deps),
    ...teamOperations(deps),
    ...webhookOperations(deps),
    ...memberOperations(deps),
    ...invitationOperations(deps),
    ...transferOperations(deps),
    ...entrypointOperations(deps),
    ...targetOperations(deps),
    ...targetThrottleOperations(deps),
    ...pullOperations(deps),
    ...targetNumbersOperations(deps),
    ...eventOperations(deps),
    ...publishOperations(deps),
    ...eventTypeOperations(deps),
    ...portalOperations(deps),
    ...rejectedOperations(deps),
    ...replayOperations(deps),
    ...configOperations(deps),
    ...sqlOperations(deps),
    ...auditOperations(deps),
    ...problemOperations(deps),
    openOperation(
      {
        id: "getOpenApiDocument",
        method: "GET",
        path: "/openapi.json",
        tag: "API",
        summary: "Read this document",
        success: {
          status: 200,
          description: "OpenAPI 3.1.",
          schema: z.record(z.string(), z.unknown()),
        },
      },
      () => {
        // Built on the first request, because it takes longer than the rest of a start.
        document ??= createOpenApiDocument(
          operations.map(({ doc }) => doc),
          deps,
        );
        return Response.json(document);
      },
    ),
  ];
  let document: Json | null = null;
  return operations;
}
