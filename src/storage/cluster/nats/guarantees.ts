/**
 * Checks whether the NATS servers can keep the log's promise: an entry that was acknowledged survives the loss of a machine,
 * and of the power of all.
 *
 * Since 2.15 a server with `sync_interval: always` syncs the Raft log of a replicated stream before it counts as one of
 * the majority; the stream's own blocks are synced at snapshots and rebuilt from that log. With the default, every two
 * minutes, a power cut takes acknowledged entries from a majority of the servers, or the whole stream.
 */
import { z } from "zod";
import { ConfigError, type ConfigFault } from "../../../config.ts";
import { type Clock, wait } from "../../../lib/clock.ts";
import { AppError } from "../../../lib/errors.ts";
import type { LogServers } from "../event-log.ts";
import { type Connection, connectToNats } from "./connection.ts";
import { fault, type NatsOptions } from "./options.ts";

export type ServerReport = z.output<typeof reportSchema>;

export const MIN_SERVERS = 3;
const MIN_VERSION = { major: 2, minor: 15 };
/** Parts of large records are half as large. */
const MIN_PAYLOAD = 1024 * 1024;

/** Servers that have something to say do so within milliseconds; the wait ends this long after the last answer. */
const QUIET_MS = 500;
const LONGEST_MS = 5_000;

/** Servers that have just been started count and answer for themselves only, until they have met. */
const MEETING_MS = 4_000;

/** A server's word on itself: https://docs.nats.io/running-a-nats-service/nats_admin/monitoring. */
const reportSchema = z.object({
  server: z.object({ name: z.string(), ver: z.string(), cluster: z.string().optional() }),
  data: z.object({
    max_payload: z.number(),
    jetstream: z
      .object({
        config: z.object({ sync_always: z.boolean().optional() }).optional(),
        meta: z.object({ cluster_size: z.number() }).optional(),
      })
      .optional(),
  }),
});

/** Throws ConfigError with all faults; `unavailable` if no majority answers within `budgetMs`. */
export async function verifyServers(deps: {
  options: NatsOptions;
  budgetMs: number;
  clock: Clock;
}): Promise<LogServers> {
  const { options, budgetMs, clock } = deps;
  if (options.systemCredentials === null) {
    const hint = "Set a user of the servers' system account, who may ask whether they sync every write.";
    throw fault("CLUSTER_SYSTEM_CREDENTIALS", "is not set", hint);
  }
  const connection = await connectToNats({
    ...deps,
    variable: "CLUSTER_SYSTEM_CREDENTIALS",
    credentials: options.systemCredentials,
  });
  const since = clock.monotonic();
  try {
    for (;;) {
      const { cluster } = connection.nats.info ?? {};
      const said = await reports(connection);
      const passedMs = clock.monotonic() - since;
      const areMeeting = passedMs < Math.min(MEETING_MS, budgetMs);
      const servers = said === null ? null : judge(said, { cluster, areMeeting });
      if (servers !== null) return servers;
      if (passedMs >= budgetMs) throw noMajority();
      await wait(clock, QUIET_MS);
    }
  } finally {
    await connection.close();
  }
}

/** Returns null if the servers cannot be asked at the moment. */
async function reports({ nats }: Connection): Promise<ServerReport[] | null> {
  const { NoRespondersError } = await import("@nats-io/transport-node");
  const found: ServerReport[] = [];
  try {
    const answers = await nats.requestMany("$SYS.REQ.SERVER.PING.VARZ", "{}", {
      strategy: "stall",
      stall: QUIET_MS,
      maxWait: LONGEST_MS,
    });
    for await (const answer of answers) {
      const report = reportSchema.safeParse(answer.json());
      if (report.success) found.push(report.data);
    }
    return found;
  } catch (error) {
    // Outside of the system account nobody listens.
    return error instanceof NoRespondersError ? [] : null;
  }
}

/**
 * Returns null if the servers have to be asked again: if no majority has answered, or not all while they may still be
 * meeting. `cluster` is the name of the one that the log is in; others may be connected to it.
 */
export function judge(
  reports: readonly ServerReport[],
  { cluster, areMeeting }: { cluster: string | undefined; areMeeting: boolean },
): LogServers | null {
  const servers = reports.filter(
    ({ server, data }) => server.cluster === cluster && data.jetstream?.config !== undefined,
  );
  if (servers.length === 0) {
    const hint = "Set a user of the system account, and enable JetStream on the servers.";
    throw fault(
      "CLUSTER_SYSTEM_CREDENTIALS",
      "does not let the gateway ask any server for its settings",
      hint,
    );
  }
  const size = Math.max(
    servers.length,
    ...servers.map(({ data }) => data.jetstream?.meta?.cluster_size ?? 1),
  );
  const faults = servers.flatMap(faultsOf);
  const isCluster = servers.some(({ data }) => data.jetstream?.meta !== undefined);
  const silent = size - servers.length;
  if (faults.length === 0 && isCluster && areMeeting && (size < MIN_SERVERS || silent > 0)) return null;
  if (size < MIN_SERVERS && !(isCluster && areMeeting)) {
    faults.push({
      variable: "CLUSTER_URL",
      fault: `the cluster has ${size === 1 ? "one server" : `${size} servers`} with JetStream`,
      hint: `Run at least ${MIN_SERVERS}, each on a machine of its own.`,
    });
  }
  if (faults.length > 0) throw new ConfigError(faults);
  if (servers.length <= size / 2) return null;
  return {
    servers: servers.map(({ server }) => ({ name: server.name, version: server.ver })),
    silent,
  };
}

function noMajority(): AppError {
  return new AppError({
    kind: "unavailable",
    message: "The majority of the log's NATS servers does not answer.",
    hint: "Start the others.",
  });
}

function faultsOf({ server: { name, ver }, data }: ServerReport): ConfigFault[] {
  const faults: ConfigFault[] = [];
  const add = (text: string, hint: string) =>
    faults.push({ variable: "CLUSTER_URL", fault: `server ${name} ${text}`, hint });
  const [, major = "0", minor = "0"] = /^v?(\d+)\.(\d+)/.exec(ver) ?? [];
  const isOld = Number(major) - MIN_VERSION.major || Number(minor) - MIN_VERSION.minor;
  if (isOld < 0) {
    add(`has version ${ver}`, `Upgrade it to ${MIN_VERSION.major}.${MIN_VERSION.minor} or newer.`);
  }
  if (data.jetstream?.config?.sync_always !== true) {
    const hint =
      "Set `sync_interval: always` in its `jetstream` block, and restart it; power cuts lose events otherwise.";
    add("does not sync every write to its disk", hint);
  }
  if (data.max_payload < MIN_PAYLOAD) {
    add(`takes messages of at most ${data.max_payload} bytes`, "Set `max_payload: 8MB`, and restart it.");
  }
  return faults;
}
