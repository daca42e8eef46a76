/**
 * Tells the audit log and the log of each requested change, done or refused, with its actor. A change of the main
 * database has added its own entry; anything else gets one here.
 */
import { type Act, actAs, beginAct } from "../observability/acting.ts";
import type { Logger } from "../observability/log.ts";
import { type AskedAction, nameAction } from "./audit-actions.ts";
import { describeError } from "./error-description.ts";
import { requestIdOf } from "./request-id.ts";
import { pathOf } from "./request-url.ts";

/** The actor, by ids only, none of which grants access. */
type Known = Readonly<{ userId: string } & ({ sessionId: string } | { keyId: string })>;

/** Collects details of a request while it is handled. */
export type AuditEntry = Readonly<{
  /** Records the actor once authenticated. */
  by: (actor: Known) => void;
  /** Replaces the parameters of the path, where one of them stood for another. */
  at: (params: Readonly<Record<string, string>>) => void;
  /** Records why nothing was done, if the response's status does not show it. */
  refuse: (code: string) => void;
  /** Replaces the action that the route stands for, where it stands for several. */
  named: (action: string) => void;
  /** Names the user whom the request is about, for refusals such as a failed sign-in. */
  about: (user: Readonly<{ id: string; username: string }>) => void;
}>;

type Outcome = "done" | "refused" | "failed";

/** An entry for a request that changed nothing in the main database itself. */
export type AskedChange = AskedAction &
  Readonly<{ outcome: Outcome; code: string | null; ownerId?: string; objectName?: string }>;

type Asked = Readonly<{
  request: Request;
  method: string;
  /** The route's pattern, such as "/source/:id/targets". */
  route: string;
  /** Undefined if the pattern has none. */
  params: Readonly<Record<string, string>> | undefined;
  /** False for reads, which are logged only if refused for lack of access. */
  isChange: boolean;
  /** Programs ask this often, and what comes of it is kept elsewhere: no entry is added once it is done. */
  isFrequent?: boolean;
  remoteAddress: () => string;
}>;

export type Audit = Readonly<{
  /** Runs `act`, returns its response or rethrows its error, and writes the line and the entry. */
  watch: (asked: Asked, act: (entry: AuditEntry) => Promise<Response>) => Promise<Response>;
}>;

type End = Readonly<{
  status: number;
  code: string | null;
  action?: string;
  about?: { ownerId: string; objectName: string };
}>;

/** Statuses for lack of access. */
const NOT_THEIRS = new Set([401, 403]);
/** Refused requests that become entries in a day; more are in the log only, so that nobody can fill the disk. */
const MAX_REFUSED = 1_000;
const DAY_MS = 24 * 60 * 60 * 1_000;

export type Auditing = Readonly<{
  /** Resolves once the entry is on disk. */
  add: (change: AskedChange) => Promise<void>;
  monotonic: () => number;
}>;

export function createAudit(
  deps: Auditing & Readonly<{ via: "dashboard" | "api"; log: Pick<Logger, "info" | "error"> }>,
): Audit {
  const { via, log, add, monotonic } = deps;
  let refusedSince = monotonic();
  let refused = 0;

  function mayAddRefused(): boolean {
    if (monotonic() - refusedSince >= DAY_MS) {
      refusedSince = monotonic();
      refused = 0;
    }
    refused++;
    return refused <= MAX_REFUSED;
  }

  async function write(asked: Asked, act: Act, { path, end }: { path: string; end: End }): Promise<void> {
    const { status, code, action, about } = end;
    if (!asked.isChange && !NOT_THEIRS.has(status)) return;
    const outcome: Outcome = status >= 500 ? "failed" : status >= 400 || code !== null ? "refused" : "done";
    // A form that was answered with a page has only asked for a confirmation.
    const isOnlyAsked = via === "dashboard" && status === 200;
    const isTold = outcome === "done" && (act.last !== null || isOnlyAsked || asked.isFrequent === true);
    if (!isTold && (outcome === "done" || mayAddRefused())) {
      const change = {
        ...nameAction(asked),
        ...(action !== undefined && { action }),
        outcome,
        code,
        ...about,
      };
      await add(change).catch((cause: unknown) => {
        log.error("an entry could not be added to the audit log", { cause });
      });
    }
    const { userId, sessionId, keyId, remoteAddress, requestId } = act.actor;
    log.info("audit", {
      action: `${asked.method} ${asked.route}`,
      outcome,
      path,
      status,
      ...(code !== null && { code }),
      user_id: userId,
      ...(sessionId !== null && { session_id: sessionId }),
      ...(keyId !== null && { key_id: keyId }),
      remote_address: remoteAddress,
      request_id: requestId,
      ...(act.last !== null && { entry: act.last.number, entry_hash: act.last.hash }),
    });
  }

  return {
    watch(given, run) {
      let asked = given;
      const { request } = asked;
      const act = beginAct({
        via,
        remoteAddress: asked.remoteAddress(),
        requestId: requestIdOf(request),
      });
      let refusal: string | null = null;
      let about: End["about"];
      let action: End["action"];
      // Read now, because the runtime may drop it after the response.
      const path = pathOf(request.url);
      const entry: AuditEntry = {
        by(known) {
          act.actor = { ...act.actor, ...known };
        },
        at(params) {
          asked = { ...asked, params };
        },
        refuse(code) {
          refusal = code;
        },
        named(wanted) {
          action = wanted;
        },
        about({ id, username }) {
          about = { ownerId: id, objectName: username };
        },
      };
      const endOf = (status: number, code: string | null): End => ({
        status,
        code,
        ...(action !== undefined && { action }),
        ...(about && { about }),
      });
      return actAs(act, async () => {
        try {
          const answer = await run(entry);
          await write(asked, act, { path, end: endOf(answer.status, refusal) });
          return answer;
        } catch (error) {
          const { status, code } = describeError(error);
          await write(asked, act, { path, end: endOf(status, code) });
          throw error;
        }
      });
    },
  };
}
