/** Routes of a user's passkeys: list, add, remove. */
import { notFound } from "../../lib/errors.ts";
import { passkeyAnswerIn } from "../components/passkey-form.tsx";
import type { DashboardDeps } from "../deps.ts";
import { action, type PageContext, type PageRoute, page, sensitive } from "../page-route.ts";
import { redirect, renderPage } from "../render.ts";
import { passkeysView, removePasskeyView } from "./passkey-views.tsx";
import { PASSKEYS_PATH } from "./passkeys-path.ts";

export function createPasskeyRoutes({ passkeys }: Pick<DashboardDeps, "passkeys">): readonly PageRoute[] {
  function show(context: PageContext, state: { fault: string; name: string } | null) {
    const { viewer, flash } = context;
    const view = passkeysView({
      viewer,
      flash,
      passkeys: passkeys.list(viewer.id),
      question: passkeys.isPossible ? passkeys.askToRegister(viewer) : null,
      name: state?.name ?? "",
      fault: state?.fault ?? null,
    });
    return renderPage(view, { status: state === null ? 200 : 422 });
  }

  async function add(context: PageContext): Promise<Response> {
    const form = await context.form();
    const { name = "" } = form;
    const given = passkeyAnswerIn(form, "create") ?? { sealed: "", answer: "" };
    const fault = await passkeys.register({ ...given, userId: context.viewer.id, name });
    if (fault !== null) return show(context, { fault, name });
    return redirect(PASSKEYS_PATH, {
      tone: "ok",
      text: "The passkey is added. It signs you in from now on.",
    });
  }

  async function remove(context: PageContext): Promise<Response> {
    const { viewer, params } = context;
    const passkey = passkeys.list(viewer.id).find(({ id }) => id === params.passkeyId);
    if (!passkey) throw notFound("passkey");
    const form = await context.form();
    if (form.confirmed !== "yes") return renderPage(removePasskeyView({ viewer, passkey }));
    passkeys.remove({ id: passkey.id, userId: viewer.id });
    return redirect(PASSKEYS_PATH, { tone: "ok", text: `The passkey ${passkey.name} is removed.` });
  }

  return [
    page(PASSKEYS_PATH, (context) => show(context, null)),
    sensitive(action(PASSKEYS_PATH, add)),
    action(`${PASSKEYS_PATH}/:passkeyId/remove`, remove),
  ];
}
