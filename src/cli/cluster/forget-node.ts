/** `webhooker cluster forget`: has the leader replace a node that is gone for good. */
import { forgetPath } from "../../http/cluster/operator-routes.ts";
import type { Io } from "../io.ts";
import { type AskedNode, askNode } from "./ask-node.ts";

/** Rejects with what the leader says if the node is alive or unknown, or the last one with event files. */
export async function forgetNode(
  io: Pick<Io, "out">,
  asked: AskedNode & Readonly<{ node: string }>,
): Promise<void> {
  await askNode(asked, { method: "POST", path: forgetPath(asked.node) });
  io.out(`Node ${asked.node} is forgotten. If it kept the event files, a spare takes them.`);
}
