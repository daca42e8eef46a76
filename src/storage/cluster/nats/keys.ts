/** Makes keys by which users of the NATS servers sign in: NKeys, which are Ed25519 keys in a text of their own. */

export type NatsKey = Readonly<{
  /** Secret, `SU…`: the gateway's credentials. */
  seed: string;
  /** `U…`: stands in the servers' configuration. */
  publicKey: string;
}>;

/** Loads the NATS client. */
export async function createNatsKey(): Promise<NatsKey> {
  const { nkeys } = await import("@nats-io/transport-node");
  const pair = nkeys.createUser();
  return { seed: new TextDecoder().decode(pair.getSeed()), publicKey: pair.getPublicKey() };
}
