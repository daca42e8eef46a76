/** Routes of the administration: users and the server page. */
import { generatePassword } from "../../auth/first-user.ts";
import type { User } from "../../auth/users.ts";
import { AppError, notFound } from "../../lib/errors.ts";
import type { KeyActions } from "../api-keys/keys.ts";
import type { DashboardDeps } from "../deps.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { adminAction, adminPage, type PageContext, type PageRoute, sensitive } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { Reveals } from "../reveals.ts";
import { describeConfiguration } from "./configuration.ts";
import { serverView } from "./server-view.tsx";
import { createServiceKeyRoutes } from "./service-key-routes.ts";
import { serviceKeysPath } from "./service-keys-path.ts";
import { createTeamRoutes } from "./teams/team-routes.ts";
import { disableView, resetFactorView, resetPasswordView, signOutView } from "./user-actions.tsx";
import { SERVICE, usersView } from "./users-views.tsx";

type Deps = Pick<
  DashboardDeps,
  | "users"
  | "sessions"
  | "secondFactors"
  | "identities"
  | "clock"
  | "config"
  | "version"
  | "storage"
  | "figures"
  | "clusterStatus"
  | "sendTestMail"
  | "useCases"
  | "passwordLinks"
  | "userEmails"
> &
  Readonly<{ keys: KeyActions; reveals: Reveals }>;

const USERS = "/admin/users";
const SERVER = "/admin/server";

export function createAdminRoutes(deps: Deps): readonly PageRoute[] {
  const { users, sessions, secondFactors, clock, reveals, storage, config, version } = deps;
  const startedAt = clock.now();
  const startedMonotonic = clock.monotonic();

  function listUsers(context: PageContext, faults: { errors: FieldErrors; typed: FormInput } | null) {
    const { viewer, flash, sessionId, query } = context;
    const made = users.find(query.get("user") ?? "");
    const what = query.has("link") ? "link" : "password";
    const key = query.get(what === "link" ? "link" : "made");
    const secret = faults === null ? reveals.take({ sessionId, key }) : null;
    const emails = new Map(deps.userEmails.list().map(({ userId, email }) => [userId, email]));
    const withFactor = new Set(secondFactors.listUserIds());
    const linked = new Set(deps.identities.listUserIds());
    return renderPage(
      usersView({
        viewer,
        flash,
        users: users.list().map((user) => ({
          user,
          email: emails.get(user.id) ?? null,
          lastSeenAt: lastSeen(user.id),
          hasSecondFactor: withFactor.has(user.id),
          isLinked: linked.has(user.id),
        })),
        made: secret !== null && made !== null ? { username: made.username, what, secret } : null,
        errors: faults?.errors ?? NO_ERRORS,
        typed: faults?.typed ?? {},
      }),
      { status: faults === null ? 200 : 422 },
    );
  }

  function lastSeen(userId: string): number | null {
    return sessions.list({ userId })[0]?.lastSeenAt ?? null;
  }

  function showPassword(context: PageContext, user: { id: string; password: string }): Response {
    const made = reveals.keep({ sessionId: context.sessionId, text: user.password });
    return redirect(`${USERS}?user=${user.id}&made=${made}`);
  }

  async function addUser(context: PageContext): Promise<Response> {
    const form = await context.form();
    const password = form.role === SERVICE ? null : generatePassword();
    const role = form.role === "admin" ? "admin" : "user";
    try {
      const user = await users.create({ username: (form.username ?? "").trim(), password, role });
      if (password === null) return redirect(serviceKeysPath(user.id));
      return showPassword(context, { id: user.id, password });
    } catch (error) {
      const errors = fieldErrors(error);
      return listUsers(context, { errors: { username: errors[""] ?? "", ...errors }, typed: form });
    }
  }

  async function resetPassword(context: PageContext): Promise<Response> {
    const user = getUser(context);
    if (user.isService) throw notFound("password");
    refuseSelf(context, user, "Change your own password in your profile.");
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(resetPasswordView({ viewer: context.viewer, user }));
    const password = generatePassword();
    await users.setPassword({ userId: user.id, password });
    return showPassword(context, { id: user.id, password });
  }

  function makePasswordLink(context: PageContext): Response {
    const user = getUser(context);
    refuseSelf(context, user, "Change your own password in your profile.");
    const text = deps.passwordLinks.create(user.id);
    const link = reveals.keep({ sessionId: context.sessionId, text });
    return redirect(`${USERS}?user=${user.id}&link=${link}`);
  }

  async function signOut(context: PageContext): Promise<Response> {
    const user = getUser(context);
    refuseSelf(context, user, "End your own sessions in your profile.");
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(signOutView({ viewer: context.viewer, user }));
    sessions.endAll({ userId: user.id });
    return redirect(USERS, { tone: "ok", text: `${user.username} is signed out everywhere.` });
  }

  async function resetSecondFactor(context: PageContext): Promise<Response> {
    const user = getUser(context);
    refuseSelf(context, user, "Manage your own second factor in your profile.");
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(resetFactorView({ viewer: context.viewer, user }));
    secondFactors.turnOff(user.id);
    return redirect(USERS, { tone: "ok", text: `${user.username} has no second factor any more.` });
  }

  async function disable(context: PageContext): Promise<Response> {
    const user = getUser(context);
    refuseSelf(context, user, "Another administrator can do it.");
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(disableView({ viewer: context.viewer, user }));
    users.disable(user.id);
    return redirect(USERS, { tone: "ok", text: `${user.username} can no longer sign in.` });
  }

  function enable(context: PageContext): Response {
    const user = getUser(context);
    users.enable(user.id);
    return redirect(USERS, { tone: "ok", text: `${user.username} can sign in again.` });
  }

  function getUser({ params }: PageContext): User {
    const user = users.find(params.userId ?? "");
    if (user === null) throw notFound("user");
    return user;
  }

  async function showServer(
    { viewer, flash }: PageContext,
    mail?: Readonly<{ typed: string; error: string }>,
  ): Promise<Response> {
    const view = serverView({
      viewer,
      flash,
      version,
      startedAt,
      uptimeMs: clock.monotonic() - startedMonotonic,
      files: await storage.measure(),
      openFiles: storage.openFiles(),
      checkRunningSince: storage.checks.runningSince(),
      lastCheck: storage.checks.last(),
      maxOpenFiles: storage.maxOpenFiles,
      lastBackup: await storage.lastBackup(),
      figures: deps.figures(),
      cluster: deps.clusterStatus && (await deps.clusterStatus()),
      mail: { isPossible: deps.sendTestMail !== null, ...mail },
      configuration: describeConfiguration(config),
    });
    return renderPage(view, { status: mail === undefined ? 200 : 422 });
  }

  async function testMail(context: PageContext): Promise<Response> {
    const { email = "" } = await context.form();
    if (deps.sendTestMail === null) throw notFound("mail server");
    try {
      const error = await deps.sendTestMail(email.trim());
      return redirect(
        SERVER,
        error === null
          ? { tone: "ok", text: `The mail server accepted a test e-mail to ${email.trim()}.` }
          : { tone: "bad", text: `The test e-mail was not sent: ${error}` },
      );
    } catch (error) {
      if (error instanceof AppError && error.kind === "rate_limited") {
        return redirect(SERVER, { tone: "bad", text: `${error.message} ${error.hint ?? ""}` });
      }
      return showServer(context, { typed: email, error: fieldErrors(error).email ?? "" });
    }
  }

  function startCheck(): Response {
    // Not awaited: the check reads every page of every file, which can take hours.
    void storage.checks.run();
    return redirect(SERVER, { tone: "ok", text: "The database check has started." });
  }

  return [
    adminPage("/admin", () => redirect(USERS)),
    adminPage(USERS, (context) => listUsers(context, null)),
    sensitive(adminAction(USERS, addUser)),
    adminAction("/admin/users/:userId/disable", disable),
    adminAction("/admin/users/:userId/enable", enable),
    sensitive(adminAction("/admin/users/:userId/password", resetPassword)),
    sensitive(adminAction("/admin/users/:userId/password-link", makePasswordLink)),
    sensitive(adminAction("/admin/users/:userId/second-factor/reset", resetSecondFactor)),
    adminAction("/admin/users/:userId/sign-out", signOut),
    ...createServiceKeyRoutes(deps),
    adminPage(SERVER, (context) => showServer(context)),
    adminAction(`${SERVER}/mail`, testMail),
    ...createTeamRoutes(deps),
    adminAction(`${SERVER}/check`, startCheck),
  ];
}

/** Prevents administrators from locking themselves out by mistake. */
function refuseSelf({ viewer }: PageContext, user: User, hint: string): void {
  if (viewer.id !== user.id) return;
  throw new AppError({ kind: "conflict", code: "own_account", message: "This is your own account.", hint });
}
