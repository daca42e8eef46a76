/** Links an account to a user of a running gateway without a provider. */
import { join } from "node:path";
import { systemClock } from "../../../src/lib/clock.ts";
import { newId } from "../../../src/lib/ids.ts";
import { openMainDb } from "../../../src/storage/main-db/open.ts";

/** Returns the identity's id. */
export function addIdentity(gateway: Readonly<{ folder: string }>, username: string): string {
  const mainDb = openMainDb({ path: join(gateway.folder, "data", "webhooker.db"), clock: systemClock });
  const userId = mainDb.users.findByUsername(username)?.id ?? "";
  const account = { issuer: "https://sso.example.com/", subject: username, name: "boss@example.com" };
  const id = newId();
  mainDb.identities.insert({ id, userId, ...account, createdAt: Date.now(), lastUsedAt: null });
  mainDb.close();
  return id;
}
