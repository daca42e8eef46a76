/** `webhooker cluster drain` and `undrain`: let another node lead, for work at this one, and end that. */
import { DRAIN_PATH, UNDRAIN_PATH } from "../../http/cluster/operator-routes.ts";
import { type Clock, wait } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import type { Io } from "../io.ts";
import { stayAlive } from "../stay-alive.ts";
import { type AskedNode, askNode, askStatus } from "./ask-node.ts";

/** Another node takes over within a second; the one that led opens its files anew meanwhile. */
const WAIT_MS = 20_000;
const LOOK_MS = 200;

type Asked = AskedNode & Readonly<{ clock: Pick<Clock, "now" | "after" | "monotonic"> }>;

/** Rejects with AppError `unavailable` if no other node leads after some seconds. */
export async function drainNode(io: Pick<Io, "out">, asked: Asked): Promise<void> {
  await askNode(asked, { method: "POST", path: DRAIN_PATH });
  const { leader, self } = await stayAlive(() => waitForAnother(asked));
  io.out(
    `Node ${self} does not lead until \`webhooker cluster undrain\` or a restart. Node ${leader} leads.`,
  );
}

export async function undrainNode(io: Pick<Io, "out">, asked: Asked): Promise<void> {
  await askNode(asked, { method: "POST", path: UNDRAIN_PATH });
  io.out("This node may lead again.");
}

async function waitForAnother(asked: Asked): Promise<Readonly<{ leader: string; self: string }>> {
  const { clock } = asked;
  const until = clock.monotonic() + WAIT_MS;
  for (;;) {
    // It does not listen while it opens its files anew.
    const status = await askStatus(asked).catch(() => null);
    const leader = status?.leader?.node;
    if (status !== null && leader !== undefined && leader !== status.node)
      return { leader, self: status.node };
    if (clock.monotonic() >= until) throw nobody();
    await wait(clock, LOOK_MS);
  }
}

function nobody(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_leader",
    message: "This node does not lead any more, and no other node has taken over.",
    hint: "Look at `webhooker cluster status`, or let this node lead again: webhooker cluster undrain.",
  });
}
