/** The audit trail: a line in the log for each change that somebody asked for, done or refused, and who it was. */
import type { Logger } from "../observability/log.ts";
import { describeError } from "./error-description.ts";
import { requestIdOf } from "./request-id.ts";
import { pathOf } from "./request-url.ts";

/** Who asked, and by what: ids only, neither of which opens anything. */
export type Actor = Readonly<{ userId: string } & ({ sessionId: string } | { keyId: string })>;

/** What becomes known about a request while it is dealt with. */
export type AuditEntry = Readonly<{
  /** Names who asks, once that is proved. */
  by: (actor: Actor) => void;
  /** Says why nothing was done, where the answer's status does not show it. */
  refuse: (code: string) => void;
}>;

type Asked = Readonly<{
  request: Request;
  /** The route's pattern, such as "POST /source/:id/targets": what was to be done. */
  action: string;
  /** False for what only reads: that leaves a line only where it is refused for who asks. */
  isChange: boolean;
  remoteAddress: () => string;
}>;

export type Audit = Readonly<{
  /** Runs `act`, passes its answer or its error on, and writes the line. */
  watch: (asked: Asked, act: (entry: AuditEntry) => Promise<Response>) => Promise<Response>;
}>;

/** Statuses that say that somebody asked for what is not theirs. */
const NOT_THEIRS = new Set([401, 403]);

export function createAudit(log: Pick<Logger, "info">): Audit {
  function write(
    { request, action, isChange, remoteAddress }: Asked,
    path: string,
    end: { actor: Actor | null; status: number; code: string | null },
  ): void {
    const { actor, status, code } = end;
    const isRefused = status >= 400 || code !== null;
    if (!isChange && !NOT_THEIRS.has(status)) return;
    log.info("audit", {
      action,
      outcome: status >= 500 ? "failed" : isRefused ? "refused" : "done",
      path,
      status,
      ...(code !== null && { code }),
      user_id: actor?.userId ?? null,
      ...(actor !== null && "sessionId" in actor && { session_id: actor.sessionId }),
      ...(actor !== null && "keyId" in actor && { key_id: actor.keyId }),
      remote_address: remoteAddress(),
      request_id: requestIdOf(request),
    });
  }

  return {
    async watch(asked, act) {
      let actor: Actor | null = null;
      let refusal: string | null = null;
      // Taken now: the runtime may drop it once the request is answered.
      const path = pathOf(asked.request.url);
      const entry: AuditEntry = {
        by(known) {
          actor = known;
        },
        refuse(code) {
          refusal = code;
        },
      };
      try {
        const answer = await act(entry);
        write(asked, path, { actor, status: answer.status, code: refusal });
        return answer;
      } catch (error) {
        const { status, code } = describeError(error);
        write(asked, path, { actor, status, code });
        throw error;
      }
    },
  };
}
