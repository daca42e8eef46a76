/** The writer of a spare, which has no event files: what any node may store is stored once the log has it. */
import { anyCommand, type Command, type CommandName, type CommandResult } from "../commands/table.ts";
import type { Recorded } from "../event-db/duplicates.ts";
import type { EventWriter, LocalWriter } from "../writer/event-writer.ts";
import { isOfAnyNode } from "./entries.ts";
import { notLeading } from "./not-leading.ts";
import type { Outbox } from "./outbox.ts";

/**
 * A duplicate is answered with the id of its own copy, which the keepers drop. A different request with a known key is stored
 * where the keepers would have it refused: it is answered before anybody knows.
 */
export function createSpareWriter({
  outbox,
  local,
}: {
  outbox: Pick<Outbox, "put" | "drained">;
  local: Pick<LocalWriter, "vacuum" | "drain">;
}): EventWriter {
  function store(webhookId: string, command: Command): Promise<void> {
    if (!isOfAnyNode(command)) return Promise.reject(notLeading());
    return new Promise((resolve, reject) => {
      outbox.put({
        entry: { webhookId, command },
        waiter: { stored: () => resolve(), applied: ignore, failed: reject },
      });
    });
  }

  async function appendOnce(webhookId: string, command: Command<"appendOnce">): Promise<Recorded> {
    const { draft, dedupKey } = command;
    const differing = dedupKey.differing === "refuse" ? "store" : dedupKey.differing;
    await store(webhookId, { ...command, dedupKey: { ...dedupKey, differing } });
    return { eventId: draft.id, isDuplicate: false };
  }

  async function run<Name extends CommandName>(
    webhookId: string,
    command: Command<Name>,
  ): Promise<CommandResult<Name>> {
    const any = anyCommand(command);
    const result = any.name === "appendOnce" ? appendOnce(webhookId, any) : store(webhookId, any);
    return (await result) as CommandResult<Name>;
  }

  return {
    async append(draft) {
      await store(draft.webhookId, { name: "append", draft });
      return { eventId: draft.id, isDuplicate: false };
    },
    settle: (webhookId, settlement) => store(webhookId, { name: "settle", settlement }),
    run,
    runTimed: async (webhookId, command) => ({ result: await run(webhookId, command), heldMs: 0 }),
    vacuum: local.vacuum,
    async drain() {
      await outbox.drained();
      await local.drain();
    },
  };
}

function ignore(): void {}
