/** Asks test servers what the log itself does not tell: which server leads a stream, and which one readers read from. */
import { until } from "../until.ts";
import { type Copy, readCopies } from "./copies.ts";
import type { NatsServers } from "./nats-servers.ts";

export type NatsAdmin = Readonly<{
  leaderOf: (stream: string) => Promise<string>;
  /** Names of the servers that a reader's consumer is on. */
  readFrom: (stream: string) => Promise<readonly string[]>;
  /** Each server's part of the stream, by its name. */
  copiesOf: (stream: string) => Promise<ReadonlyMap<string, Copy>>;
  /** Resolves once all replicas of the stream have what its leader has. */
  inStep: (stream: string) => Promise<void>;
  close: () => Promise<void>;
}>;

export async function connectAdmin({ options, names }: NatsServers): Promise<NatsAdmin> {
  const { connect, nkeyAuthenticator } = await import("@nats-io/transport-node");
  const { jetstreamManager } = await import("@nats-io/jetstream");
  const nats = await connect({
    servers: options.url.replace("nats://", "").split(","),
    authenticator: nkeyAuthenticator(new TextEncoder().encode(options.credentials ?? "")),
    maxReconnectAttempts: -1,
    reconnectTimeWait: 100,
    timeout: 2_000,
  });
  const manager = await jetstreamManager(nats, { checkAPI: false, timeout: 2_000 });

  /** Asks until there is an answer: servers that just started have none yet. */
  async function infoOf(stream: string) {
    return until(() => manager.streams.info(stream).catch(() => null));
  }

  return {
    leaderOf: async (stream) => (await infoOf(stream)).cluster?.leader ?? "",
    async readFrom(stream) {
      const leaders: string[] = [];
      for await (const { cluster } of manager.consumers.list(stream)) leaders.push(cluster?.leader ?? "");
      return leaders;
    },
    copiesOf: (stream) => readCopies({ nats, manager, stream, names }),
    async inStep(stream) {
      await until(async () => {
        const { cluster } = await infoOf(stream);
        const { replicas = [] } = cluster ?? {};
        return replicas.length === 2 && replicas.every(({ current, lag }) => current && (lag ?? 0) === 0);
      });
    },
    close: () => nats.close(),
  };
}
