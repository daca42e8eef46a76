/** From the start of the process to its first response, in an empty folder and in one that was used before. */
import { startGateway } from "./gateway.ts";
import type { BenchOptions } from "./options.ts";
import { makeFolder } from "./subject.ts";
import { figure, median, printTable, progress } from "./table.ts";

export async function startup(options: BenchOptions): Promise<void> {
  const first: number[] = [];
  const again: number[] = [];
  for (let start = 0; start < options.starts; start += 1) {
    progress(`startup: ${start + 1} of ${options.starts}`);
    const folder = makeFolder();
    const fresh = await startGateway(folder);
    first.push(fresh.startedAfter);
    await fresh.stop({ keepFolder: true });
    const used = await startGateway(folder);
    again.push(used.startedAfter);
    await used.stop();
  }
  printTable(
    "Start to first answer, ms",
    ["folder", "median", "slowest"],
    [
      [
        "empty (makes the database, the key, the first user)",
        figure(median(first)),
        figure(Math.max(...first)),
      ],
      ["used before", figure(median(again)), figure(Math.max(...again))],
    ],
  );
}
