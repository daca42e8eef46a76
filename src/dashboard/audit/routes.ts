/** Routes of the audit log: everybody's entries for administrators, and each user's own. */
import { auditExportResponse } from "../../auth/audit-export.ts";
import type { DashboardDeps } from "../deps.ts";
import { adminPage, type PageContext, type PageRoute, page } from "../page-route.ts";
import { renderPage } from "../render.ts";
import { readAuditFilter, toAuditFilter } from "./filter.ts";
import { ADMIN_PATH, auditView, OWN_PATH } from "./views.tsx";

type Deps = Pick<DashboardDeps, "auditReading" | "users">;

const PAGE_SIZE = 50;
const NUMBER = /^\d{1,15}$/;
const NOTHING = { entries: [], nextBefore: null, stoppedEarly: false };

export function createAuditRoutes({ auditReading, users }: Deps): readonly PageRoute[] {
  function read({ request, query, viewer }: PageContext, isAll: boolean) {
    const { filter, notes } = readAuditFilter(request, query);
    const userIdOf = (username: string) => users.findByUsername(username)?.id ?? null;
    // Only administrators may find out which users exist.
    const wanted = toAuditFilter(isAll ? filter : { ...filter, who: "" }, userIdOf);
    return { filter, notes, wanted, reader: { userId: viewer.id, isAdmin: isAll } };
  }

  const show = (isAll: boolean) => (context: PageContext) => {
    const { filter, notes, wanted, reader } = read(context, isAll);
    const given = context.query.get("before") ?? "";
    const before = NUMBER.test(given) ? Number(given) : undefined;
    const found =
      wanted === null ? NOTHING : auditReading.search(reader, { ...wanted, before, limit: PAGE_SIZE });
    const { viewer, flash } = context;
    return renderPage(
      auditView({ viewer, flash, isAll, filter, notes, isFirstPage: before === undefined, ...found }),
    );
  };

  const download = (isAll: boolean) => (context: PageContext) => {
    const { wanted, reader } = read(context, isAll);
    context.keepOpen();
    return auditExportResponse(auditReading, {
      reader,
      filter: wanted ?? {},
      mayGoOn: () => wanted !== null && context.isStillAllowed(),
    });
  };

  return [
    adminPage(ADMIN_PATH, show(true)),
    adminPage(`${ADMIN_PATH}/download`, download(true)),
    page(OWN_PATH, show(false)),
    page(`${OWN_PATH}/download`, download(false)),
  ];
}
