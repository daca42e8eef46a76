/** Ends that a file of configuration manages a webhook and its parts. Their keys stay: a later apply finds them again. */
import type { UseCaseDeps } from "../deps.ts";
import { type InWebhook, requireRole } from "../people/roles.ts";

export function createUnmanage({ mainDb, clock }: UseCaseDeps) {
  const { webhooks, entrypoints, targets } = mainDb;

  return async (of: InWebhook): Promise<void> => {
    const { role: _role, ...webhook } = requireRole(mainDb, of, "editor");
    const unmanaged = { managedBy: null, updatedAt: clock.now() } as const;
    const isManaged = ({ managedBy }: { managedBy: "file" | null }) => managedBy !== null;
    mainDb.together(() => {
      if (isManaged(webhook)) webhooks.update({ ...webhook, ...unmanaged });
      for (const row of entrypoints.list(webhook.id).filter(isManaged))
        entrypoints.update({ ...row, ...unmanaged });
      for (const row of targets.list(webhook.id).filter(isManaged)) targets.update({ ...row, ...unmanaged });
    });
  };
}
