/** Keeps what the provider stores in memory, so that it can be made anew with other keys and knows what it knew. */

type Row = Record<string, unknown>;

export type ProviderRows = Map<string, Row>;

/** The interface is oidc-provider's. */
export function createAdapters(rows: ProviderRows) {
  return (model: string) => {
    const keyOf = (id: string) => `${model}:${id}`;
    const findBy = (field: string, value: string) =>
      [...rows].find(([key, row]) => key.startsWith(`${model}:`) && row[field] === value)?.[1];
    return {
      async upsert(id: string, row: Row) {
        rows.set(keyOf(id), row);
      },
      find: async (id: string) => rows.get(keyOf(id)),
      findByUid: async (uid: string) => findBy("uid", uid),
      findByUserCode: async (code: string) => findBy("userCode", code),
      async consume(id: string) {
        rows.set(keyOf(id), { ...rows.get(keyOf(id)), consumed: Math.floor(Date.now() / 1_000) });
      },
      async destroy(id: string) {
        rows.delete(keyOf(id));
      },
      async revokeByGrantId(grantId: string) {
        for (const [key, row] of rows) if (row.grantId === grantId) rows.delete(key);
      },
    };
  };
}
