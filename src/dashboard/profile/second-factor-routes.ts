/** Routes of the second factor: set up, renew the recovery codes, turn off. */
import { AppError } from "../../lib/errors.ts";
import type { DashboardDeps } from "../deps.ts";
import { action, forSetup, type PageContext, type PageRoute, page, sensitive } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { Reveals } from "../reveals.ts";
import { SECOND_FACTOR_PATH } from "./second-factor-path.ts";
import { renewCodesView, secondFactorView, setupView, turnOffView } from "./second-factor-views.tsx";

type Deps = Pick<DashboardDeps, "secondFactors" | "sessions"> & Readonly<{ reveals: Reveals }>;

export function createSecondFactorRoutes({ secondFactors, sessions, reveals }: Deps): readonly PageRoute[] {
  function showSetup(context: PageContext, again: { sealed: string; fault: string } | null) {
    const { viewer, flash, sessionId } = context;
    const { username } = viewer;
    const setup = secondFactors.begin({ username, sessionId, sealed: again?.sealed });
    const isRequired = secondFactors.isMissing(viewer);
    const view = setupView({ viewer, flash, setup, isRequired, fault: again?.fault ?? null });
    return renderPage(view, { status: again === null ? 200 : 422 });
  }

  function show(context: PageContext) {
    const { viewer, flash, sessionId, query } = context;
    const state = secondFactors.find(viewer.id);
    if (state === null) return showSetup(context, null);
    const shown = reveals.take({ sessionId, key: query.get("codes") });
    return renderPage(secondFactorView({ viewer, flash, state, codes: shown?.split("\n") ?? null }));
  }

  function revealed({ sessionId }: PageContext, codes: readonly string[]): string {
    return `${SECOND_FACTOR_PATH}?codes=${reveals.keep({ sessionId, text: codes.join("\n") })}`;
  }

  async function turnOn(context: PageContext): Promise<Response> {
    const { viewer, sessionId } = context;
    const { id: userId } = viewer;
    if (secondFactors.isOn(userId)) throw alreadyOn();
    const { code = "", sealed = "" } = await context.form();
    const codes = secondFactors.turnOn({ userId, sessionId, sealed, code });
    if (codes === null) return showSetup(context, { sealed, fault: "This is not the code of this secret." });
    // Whoever signed in by the password alone must not stay.
    sessions.endOthers({ userId, id: sessionId });
    return redirect(revealed(context, codes));
  }

  async function renew(context: PageContext): Promise<Response> {
    const { viewer } = context;
    requireOn(viewer.id);
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(renewCodesView({ viewer }));
    return redirect(revealed(context, secondFactors.renewCodes(viewer.id)));
  }

  async function turnOff(context: PageContext): Promise<Response> {
    const { viewer } = context;
    requireOn(viewer.id);
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(turnOffView({ viewer }));
    secondFactors.turnOff(viewer.id);
    return redirect("/profile", { tone: "ok", text: "Your second factor is off." });
  }

  function requireOn(userId: string): void {
    if (!secondFactors.isOn(userId)) throw notOn();
  }

  return [
    forSetup(page(SECOND_FACTOR_PATH, show)),
    forSetup(sensitive(action(SECOND_FACTOR_PATH, turnOn))),
    sensitive(action(`${SECOND_FACTOR_PATH}/codes`, renew)),
    sensitive(action(`${SECOND_FACTOR_PATH}/off`, turnOff)),
  ];
}

function alreadyOn(): AppError {
  return new AppError({
    kind: "conflict",
    code: "second_factor_on",
    message: "You have a second factor already.",
    hint: "Turn it off first to set up another app.",
  });
}

function notOn(): AppError {
  return new AppError({ kind: "conflict", code: "second_factor_off", message: "You have no second factor." });
}
