/** Events that come faster than a slow target takes them: the backlog grows in the files, and the memory must not. */
import { startGateway } from "./gateway.ts";
import { type Minute, printMinutes, runMinute, type Subject, tellMinute } from "./long-run.ts";
import type { BenchOptions } from "./options.ts";
import { makeFolder, startScript } from "./subject.ts";

const WEBHOOKS = 10;
/** Minutes of load, followed by as many minutes without load. */
const MINUTES = 2;

export async function backlog(options: BenchOptions): Promise<void> {
  const receiver = await startScript("receiver.ts", []);
  const gateway = await startGateway(makeFolder());
  const target = { url: `${receiver.origin}/slow` };
  const webhooks = await gateway.createWebhooks(Array.from({ length: WEBHOOKS }, () => ({ target })));
  const subject: Subject = { gateway, webhooks, receiver };
  const minutes: Minute[] = [];
  for (const load of [{}, { requestsPerSecond: 0 }]) {
    for (let minute = 1; minute <= MINUTES; minute++) {
      const done = await runMinute(subject, { options, ...load });
      minutes.push(done);
      tellMinute(`backlog: minute ${minutes.length} of ${2 * MINUTES}`, done);
    }
  }
  await gateway.stop();
  await receiver.stop();
  printMinutes(
    `${MINUTES} min at full speed to ${WEBHOOKS} targets that take half a second to answer, then as long without load`,
    minutes.map((minute, index) => ({ name: String(index + 1), minute, arrivals: [] })),
  );
}
