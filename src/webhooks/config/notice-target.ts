/** Finds the target that a file of configuration names for a webhook's notices. */
import type { TargetTypes } from "../../targets/registry.ts";
import { sendsNotices } from "../notices/notice-settings.ts";

type Known = Readonly<{ id: string; type: string }>;

/** Targets by "WEBHOOK/TARGET", of the file and of the same user's other webhooks. */
export type FindByKeys = (webhookKey: string, targetKey: string) => Known | null;

export type NoticeTarget = Readonly<{ id: string | null; fault: string | null }>;

const NONE: NoticeTarget = { id: null, fault: null };

/** `named`: "TARGET" of the webhook with `webhookKey`, or "WEBHOOK/TARGET". */
export function findNoticeTarget(
  named: string | null,
  { webhookKey, find, targetTypes }: { webhookKey: string; find: FindByKeys; targetTypes: TargetTypes },
): NoticeTarget {
  if (named === null) return NONE;
  const slash = named.indexOf("/");
  const of = slash === -1 ? webhookKey : named.slice(0, slash);
  const target = find(of, named.slice(slash + 1));
  if (target === null) return { id: null, fault: "is the key of none of your targets" };
  if (sendsNotices(targetTypes.find(target.type))) return { id: target.id, fault: null };
  return { id: null, fault: "must be a target of a type that sends events" };
}
