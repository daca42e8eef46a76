/** `webhooker cluster compare`: looks whether all nodes have the same in their databases, while they run. */
import {
  COMPARE_MAIN_PATH,
  type Compared,
  comparedSchema,
  compareNextPath,
} from "../../http/cluster/compare-routes.ts";
import type { Clock } from "../../lib/clock.ts";
import { AppError } from "../../lib/errors.ts";
import { every } from "../../lib/every.ts";
import type { Io } from "../io.ts";
import { printable } from "../printable.ts";
import { stayAlive } from "../stay-alive.ts";
import { count } from "../table.ts";
import { type AskedNode, askNode } from "./ask-node.ts";

const TELL_EVERY_MS = 10_000;

type Asked = AskedNode & Readonly<{ clock: Pick<Clock, "now" | "after" | "monotonic"> }>;

/** Prints a line for each copy that differs or was not compared; then rejects with AppError `unavailable`. */
export async function compareCopies(io: Pick<Io, "out" | "err">, asked: Asked): Promise<void> {
  const compared: Compared[] = [];
  const stopTelling = every(asked.clock, TELL_EVERY_MS, () =>
    io.err(`${count(compared.length, "database")} compared so far …`),
  );
  let hasFaults = false;
  try {
    await stayAlive(async () => {
      for (let next = await ask(asked, COMPARE_MAIN_PATH); next !== null; ) {
        compared.push(next);
        const lines = linesOf(next);
        hasFaults ||= lines.length > 0;
        for (const line of lines) io.out(line);
        next = await ask(asked, compareNextPath(next.webhook?.id ?? ""));
      }
    });
  } finally {
    stopTelling();
  }
  if (hasFaults) throw unequal();
  const files = compared.filter(({ webhook }) => webhook !== null);
  if (compared.every(({ others }) => others.length === 0)) throw noOther();
  io.out(`The main database is equal at ${nodesOf(compared)}.`);
  const webhooks = count(files.length, "webhook");
  if (files.length > 0) io.out(`The event files of ${webhooks} are equal at ${nodesOf(files)}.`);
}

async function ask(asked: Asked, path: string): Promise<Compared | null> {
  const response = await askNode(asked, { method: "POST", path, isPatient: true });
  return comparedSchema.nullable().parse(await response.json());
}

function nodesOf(compared: readonly Compared[]): string {
  const nodes = compared.flatMap(({ leader, others }) => [leader, ...others.map(({ node }) => node)]);
  return [...new Set(nodes)].toSorted().join(", ");
}

/** Returns a line for each node whose copy is not known to be equal. */
function linesOf({ webhook, leader, others }: Compared): readonly string[] {
  const what = webhook === null ? "main database" : `webhook ${printable(webhook.name)} (${webhook.id})`;
  return others.flatMap(({ node, differs, fault }) => {
    if (fault !== null) return [`${what}: not compared at ${node}. ${fault}`];
    if (differs.length === 0) return [];
    return [`${what}: ${node} differs from ${leader}, which leads, in ${differs.join(", ")}`];
  });
}

function noOther(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "no_copy",
    message: "No other node is heard: there is nothing to compare with.",
    hint: "Look at `webhooker cluster status`.",
  });
}

function unequal(): AppError {
  return new AppError({
    kind: "unavailable",
    code: "copies_differ",
    message: "Not all copies are known to be equal. The lines above say which.",
    hint: "Run `webhooker check` at both nodes of a difference. Then stop the one whose copy is wrong, empty its data folder and start it: it copies the leader's files. If the leader's is wrong, let the other lead first: webhooker cluster drain. Please report it.",
  });
}
