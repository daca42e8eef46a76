/** Writes the audit trail: a log line for each requested change, done or refused, with its actor. */
import type { Logger } from "../observability/log.ts";
import { describeError } from "./error-description.ts";
import { requestIdOf } from "./request-id.ts";
import { pathOf } from "./request-url.ts";

/** The actor, by ids only, none of which grants access. */
type Actor = Readonly<{ userId: string } & ({ sessionId: string } | { keyId: string })>;

/** Collects details of a request while it is handled. */
export type AuditEntry = Readonly<{
  /** Records the actor once authenticated. */
  by: (actor: Actor) => void;
  /** Records why nothing was done, if the response's status does not show it. */
  refuse: (code: string) => void;
}>;

type Asked = Readonly<{
  request: Request;
  /** The route's pattern, such as "POST /source/:id/targets". */
  action: string;
  /** False for reads, which are logged only if refused for lack of access. */
  isChange: boolean;
  remoteAddress: () => string;
}>;

export type Audit = Readonly<{
  /** Runs `act`, returns its response or rethrows its error, and writes the line. */
  watch: (asked: Asked, act: (entry: AuditEntry) => Promise<Response>) => Promise<Response>;
}>;

/** Statuses for lack of access. */
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
      // Read now, because the runtime may drop it after the response.
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
