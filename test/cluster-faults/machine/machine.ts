/** A gateway or NATS server with a disk of its own, as one machine whose power fails. */
import { join } from "node:path";
import type { Gateway } from "../../support/gateway.ts";
import type { NatsServers } from "../../support/nats/nats-servers.ts";
import type { DiskImage } from "./disk-image.ts";
import type { Disks } from "./disks.ts";

export type Machine = Readonly<{
  disk: DiskImage;
  suspend: () => void;
  kill: () => Promise<void>;
  start: () => Promise<void>;
}>;

export function gatewayMachine(node: Gateway, disks: Disks): Machine {
  return {
    disk: disks.imageOf(join(node.folder, "data")),
    suspend: () => process.kill(node.pid, "SIGSTOP"),
    kill: () => node.kill9(),
    start: () => node.start(),
  };
}

export function serverMachine(nats: NatsServers, name: string, disks: Disks): Machine {
  return {
    disk: disks.imageOf(nats.folderOf(name)),
    suspend: () => nats.signal(name, "SIGSTOP"),
    kill: () => nats.kill(name),
    start: () => nats.start(name),
  };
}

/** Cuts the power of all at one moment; resolves once their disks can be used again, with what was synced. */
export async function cutPower(machines: readonly Machine[]): Promise<void> {
  for (const { suspend } of machines) suspend();
  for (const { disk } of machines) disk.cutPower();
  await Promise.all(machines.map(({ kill }) => kill()));
  for (const { disk } of machines) disk.restorePower();
}
