/** The connection to the NATS servers: finds one that answers, and another after it is lost, for ever. */
import type { Msg, MsgHdrs, NatsConnection } from "@nats-io/transport-node";
import { type Clock, wait } from "../../../lib/clock.ts";
import { AppError } from "../../../lib/errors.ts";
import { addressesOf, authenticatorOf, fault, type NatsOptions, tlsOf } from "./options.ts";

export type Connection = Readonly<{
  nats: NatsConnection;
  /** Rejects once the connection is lost or the time is up. Whether the request had its effect is then unknown. */
  request: (
    subject: string,
    data: Uint8Array,
    options: { timeoutMs: number; headers?: MsgHdrs },
  ) => Promise<Msg>;
  isConnected: () => boolean;
  /** Resolves once there is a connection, or when the time is up. */
  connected: (withinMs: number) => Promise<void>;
  close: () => Promise<void>;
}>;

/** Two missed answers are a lost connection: a server that was stopped keeps its sockets open. */
const PING_MS = 1_000;
const MISSED_PINGS = 2;

/** A server that accepts and then says nothing is given up after this. */
const DIAL_MS = 2_000;

const RETRY_MS = 100;

/**
 * Connects with `credentials` of that variable. Tries all servers until one answers; rejects as `unavailable` after
 * `budgetMs`, and with ConfigError if the servers refuse the credentials.
 */
export async function connectToNats(deps: {
  options: NatsOptions;
  variable: "CLUSTER_CREDENTIALS" | "CLUSTER_SYSTEM_CREDENTIALS";
  credentials: string | null;
  budgetMs: number;
  clock: Clock;
}): Promise<Connection> {
  const { options, variable, credentials, budgetMs, clock } = deps;
  const client = await import("@nats-io/transport-node");
  const { servers, isEncrypted } = addressesOf(options.url);
  const authenticator = credentials === null ? [] : [authenticatorOf(client, credentials, variable)];
  const until = clock.monotonic() + budgetMs;
  for (;;) {
    try {
      const nats = await client.connect({
        servers,
        authenticator,
        tls: tlsOf(options, isEncrypted),
        name: `webhooker ${options.node}`,
        maxReconnectAttempts: -1,
        reconnectTimeWait: RETRY_MS,
        reconnectJitter: RETRY_MS,
        reconnectJitterTLS: RETRY_MS,
        pingInterval: PING_MS,
        maxPingOut: MISSED_PINGS,
        timeout: DIAL_MS,
        // Servers know each other by addresses that gateways may not reach.
        ignoreClusterUpdates: true,
        // Else the client gives up for good when keys are exchanged at the servers first.
        ignoreAuthErrorAbort: true,
        noAsyncTraces: true,
      });
      return watched(nats, clock);
    } catch (error) {
      if (error instanceof client.AuthorizationError) {
        const hint = `Compare the keys with the users in the servers' configuration.`;
        throw fault(variable, "is refused by the NATS servers", hint);
      }
      if (clock.monotonic() >= until) throw unreachable(servers, error);
      await wait(clock, RETRY_MS);
    }
  }
}

function unreachable(servers: readonly string[], cause: unknown): AppError {
  return new AppError({
    kind: "unavailable",
    message: `No NATS server of the cluster's log answers (${servers.join(", ")}).`,
    hint: "Check CLUSTER_URL, the certificates, and whether the servers run.",
    cause,
  });
}

function watched(nats: NatsConnection, clock: Clock): Connection {
  let isConnected = true;
  const underWay = new Set<(lost: Error) => void>();
  const waiting = new Set<() => void>();

  async function watch(): Promise<void> {
    for await (const { type } of nats.status()) {
      if (type === "reconnect") {
        isConnected = true;
        for (const wake of waiting) wake();
      } else if (type === "disconnect" || type === "close") {
        isConnected = false;
        for (const reject of underWay) reject(new Error("The connection to the NATS server was lost."));
      }
    }
  }
  void watch();

  return {
    nats,
    isConnected: () => isConnected,
    request(subject, data, { timeoutMs, headers }) {
      return new Promise((resolve, reject) => {
        // The client would keep it and send it much later.
        if (!isConnected) return reject(new Error("There is no connection to a NATS server."));
        underWay.add(reject);
        nats
          .request(subject, data, { timeout: timeoutMs, ...(headers === undefined ? {} : { headers }) })
          .then(resolve, reject)
          .finally(() => underWay.delete(reject));
      });
    },
    connected(withinMs) {
      if (isConnected) return Promise.resolve();
      return new Promise((resolve) => {
        const cancel = clock.after(withinMs, wake);
        function wake(): void {
          waiting.delete(wake);
          cancel();
          resolve();
        }
        waiting.add(wake);
      });
    },
    close: () => nats.close(),
  };
}
