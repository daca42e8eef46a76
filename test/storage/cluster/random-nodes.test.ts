/** Whatever is cut, stopped and deposed, and whenever: all nodes that have files have equal ones in the end. */
import { afterEach, beforeEach, expect, test } from "bun:test";
import { newId } from "../../../src/lib/ids.ts";
import { encodeRecord } from "../../../src/storage/cluster/record.ts";
import { drawFrom } from "../../support/draw.ts";
import { RandomCommands } from "../commands/random-commands.ts";
import { createNodes, type Nodes, type TestNode } from "./applier-world.ts";

const WEBHOOK = "w1";
const NAMES = ["one", "two", "three"] as const;
const ROUNDS = 25;
const MOST_COMMANDS = 20;

let nodes: Nodes;

beforeEach(() => {
  nodes = createNodes();
});

afterEach(() => nodes.dispose());

async function turns(count: number): Promise<void> {
  for (let turn = 0; turn < count; turn++) await new Promise((resolve) => setImmediate(resolve));
}

/** Lets the nodes do something to each other and to their files. */
class Fate {
  readonly #draw: () => number;
  readonly #running = new Map<string, TestNode>();
  readonly #stopped = new Map<string, string>();
  readonly #spare = nodes.add("spare", { keeps: false });
  #leader: TestNode;
  #commands: RandomCommands;
  #seed: number;
  /** Changes that were promised to somebody. */
  done = 0;

  constructor(seed: number) {
    this.#seed = seed;
    this.#draw = drawFrom(seed);
    for (const name of NAMES) this.#running.set(name, nodes.add(name));
    this.#leader = this.#any();
    this.#commands = this.#commandsOf(this.#leader);
  }

  #any(): TestNode {
    const all = [...this.#running.values()];
    const node = all[Math.floor(this.#draw() * all.length)];
    if (node === undefined) throw new Error("no node runs");
    return node;
  }

  #commandsOf(node: TestNode): RandomCommands {
    this.#seed++;
    return new RandomCommands(node.world.files.open(WEBHOOK), this.#seed);
  }

  /** Gives the leader changes, some of which no node may promise. */
  async change(): Promise<void> {
    const count = 1 + Math.floor(this.#draw() * MOST_COMMANDS);
    const asked: Promise<unknown>[] = [];
    for (let n = 0; n < count; n++) {
      const command = this.#commands.next();
      const isSpares = this.#draw() < 0.25;
      const node = command.name !== "append" ? this.#leader : isSpares ? this.#spare : this.#any();
      const run =
        command.name === "append"
          ? node.writer.append(command.draft)
          : command.name === "settle"
            ? node.writer.settle(WEBHOOK, command.settlement)
            : node.writer.run(WEBHOOK, command);
      asked.push(
        run.then(
          (result) => {
            this.done++;
            this.#commands.learn(command, result);
          },
          () => undefined,
        ),
      );
      if (this.#draw() < 0.3) await turns(2);
    }
    // Those of a node that is cut off come back when it is mended.
    await Promise.race([Promise.all(asked), turns(40)]);
  }

  async happen(): Promise<void> {
    const what = this.#draw();
    const node = this.#any();
    if (what < 0.05) this.#spare.log.cut({ storing: this.#draw() < 0.5 });
    else if (what < 0.2) node.log.cut({ storing: this.#draw() < 0.5 });
    else if (what < 0.5) this.#mend();
    else if (what < 0.7) await this.#depose();
    else if (what < 0.85) await this.#restart(node);
    else await this.#writeLate();
  }

  #mend(): void {
    for (const each of [...this.#running.values(), this.#spare]) each.log.mend();
  }

  /** A deposed leader's record that comes after the claim of the next one. */
  async #writeLate(): Promise<void> {
    const epoch = this.#leader.leaders.at(-1)?.epoch ?? 1;
    const entries = Array.from({ length: 5 }, () => ({
      webhookId: WEBHOOK,
      command: this.#commands.next(),
    }));
    const bytes = encodeRecord({ node: "late", epoch: epoch - 1, entries });
    const way = nodes.log.connect();
    await way.append({ shard: 0, id: newId(), bytes });
  }

  /** Makes another node the leader, as a claim does that comes at any time. */
  async #depose(): Promise<void> {
    const next = this.#any();
    next.log.mend();
    await next.applier.reached(nodes.log.entries.length);
    await next.lead();
    this.#leader = next;
    this.#commands = this.#commandsOf(next);
  }

  /** Reads the log again from somewhere before what its file has. */
  async #restart(node: TestNode): Promise<void> {
    node.log.mend();
    const after = Math.floor(this.#draw() * node.applier.applied());
    await node.stop();
    this.#stopped.set(node.name, node.world.dataDir);
    const leader = nodes.log.entries.slice(0, after).findLast((entry) => entry.kind === "claim");
    const owner = leader?.kind === "claim" ? leader.owner : null;
    const again = nodes.add(node.name, { dataDir: node.world.dataDir, after, leader: owner });
    this.#running.set(node.name, again);
    if (node === this.#leader) await this.#depose();
  }

  async end(): Promise<readonly TestNode[]> {
    this.#mend();
    await nodes.settled();
    return [...this.#running.values()];
  }
}

test.each([1, 2, 3, 4, 5, 6])("nodes to which anything happens end up equal: %d", async (seed) => {
  const fate = new Fate(seed * 1_000);
  for (let round = 0; round < ROUNDS; round++) {
    await fate.change();
    await fate.happen();
  }
  const [one, ...others] = await fate.end();
  for (const other of others) expect(other.digest(WEBHOOK)).toEqual(one?.digest(WEBHOOK) ?? new Map());
  expect(fate.done).toBeGreaterThan(ROUNDS);
});
