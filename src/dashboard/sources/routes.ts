/** Every page and form of webhooks, entrypoints and targets. */
import type { PageRoute } from "../page-route.ts";
import { createDeleteRoutes } from "./delete-routes.ts";
import type { SourcesDeps } from "./deps.ts";
import { createDownloadRoutes } from "./download-routes.ts";
import { createEntrypointRoutes } from "./entrypoint-routes.ts";
import { createImportRoutes } from "./import-routes.ts";
import { createNoticeRoutes } from "./notice-routes.ts";
import { createSigningRoutes } from "./signing-routes.ts";
import { createTargetFlowRoutes } from "./target-flow-routes.ts";
import { createTargetRoutes } from "./target-routes.ts";
import { createVerificationRoutes } from "./verification-routes.ts";
import { createWebhookRoutes } from "./webhook-routes.ts";

export function createSourcesRoutes(deps: SourcesDeps): readonly PageRoute[] {
  return [
    ...createWebhookRoutes(deps),
    ...createDeleteRoutes(deps),
    ...createDownloadRoutes(deps),
    ...createImportRoutes(deps),
    ...createNoticeRoutes(deps),
    ...createEntrypointRoutes(deps),
    ...createVerificationRoutes(deps),
    ...createTargetRoutes(deps),
    ...createSigningRoutes(deps),
    ...createTargetFlowRoutes(deps),
  ];
}
