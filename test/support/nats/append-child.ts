/** A node in a process of its own: appends large records without pause, and prints the id of each acknowledged one. */
import type { NatsOptions } from "../../../src/storage/cluster/nats/options.ts";
import { LARGE_RECORD, largeRecord } from "./large-record.ts";
import { openTestLog } from "./log-world.ts";

const options: NatsOptions = JSON.parse(process.argv[2] ?? "");
const log = await openTestLog(options);

async function append(lane: number): Promise<void> {
  for (let n = 0; ; n++) {
    const id = `${LARGE_RECORD}-${options.node}-${lane}-${n}`;
    await log.append({ shard: 0, id, bytes: largeRecord(id) });
    process.stdout.write(`${id}\n`);
  }
}

await Promise.all([append(1), append(2), append(3)]);
