/** /webhooks/{id}/export and /webhooks/import: export and import a webhook as one file. */
import { z } from "zod";
import { temporaryFileResponse } from "../http/temporary-file.ts";
import { AppError } from "../lib/errors.ts";
import type { ApiDeps } from "./deps.ts";
import { type Operation, operation } from "./operation.ts";
import { requireScope } from "./people/access.ts";
import { presentEntrypoint, presentWebhook } from "./presenters.ts";
import { importSchema, webhookPath } from "./schemas.ts";
import { createTargetPresenter } from "./targets/present-targets.ts";

const tag = "Webhooks";
const FILE_TYPE = "application/vnd.sqlite3";
const PASSPHRASE_HEADER = "x-webhooker-passphrase";
const MAX_PASSPHRASE = 1_000;
/** A stalled download is ended, and its file deleted. */
const STALLED_SECONDS = 120;

const importQuery = z.strictObject({
  secrets: z
    .enum(["keep", "leave_out"])
    .default("keep")
    .describe("`leave_out` imports a file without its secrets, so no passphrase is needed."),
});

export function transferOperations(deps: ApiDeps): readonly Operation[] {
  const { transfer, useCases } = deps;
  return [
    operation({
      id: "exportWebhook",
      method: "GET",
      path: "/webhooks/:webhook_id/export",
      tag,
      scope: "events:read",
      role: "editor",
      summary: "Export a webhook as one file",
      description: `An SQLite file with the webhook's events and configuration. Secrets are left out, unless the header \`${PASSPHRASE_HEADER}\` contains a passphrase (in base64) to encrypt them with. Also needs the scope \`webhooks:read\`, and with a passphrase \`admin\` and the role owner.`,
      params: webhookPath,
      success: { status: 200, description: "The file.", contentType: FILE_TYPE },
      errors: ["invalid"],
      async handle({ caller, params, request, setIdleTimeout }) {
        const passphrase = passphraseOf(request);
        requireScope(caller, "webhooks:read");
        if (passphrase !== null) requireScope(caller, "admin");
        setIdleTimeout(0);
        const of = { userId: caller.userId, webhookId: params.webhook_id };
        const { path, fileName } = await transfer.exportWebhook({ ...of, passphrase });
        setIdleTimeout(STALLED_SECONDS);
        return temporaryFileResponse({ path, fileName, contentType: FILE_TYPE, discard: transfer.discard });
      },
    }),
    operation({
      id: "importWebhook",
      method: "POST",
      path: "/webhooks/import",
      tag,
      scope: "webhooks:write",
      summary: "Import an exported webhook",
      description: `Entrypoints keep their URLs unless these are already in use here. A file with secrets needs its passphrase in \`${PASSPHRASE_HEADER}\`, in base64. Without secrets, all targets are imported as disabled.`,
      query: importQuery,
      upload: FILE_TYPE,
      success: { status: 201, description: "The imported webhook.", schema: importSchema },
      location: ({ webhook }) => `/webhooks/${webhook.id}`,
      async handle({ caller: { userId }, query, request, setIdleTimeout }) {
        const passphrase = passphraseOf(request);
        const path = await transfer.receive(chunksOf(request), Number(request.headers.get("content-length")));
        setIdleTimeout(0);
        try {
          const withoutSecrets = query.secrets === "leave_out";
          const { webhookId, notes } = await transfer.importWebhook({
            userId,
            path,
            passphrase,
            withoutSecrets,
          });
          const of = { userId, webhookId };
          return {
            webhook: presentWebhook(await useCases.webhooks.get(of)),
            entrypoints: (await useCases.entrypoints.list(of)).map((each) =>
              presentEntrypoint(each, deps.baseUrl),
            ),
            targets: await createTargetPresenter(deps.throttle).all(await useCases.targets.list(of)),
            notes: [...notes],
          };
        } finally {
          await transfer.discard(path);
        }
      },
    }),
  ];
}

/** Decodes the passphrase from base64, because headers are limited to ASCII. Throws AppError `invalid`. */
function passphraseOf(request: Request): string | null {
  const header = request.headers.get(PASSPHRASE_HEADER);
  if (header === null) return null;
  const text = Buffer.from(header, "base64").toString("utf8");
  const isRight = text.length > 0 && text.length <= MAX_PASSPHRASE;
  if (isRight && Buffer.from(text).toString("base64").replaceAll("=", "") === header.replaceAll("=", "")) {
    return text;
  }
  throw new AppError({
    kind: "invalid",
    message: "The passphrase is not valid.",
    hint: "Send 1 to 1000 characters of UTF-8 in base64.",
    details: [{ path: PASSPHRASE_HEADER, message: "must be UTF-8 text in base64" }],
  });
}

async function* chunksOf({ body }: Request): AsyncGenerator<Uint8Array> {
  if (body === null) return;
  try {
    yield* body;
  } catch (cause) {
    throw new AppError({ kind: "malformed", message: "The file is incomplete. Send it again.", cause });
  }
}
