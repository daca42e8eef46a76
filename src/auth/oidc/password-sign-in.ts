/** Whether passwords sign in: an operator can end that, once an administrator has come in otherwise. */
import type { OidcConfig } from "../../config-oidc.ts";
import type { MainDb } from "../../storage/main-db/open.ts";

export type PasswordSignIn = ReturnType<typeof createPasswordSignIn>;

export function createPasswordSignIn(deps: {
  /** PASSWORD_SIGN_IN */
  isWanted: boolean;
  oidc: OidcConfig | null;
  mainDb: Pick<MainDb, "identities">;
}) {
  const { isWanted, oidc, mainDb } = deps;
  return {
    isOn: (): boolean =>
      isWanted || oidc === null || !mainDb.identities.hasLetInAdmin(new URL(oidc.issuer).href),
  };
}
