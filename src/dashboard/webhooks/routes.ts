/** Collects the routes of webhooks, entrypoints and targets. */
import type { PageRoute } from "../page-route.ts";
import { createDeleteRoutes } from "./delete-routes.ts";
import type { SourcesDeps } from "./deps.ts";
import { createEntrypointRoutes } from "./entrypoints/entrypoint-routes.ts";
import { createVerificationRoutes } from "./entrypoints/verification-routes.ts";
import { createNoticeRoutes } from "./notices/notice-routes.ts";
import { createWebhookPortalRoutes } from "./portal/portal-routes.ts";
import { createSharingRoutes } from "./sharing/sharing-routes.ts";
import { createDownloadRoutes } from "./storage/download-routes.ts";
import { createImportRoutes } from "./storage/import-routes.ts";
import { createTargetPageRoutes } from "./target-page/target-page-routes.ts";
import { createSigningRoutes } from "./targets/signing-routes.ts";
import { createTargetRoutes } from "./targets/target-routes.ts";
import { createTargetThrottleRoutes } from "./targets/target-throttle-routes.ts";
import { createWebhookRoutes } from "./webhook-routes.ts";

export function createSourcesRoutes(deps: SourcesDeps): readonly PageRoute[] {
  return [
    ...createWebhookRoutes(deps),
    ...createDeleteRoutes(deps),
    ...createDownloadRoutes(deps),
    ...createImportRoutes(deps),
    ...createNoticeRoutes(deps),
    ...createSharingRoutes(deps),
    ...createWebhookPortalRoutes(deps),
    ...createEntrypointRoutes(deps),
    ...createVerificationRoutes(deps),
    ...createTargetRoutes(deps),
    ...createTargetPageRoutes(deps),
    ...createSigningRoutes(deps),
    ...createTargetThrottleRoutes(deps),
  ];
}
