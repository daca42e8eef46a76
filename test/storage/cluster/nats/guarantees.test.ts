import { afterEach, describe, expect, test } from "bun:test";
import { ConfigError } from "../../../../src/config.ts";
import { judge, type ServerReport } from "../../../../src/storage/cluster/nats/guarantees.ts";
import { createNatsKey } from "../../../../src/storage/cluster/nats/keys.ts";
import type { NatsOptions } from "../../../../src/storage/cluster/nats/options.ts";
import { openTestLog } from "../../../support/nats/log-world.ts";
import { type NatsServers, startNatsServers } from "../../../support/nats/nats-servers.ts";
import { fetchNatsServer, natsTest, natsTestBeside } from "../../../support/nats/nats-test.ts";
import { thrownBy } from "../../../support/thrown.ts";

let servers: NatsServers | null = null;
afterEach(async () => {
  await servers?.end();
  servers = null;
});

fetchNatsServer();

async function refusal(options: NatsOptions, changes: Partial<NatsOptions> = {}): Promise<ConfigError> {
  const error = await thrownBy(async () => (await openTestLog(options, changes)).close());
  if (error instanceof ConfigError) return error;
  throw error;
}

describe("the start is refused", () => {
  natsTest("where one server syncs every two minutes, as by default", async () => {
    const edit = (text: string, name: string) =>
      name === "n2" ? text.replace("sync_interval: always", "") : text;
    servers = await startNatsServers({ edit });
    const { message } = await refusal(servers.options);
    expect(message).toContain("CLUSTER_URL: server n2 does not sync every write to its disk.");
    expect(message).toContain("Set `sync_interval: always`");
    expect(message).not.toMatch(/server n[13]/);
  });

  natsTest("where a server takes small messages only", async () => {
    servers = await startNatsServers({
      edit: (text) => text.replace("max_payload: 8MB", "max_payload: 64KB"),
    });
    const { message, faults } = await refusal(servers.options);
    expect(message).toMatch(/server n[123] takes messages of at most 65536 bytes/);
    // Those that have not been heard of yet are not named.
    expect(faults.every(({ fault }) => fault.includes("takes messages"))).toBe(true);
  });

  natsTest("where there is one server only", async () => {
    const edit = (text: string) => text.replace(/cluster \{[\s\S]*\n\}\n/, "");
    servers = await startNatsServers({ edit, started: ["n1"] });
    const { faults } = await refusal(servers.options);
    expect(faults).toMatchObject([
      { variable: "CLUSTER_URL", fault: "the cluster has one server with JetStream" },
    ]);
  });

  natsTest("without credentials that let it ask, and with wrong ones", async () => {
    servers = await startNatsServers();
    const { options } = servers;
    const { seed } = await createNatsKey();
    const faultWith = async (changes: Partial<NatsOptions>) => {
      const [fault] = (await refusal(options, changes)).faults;
      return `${fault?.variable} ${fault?.fault}`;
    };
    expect(await faultWith({ systemCredentials: null })).toBe("CLUSTER_SYSTEM_CREDENTIALS is not set");
    expect(await faultWith({ systemCredentials: seed })).toBe(
      "CLUSTER_SYSTEM_CREDENTIALS is refused by the NATS servers",
    );
    // The gateways' own user is in an account that no server answers.
    expect(await faultWith({ systemCredentials: options.credentials })).toBe(
      "CLUSTER_SYSTEM_CREDENTIALS does not let the gateway ask any server for its settings",
    );
    expect(await faultWith({ credentials: seed })).toBe("CLUSTER_CREDENTIALS is refused by the NATS servers");
    expect(await faultWith({ credentials: null })).toBe("CLUSTER_CREDENTIALS is refused by the NATS servers");
  });

  natsTest("where an existing stream keeps less, or has another number of shards", async () => {
    servers = await startNatsServers();
    const { options } = servers;
    const log = await openTestLog(options, { shards: 2 });
    await log.close();
    const [shards] = (await refusal(options, { shards: 3 })).faults;
    expect(shards).toMatchObject({
      variable: "CLUSTER_URL",
      fault: "stream WHLOG_0 is one of 2, and this version keeps the log in 3",
    });

    const { connect, nkeyAuthenticator } = await import("@nats-io/transport-node");
    const { jetstreamManager } = await import("@nats-io/jetstream");
    const nats = await connect({
      servers: options.url.replace("nats://", "").split(","),
      authenticator: nkeyAuthenticator(new TextEncoder().encode(options.credentials ?? "")),
    });
    await (await jetstreamManager(nats)).streams.update("WHLOG_1", { num_replicas: 1 });
    await nats.close();
    const [replicas] = (await refusal(options, { shards: 2 })).faults;
    expect(replicas).toMatchObject({
      variable: "CLUSTER_URL",
      fault: "stream WHLOG_1 has num_replicas 1 instead of 3",
    });
  });
});

natsTestBeside("The start is refused with more bytes than the servers have room for", async () => {
  await using servers = await startNatsServers();
  const { options } = servers;
  const more = async (maxBytes: number) => (await refusal(options, { maxBytes })).faults;
  const fault = { variable: "CLUSTER_LOG_MAX_BYTES", fault: "is more than the NATS servers have room for" };
  expect(await more(100 * 1024 ** 3)).toMatchObject([fault]);
  // The same of a stream that is there.
  await (await openTestLog(options)).close();
  expect(await more(100 * 1024 ** 3)).toMatchObject([fault]);
});

describe("the start succeeds", () => {
  natsTestBeside(
    "while one of three servers is down, which is told, and the check can be repeated when it is back",
    async () => {
      await using servers = await startNatsServers();
      await (await openTestLog(servers.options)).close();
      await servers.kill("n3");
      const log = await openTestLog(servers.options);
      expect(await log.append({ shard: 0, id: "a", bytes: new Uint8Array(1) })).toBe(1);
      const { silent, servers: checked } = await log.verify();
      expect([silent, checked.map(({ name }) => name).toSorted()]).toEqual([1, ["n1", "n2"]]);
      await servers.start("n3");
      while ((await log.verify()).silent > 0);
      await log.close();
    },
  );

  natsTestBeside("once a majority of the servers has started", async () => {
    await using servers = await startNatsServers({ started: ["n2"] });
    const opening = openTestLog(servers.options);
    await Promise.all([servers.start("n1"), servers.start("n3")]);
    const log = await opening;
    expect((await log.head(0)).last).toBe(0);
    await log.close();
  });

  natsTestBeside("with another limit of bytes, which the streams get", async () => {
    await using servers = await startNatsServers();
    const { options } = servers;
    const limitOf = async (maxBytes: number) => {
      const log = await openTestLog(options, { maxBytes, shards: 2 });
      const { maxBytes: limit } = await log.head(1);
      await log.close();
      return limit;
    };
    expect(await limitOf(4_000_001)).toBe(2_000_000);
    expect(await limitOf(8_000_000)).toBe(4_000_000);
  });
});

describe("what the servers say", () => {
  type Said = Partial<{
    ver: string;
    cluster: string;
    sync: boolean;
    payload: number;
    size: number;
    jetstream: false;
  }>;
  const report = (name: string, said: Said = {}): ServerReport => ({
    server: { name, ver: said.ver ?? "2.15.0", cluster: said.cluster ?? "c" },
    data: {
      max_payload: said.payload ?? 1024 * 1024,
      ...(said.jetstream === false
        ? {}
        : {
            jetstream: { config: { sync_always: said.sync ?? true }, meta: { cluster_size: said.size ?? 3 } },
          }),
    },
  });
  const faultsOf = async (...reports: ServerReport[]) => {
    const error = await thrownBy(() => judge(reports, { cluster: "c", areMeeting: false }));
    if (error instanceof ConfigError) return error.faults.map(({ fault }) => fault);
    throw error;
  };

  test("is enough with three of version 2.15 or newer that sync always", () => {
    const reports = [report("n1"), report("n2", { ver: "2.16.0-RC.1" }), report("n3", { ver: "3.0.1" })];
    expect(judge(reports, { cluster: "c", areMeeting: false })).toEqual({
      servers: [
        { name: "n1", version: "2.15.0" },
        { name: "n2", version: "2.16.0-RC.1" },
        { name: "n3", version: "3.0.1" },
      ],
      silent: 0,
    });
  });

  test("names every server that is too old, with all other faults", async () => {
    const old = report("n1", { ver: "2.14.6" });
    const older = report("n2", { ver: "1.99.0", sync: false });
    expect(await faultsOf(old, older, report("n3", { payload: 1000 }))).toEqual([
      "server n1 has version 2.14.6",
      "server n2 has version 1.99.0",
      "server n2 does not sync every write to its disk",
      "server n3 takes messages of at most 1000 bytes",
    ]);
  });

  test("is too little of two servers, and of servers without JetStream", async () => {
    const two = [report("n1", { size: 2 }), report("n2", { size: 2 })];
    const fault = "the cluster has 2 servers with JetStream";
    expect(await faultsOf(...two)).toEqual([fault]);
    expect(await faultsOf(...two, report("n3", { jetstream: false }))).toEqual([fault]);
  });

  test("is asked for again while servers that were just started have not all met", async () => {
    const asked = { cluster: "c", areMeeting: true };
    expect(judge([report("n1", { size: 1 }), report("n2", { size: 2 })], asked)).toBeNull();
    expect(judge([report("n1"), report("n2")], asked)).toBeNull();
    expect(judge([report("n1"), report("n2"), report("n3")], asked)).toMatchObject({ silent: 0 });
    // A server's own settings do not change by waiting.
    const error = await thrownBy(() => judge([report("n1", { size: 1, sync: false })], asked));
    expect(error instanceof ConfigError && error.faults).toMatchObject([
      { fault: "server n1 does not sync every write to its disk" },
    ]);
  });

  test("counts only in the cluster that has the log", async () => {
    const elsewhere = report("m1", { cluster: "d", sync: false });
    expect(judge([elsewhere, report("n1"), report("n2")], { cluster: "c", areMeeting: false })).toMatchObject(
      {
        silent: 1,
      },
    );
    expect(await faultsOf(elsewhere)).toEqual(["does not let the gateway ask any server for its settings"]);
  });

  test("is no answer from less than a majority", () => {
    expect(judge([report("n1")], { cluster: "c", areMeeting: false })).toBeNull();
    expect(
      judge([report("n1", { size: 5 }), report("n2", { size: 5 })], { cluster: "c", areMeeting: false }),
    ).toBeNull();
    expect(judge([report("n1"), report("n2")], { cluster: "c", areMeeting: false })).toMatchObject({
      silent: 1,
    });
  });
});
