/** Imports an exported webhook's file as a webhook of the viewer. */
import { AppError } from "../../../lib/errors.ts";
import type { FieldErrors, FormInput } from "../../forms.ts";
import { action, type PageContext, type PageRoute, page } from "../../page-route.ts";
import { redirect, renderPage } from "../../render.ts";
import { readUpload } from "../../upload.ts";
import type { SourcesDeps } from "../deps.ts";
import { IMPORT_PATH, webhookPath } from "../paths.ts";
import { ImportPage } from "./import-views.tsx";

const PASSPHRASE_FAULTS = new Set(["passphrase_missing", "wrong_passphrase"]);

export function createImportRoutes({ transfer, useCases, reveals }: SourcesDeps): readonly PageRoute[] {
  function show({ viewer }: PageContext, returned?: { fields: FormInput; error: AppError }) {
    if (returned === undefined) return renderPage(ImportPage({ viewer }));
    const { fields, error } = returned;
    const markup = ImportPage({ viewer, values: fields, errors: faultsOf(error) });
    return renderPage(markup, { status: error.kind === "unavailable" ? 503 : 422 });
  }

  async function take(context: PageContext): Promise<Response> {
    const { request, keepOpen } = context;
    const expectedBytes = Number(request.headers.get("content-length"));
    let fields: FormInput = {};
    try {
      const upload = await readUpload(request, {
        name: "file",
        take: (chunks) => transfer.receive(chunks, expectedBytes),
        drop: transfer.discard,
      });
      fields = upload.fields;
      if (upload.taken === null) throw nothingChosen();
      // Checking a large file takes longer than the idle timeout of a connection.
      keepOpen();
      return await adopt(context, { path: upload.taken, fields });
    } catch (error) {
      if (error instanceof AppError) return show(context, { fields, error });
      throw error;
    }
  }

  async function adopt(
    { viewer, sessionId }: PageContext,
    { path, fields }: { path: string; fields: FormInput },
  ): Promise<Response> {
    const userId = viewer.id;
    try {
      const { webhookId, notes } = await transfer.importWebhook({
        userId,
        path,
        passphrase: fields.passphrase === undefined || fields.passphrase === "" ? null : fields.passphrase,
        withoutSecrets: fields.without_secrets !== undefined,
      });
      const { name } = await useCases.webhooks.get({ userId, webhookId });
      const told =
        notes.length === 0 ? "" : `?imported=${reveals.keep({ sessionId, text: notes.join("\n") })}`;
      return redirect(`${webhookPath(webhookId)}${told}`, {
        tone: "ok",
        text: `Webhook “${name}” is imported.`,
      });
    } finally {
      await transfer.discard(path);
    }
  }

  return [page(IMPORT_PATH, (context) => show(context)), action(IMPORT_PATH, take)];
}

function nothingChosen(): AppError {
  return new AppError({ kind: "invalid", message: "Choose the file." });
}

function faultsOf({ kind, code, message, hint }: AppError): FieldErrors {
  const text = hint === undefined ? message : `${message} ${hint}`;
  if (PASSPHRASE_FAULTS.has(code)) return { passphrase: text };
  return { [kind === "invalid" ? "file" : ""]: text };
}
