/** The writer of a cluster: each change goes to the log first, and comes from there to the event file of every node. */
import { anyCommand, type Command, type CommandName, type CommandResult } from "../commands/table.ts";
import type { Recorded } from "../event-db/duplicates.ts";
import type { EventWriter, LocalWriter } from "../writer/event-writer.ts";
import { isOfAnyNode } from "./entries.ts";
import { notLeading } from "./not-leading.ts";
import type { Outbox } from "./outbox.ts";

/** How long a sender waits to learn whether its request is a duplicate, once it is on disk. */
const DUPLICATE_MS = 250;

export function createReplicatedWriter(deps: {
  outbox: Pick<Outbox, "put" | "drained">;
  local: LocalWriter;
  mayLead: () => boolean;
  after: (ms: number, run: () => void) => () => void;
}): EventWriter {
  const { outbox, local, mayLead, after } = deps;

  /** Resolves once the command is applied here. */
  function runTimed<Name extends CommandName>(
    webhookId: string,
    command: Command<Name>,
  ): Promise<Readonly<{ result: CommandResult<Name>; heldMs: number }>> {
    if (!isOfAnyNode(anyCommand(command)) && !mayLead()) return Promise.reject(notLeading());
    return new Promise((resolve, reject) => {
      outbox.put({
        entry: { webhookId, command: anyCommand(command) },
        waiter: {
          stored: ignore,
          // The applier gives what `commandWrite` made of the same command.
          applied: (made) => resolve(made as Readonly<{ result: CommandResult<Name>; heldMs: number }>),
          failed: reject,
        },
      });
    });
  }

  function appendOnce(webhookId: string, command: Command<"appendOnce">): Promise<Recorded> {
    const own = { eventId: command.draft.id, isDuplicate: false };
    return new Promise((resolve, reject) => {
      let cancel = ignore;
      outbox.put({
        entry: { webhookId, command },
        waiter: {
          stored: () => (cancel = after(DUPLICATE_MS, () => resolve(own))),
          applied(made) {
            cancel();
            resolve((made as Readonly<{ result: Recorded }>).result);
          },
          failed(error) {
            cancel();
            reject(error);
          },
        },
      });
    });
  }

  return {
    append: (draft) =>
      new Promise((resolve, reject) => {
        const recorded = { eventId: draft.id, isDuplicate: false };
        outbox.put({
          entry: { webhookId: draft.webhookId, command: { name: "append", draft } },
          waiter: { stored: () => resolve(recorded), applied: ignore, failed: reject },
        });
      }),
    settle(webhookId, settlement) {
      // Not asked whether this node leads: what was delivered is a fact, and the log's order decides on the rest.
      return new Promise((resolve, reject) => {
        outbox.put({
          entry: { webhookId, command: { name: "settle", settlement } },
          waiter: { stored: ignore, applied: () => resolve(), failed: reject },
        });
      });
    },
    async run(webhookId, command) {
      if (command.name === "appendOnce") {
        return (await appendOnce(webhookId, command as Command<"appendOnce">)) as CommandResult<
          typeof command.name
        >;
      }
      return (await runTimed(webhookId, command)).result;
    },
    runTimed,
    vacuum: local.vacuum,
    async drain() {
      await outbox.drained();
      await local.drain();
    },
  };
}

function ignore(): void {}
