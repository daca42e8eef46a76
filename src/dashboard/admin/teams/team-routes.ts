/** Routes of teams, which administrators manage. */
import type { DashboardDeps } from "../../deps.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../../forms.ts";
import { adminAction, adminPage, type PageContext, type PageRoute, sensitive } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import { DeleteTeamPage, TEAMS, TeamPage, TeamsPage, teamPath } from "./team-views.tsx";

type Returned = Readonly<{ typed: FormInput; errors: FieldErrors }>;

export function createTeamRoutes({ useCases: { teams } }: Pick<DashboardDeps, "useCases">) {
  function ids({ viewer, params }: PageContext) {
    return { userId: viewer.id, teamId: params.teamId ?? "" };
  }

  async function list({ viewer, flash }: PageContext, returned?: Returned): Promise<Response> {
    const all = await teams.list({ userId: viewer.id });
    const { typed = {}, errors = NO_ERRORS } = returned ?? {};
    const markup = TeamsPage({ viewer, flash, teams: all, typed, errors });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function show(context: PageContext, returned?: Returned): Promise<Response> {
    const { viewer, flash } = context;
    const team = await teams.get(ids(context));
    const { typed = {}, errors = NO_ERRORS } = returned ?? {};
    const markup = TeamPage({ viewer, flash, team, typed, errors });
    return renderPage(markup, { status: returned ? 422 : 200 });
  }

  async function create(context: PageContext): Promise<Response> {
    const form = await context.form();
    try {
      const { id, name } = await teams.create({
        userId: context.viewer.id,
        input: { name: form.name ?? "" },
      });
      return redirect(teamPath(id), { tone: "ok", text: `The team ${name} is created. Add its users.` });
    } catch (error) {
      return list(context, returned(form, error));
    }
  }

  async function rename(context: PageContext): Promise<Response> {
    const form = await context.form();
    try {
      const { id } = await teams.rename({ ...ids(context), input: { name: form.name ?? "" } });
      return redirect(teamPath(id), { tone: "ok", text: "The team is renamed." });
    } catch (error) {
      return show(context, returned(form, error));
    }
  }

  async function addUser(context: PageContext): Promise<Response> {
    const form = await context.form();
    try {
      const { id } = await teams.addUser({ ...ids(context), input: { username: form.username ?? "" } });
      return redirect(teamPath(id), { tone: "ok", text: `${form.username} is in the team now.` });
    } catch (error) {
      return show(context, { typed: form, errors: fieldErrors(error) });
    }
  }

  async function removeUser(context: PageContext): Promise<Response> {
    const { id } = await teams.removeUser({ ...ids(context), memberId: context.params.userId ?? "" });
    return redirect(teamPath(id), { tone: "ok", text: "The user is no longer in the team." });
  }

  async function remove(context: PageContext): Promise<Response> {
    const team = await teams.get(ids(context));
    const { confirmed } = await context.form();
    if (confirmed !== "yes") return renderPage(DeleteTeamPage({ viewer: context.viewer, team }));
    await teams.remove(ids(context));
    return redirect(TEAMS, { tone: "ok", text: `The team ${team.name} was deleted.` });
  }

  return [
    adminPage(TEAMS, (context) => list(context)),
    adminAction(TEAMS, create),
    adminPage(`${TEAMS}/:teamId`, (context) => show(context)),
    adminAction(`${TEAMS}/:teamId/name`, rename),
    sensitive(adminAction(`${TEAMS}/:teamId/users`, addUser)),
    adminAction(`${TEAMS}/:teamId/users/:userId/remove`, removeUser),
    adminAction(`${TEAMS}/:teamId/delete`, remove),
  ] satisfies readonly PageRoute[];
}

/** A taken name is a fault of the field. */
function returned(typed: FormInput, error: unknown): Returned {
  const { "": whole, ...errors } = fieldErrors(error);
  return { typed, errors: whole === undefined ? errors : { name: whole, ...errors } };
}
