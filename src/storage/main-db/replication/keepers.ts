/** The nodes of a cluster that keep the event files, as its leader has decided. */
import type { Database } from "bun:sqlite";

export type KeeperQueries = ReturnType<typeof createKeeperQueries>;

export function createKeeperQueries(db: Database) {
  const insert = "INSERT INTO keepers (node, since) VALUES (?, ?) ON CONFLICT DO NOTHING";
  return {
    /** Empty in a cluster of an earlier version, all of whose nodes keep them. */
    list: (): readonly string[] =>
      db
        .query<{ node: string }, []>("SELECT node FROM keepers ORDER BY node")
        .all()
        .map(({ node }) => node),
    has: (node: string): boolean => db.query("SELECT 1 FROM keepers WHERE node = ?").get(node) !== null,
    /** `at`: milliseconds UTC. */
    add(node: string, at: number): void {
      db.query<unknown, [string, number]>(insert).run(node, at);
    },
    remove(node: string): void {
      db.query<unknown, [string]>("DELETE FROM keepers WHERE node = ?").run(node);
    },
    /** Begins a cluster with this node alone. */
    found: db.transaction((node: string, at: number) => {
      db.run("DELETE FROM keepers");
      db.query<unknown, [string, number]>(insert).run(node, at);
    }).immediate,
  };
}
