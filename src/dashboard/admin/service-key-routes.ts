/** Routes of the API keys of service accounts, which administrators manage, as nobody can sign in as one. */
import type { User } from "../../auth/users.ts";
import { notFound } from "../../lib/errors.ts";
import type { KeyActions } from "../api-keys/keys.ts";
import { revokeKeyView } from "../api-keys/revoke-view.tsx";
import type { DashboardDeps } from "../deps.ts";
import { type FieldErrors, type FormInput, fieldErrors, NO_ERRORS } from "../forms.ts";
import { adminAction, adminPage, type PageContext, type PageRoute, sensitive } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import type { Reveals } from "../reveals.ts";
import { serviceKeysPath } from "./service-keys-path.ts";
import { serviceKeysView } from "./service-keys-view.tsx";

type Deps = Pick<DashboardDeps, "users"> & Readonly<{ keys: KeyActions; reveals: Reveals }>;

export function createServiceKeyRoutes({ users, keys, reveals }: Deps): readonly PageRoute[] {
  async function show(context: PageContext, faults: { errors: FieldErrors; typed: FormInput } | null) {
    const { viewer, flash, sessionId, query } = context;
    const user = getServiceAccount(context);
    const view = serviceKeysView({
      viewer,
      flash,
      user,
      path: serviceKeysPath(user.id),
      apiKeys: await keys.list(user.id),
      newToken: faults === null ? reveals.take({ sessionId, key: query.get("made") }) : null,
      errors: faults?.errors ?? NO_ERRORS,
      typed: faults?.typed ?? {},
    });
    return renderPage(view, { status: faults === null ? 200 : 422 });
  }

  async function create(context: PageContext): Promise<Response> {
    const user = getServiceAccount(context);
    const form = await context.form();
    try {
      const token = await keys.create({ userId: user.id, form });
      const made = reveals.keep({ sessionId: context.sessionId, text: token });
      return redirect(`${serviceKeysPath(user.id)}?made=${made}`);
    } catch (error) {
      return show(context, { errors: fieldErrors(error), typed: form });
    }
  }

  async function revoke(context: PageContext): Promise<Response> {
    const { viewer, params } = context;
    const user = getServiceAccount(context);
    const apiKey = keys.getUsable({ userId: user.id, id: params.keyId ?? "" });
    const path = serviceKeysPath(user.id);
    const form = await context.form();
    if (form.confirmed !== "yes") {
      const back = { href: path, label: user.username };
      return renderPage(revokeKeyView({ viewer, apiKey, back, path, section: "admin" }));
    }
    keys.revoke({ id: apiKey.id, userId: user.id });
    return redirect(path, { tone: "ok", text: `The API key ${apiKey.name} is revoked.` });
  }

  function getServiceAccount({ params }: PageContext): User {
    const user = users.find(params.serviceId ?? "");
    if (user?.isService !== true) throw notFound("service account");
    return user;
  }

  return [
    adminPage("/admin/service-accounts/:serviceId/api-keys", (context) => show(context, null)),
    sensitive(adminAction("/admin/service-accounts/:serviceId/api-keys", create)),
    adminAction("/admin/service-accounts/:serviceId/api-keys/:keyId/revoke", revoke),
  ];
}
