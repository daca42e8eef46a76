/** Follows who acts through every call of a request or command, so that the audit log can name them. */
import { AsyncLocalStorage } from "node:async_hooks";

export type Via = "dashboard" | "api" | "command line" | "gateway";

/** Ids only, none of which grants access. */
export type Actor = Readonly<{
  via: Via;
  userId: string | null;
  sessionId: string | null;
  keyId: string | null;
  remoteAddress: string | null;
  requestId: string | null;
}>;

/** An entry of the audit log, as witnessed by the log line of its request. */
export type Witness = Readonly<{ number: number; hash: string }>;

/** One request or command while it runs. */
export type Act = {
  actor: Actor;
  /** The last entry that it added to the audit log. */
  last: Witness | null;
  /** Anything that it left running, such as a timer, acts for the gateway. */
  isOver: boolean;
};

/** The gateway acting by itself. */
export const GATEWAY: Actor = Object.freeze({
  via: "gateway",
  userId: null,
  sessionId: null,
  keyId: null,
  remoteAddress: null,
  requestId: null,
});

const acts = new AsyncLocalStorage<Act>();

/** Runs `run`; everything that it calls before it ends acts for `act`. */
export async function actAs<T>(act: Act, run: () => T | Promise<T>): Promise<T> {
  try {
    return await acts.run(act, run);
  } finally {
    act.isOver = true;
  }
}

/** Returns null for the gateway itself. */
export function currentAct(): Act | null {
  const act = acts.getStore();
  return act === undefined || act.isOver ? null : act;
}

export function beginAct(actor: Partial<Actor> & Pick<Actor, "via">): Act {
  return { actor: { ...GATEWAY, ...actor }, last: null, isOver: false };
}
