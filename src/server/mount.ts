/** Mounts everything that the gateway answers on one application, with the edge around it and one exit for errors. */
import { Elysia } from "elysia";
import { createApi } from "../api/create-api.ts";
import type { ApiDeps } from "../api/deps.ts";
import { createDashboard } from "../dashboard/create-dashboard.ts";
import type { DashboardDeps } from "../dashboard/deps.ts";
import { edge } from "../http/edge.ts";
import { createErrorAnswers, errorHandler, wantsPage } from "../http/errors.ts";
import { health, type Readiness } from "../http/health.ts";
import { metricsRoute } from "../http/metrics-route.ts";
import type { Scrape } from "../observability/metrics-registry.ts";
import type { NodeHttp } from "./cluster/node-http.ts";
import type { IngestParts } from "./ingest.ts";
import type { Overrides } from "./overrides.ts";

export function mountRoutes(deps: {
  /** Parts that the dashboard needs; the API needs fewer. */
  parts: DashboardDeps & Pick<ApiDeps, "pull">;
  overrides: Pick<Overrides, "dashboard" | "compilesRoutes">;
  ingest: Pick<IngestParts, "routes">;
  report: Readonly<{ readiness: () => Readiness; scrape: Scrape }>;
  /** Given in a cluster only. */
  nodeHttp?: Pick<NodeHttp, "gate" | "routes"> | undefined;
}) {
  const { parts, overrides, ingest, report, nodeHttp } = deps;
  const { dashboard: alterDashboard = (own) => own, compilesRoutes = true } = overrides;
  const { config, clock, log } = parts;
  const dashboard = createDashboard(alterDashboard(parts));
  const api = createApi({
    baseUrl: config.baseUrl,
    version: parts.version,
    clock,
    durably: parts.durably,
    useCases: parts.useCases,
    invitations: parts.invitations,
    problems: parts.problems,
    transfer: parts.transfer,
    sendOwnEvent: parts.sendOwnEvent,
    publish: parts.publish,
    publishRate: config.publishRate,
    sendTestNotice: parts.sendTestNotice,
    remoteAddressOf: parts.remoteAddressOf,
    log,
    auditing: parts.auditing,
    auditReading: parts.auditReading,
    isAdmin: (userId) => parts.users.find(userId)?.role === "admin",
    apiKeys: parts.apiKeys,
    events: parts.events,
    throttle: parts.throttle,
    pull: parts.pull,
    rejected: parts.rejected,
    reverify: parts.reverify,
    replay: parts.replay,
    replayRuns: parts.replayRuns,
    findSentRequest: parts.findSentRequest,
    runSql: parts.runSql,
    targetTypes: parts.targetTypes,
    providers: parts.providers,
    trials: parts.trials,
    targetTrials: parts.targetTrials,
    targetNumbers: parts.targetNumbers,
  });
  const errors = createErrorAnswers({
    log,
    rendererFor: (request) => (wantsPage(request) ? dashboard.errorPage : null),
  });
  return new Elysia({ precompile: compilesRoutes, handler: { standardHostname: false } })
    .use(
      edge({
        log,
        clock,
        errors,
        baseUrl: config.baseUrl,
        logIngestion: config.logLevel === "debug",
        gate: nodeHttp?.gate,
      }),
    )
    .use(errorHandler(errors))
    .use(health({ isReady: report.readiness }))
    .use(metricsRoute({ credentials: config.metrics, scrape: report.scrape }))
    .use(nodeHttp?.routes ?? new Elysia())
    .use(ingest.routes)
    .use(api)
    .use(dashboard.app);
}
