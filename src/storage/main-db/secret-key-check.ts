/** Stores a known text sealed with the secret key, so that a wrong key is recognised. */
import type { Database } from "bun:sqlite";

export type SecretKeyCheckQueries = ReturnType<typeof createSecretKeyCheckQueries>;

export function createSecretKeyCheckQueries(db: Database) {
  function put(sealed: string): void {
    db.run("DELETE FROM secret_key_check");
    db.query("INSERT INTO secret_key_check (sealed) VALUES (?)").run(sealed);
  }

  return {
    find(): string | null {
      return db.query<{ sealed: string }, []>("SELECT sealed FROM secret_key_check").get()?.sealed ?? null;
    },
    replace(sealed: string): void {
      db.transaction(put).immediate(sealed);
    },
    /** Like `replace`, in the caller's transaction. */
    put,
  };
}
