/** Words notices for people and for programs; pure. */
import { PROBLEM_SUBJECTS, type ProblemKind } from "../settings/notice-settings.ts";
import type { ProblemChange } from "../storage/main-db/notices.ts";

/** Maximum number of changes listed one by one: an outage may have thousands. */
const MOST_LISTED = 20;

export type NoticeMessage = Readonly<{
  /** One line: the subject of an e-mail, the header of a chat message. */
  title: string;
  text: string;
  /** Body for programs. */
  json: Readonly<Record<string, unknown>>;
}>;

/** A change with the current name of its target or entrypoint. */
export type NamedChange = ProblemChange & Readonly<{ name: string }>;

export type NoticeSubject = Readonly<{ webhook: Readonly<{ id: string; name: string }>; url: string }>;

const WORDS: Readonly<Record<ProblemKind, readonly [begun: string, over: string]>> = {
  target_circuit_open: ["keeps failing; deliveries are paused", "is responding again"],
  target_failing: ["is failing; deliveries have been given up", "accepts deliveries again"],
  target_deactivated: ["was disabled; its deliveries are paused", "is active again"],
  transformation_failing: [
    "has a transformation that fails; deliveries have been given up",
    "has a transformation that works again",
  ],
  entrypoint_refusing: ["refuses every request", "accepts requests again"],
  entrypoint_silent: ["has stopped receiving events", "is receiving events again"],
};

export function describeNotice(
  changes: readonly NamedChange[],
  { webhook, url }: NoticeSubject,
): NoticeMessage {
  const listed = changes.slice(0, MOST_LISTED);
  const more = changes.length - listed.length;
  const [first] = listed.map(headline);
  const title = changes.length === 1 ? `${webhook.name}: ${first}` : `${webhook.name}: ${first}, and more`;
  const lines = listed.map((change) => {
    const since = change.isOver ? ` Started at ${time(change.since)}.` : "";
    const detail = change.detail === "" ? "" : `\n  ${change.detail}`;
    return `${capital(headline(change))}.${since}${detail}`;
  });
  return {
    title,
    text: [...lines, ...(more > 0 ? [`And ${more} more.`] : []), "", url].join("\n"),
    json: {
      type: "webhooker.notice",
      webhook: { id: webhook.id, name: webhook.name, url },
      changes: listed.map((change) => ({
        kind: change.kind,
        state: change.isOver ? "over" : "begun",
        [PROBLEM_SUBJECTS[change.kind]]: { id: change.subjectId, name: change.name },
        since: time(change.since),
        detail: change.detail === "" ? null : change.detail,
      })),
      more,
    },
  };
}

export function describeTest({ webhook, url }: NoticeSubject): NoticeMessage {
  const text = "This is a test notice. Notices about problems with this webhook will arrive here.";
  return {
    title: `${webhook.name}: test notice`,
    text: `${text}\n\n${url}`,
    json: { type: "webhooker.notice.test", webhook: { id: webhook.id, name: webhook.name, url }, text },
  };
}

/** "Target “Bank” keeps failing; deliveries are paused". */
export function describeBegin(of: Pick<NamedChange, "kind" | "name">): string {
  return capital(headline({ ...of, isOver: false }));
}

function headline({ kind, name, isOver }: Pick<NamedChange, "kind" | "name" | "isOver">): string {
  return `${PROBLEM_SUBJECTS[kind]} “${name}” ${WORDS[kind][isOver ? 1 : 0]}`;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}

function time(ms: number): string {
  return new Date(ms).toISOString();
}
