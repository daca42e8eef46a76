/** Plans with whom one webhook is shared. */
import type { MemberRow } from "../../storage/main-db/people/members.ts";
import type { UseCaseDeps } from "../deps.ts";
import { findSubject } from "../people/member-subject.ts";
import type { ConfigWebhook } from "./document.ts";
import type { Faults } from "./faults.ts";
import type { Draft } from "./plan.ts";

type Of = Readonly<{
  draft: Draft;
  faults: Faults;
  webhookId: string;
  ownerId: string;
  /** Place of the webhook's entry. */
  path: string;
  wanted: NonNullable<ConfigWebhook["members"]>;
}>;

export function createMemberPlanner({ mainDb, ids }: UseCaseDeps) {
  const { members, users, teams } = mainDb;

  const nameOf = ({ userId, teamId }: MemberRow) =>
    (userId !== null ? users.find(userId)?.username : teams.find(teamId ?? "")?.name) ?? "";

  function plan(of: Of, row: MemberRow, more: { path: string; before: MemberRow | undefined }): void {
    const { path, before } = more;
    const { id } = row;
    const base = { kind: "member", path, id, name: nameOf(row), adopts: false } as const;
    if (before === undefined) {
      const change = { ...base, action: "create", fields: [] } as const;
      of.draft.steps.push({ change, act: () => members.insert(row) });
    } else if (before.role !== row.role) {
      const [was, is] = [before.role, row.role].map((role) => JSON.stringify(role));
      const field = { field: "role", secret: false, before: was ?? null, after: is ?? null };
      const change = { ...base, action: "update", fields: [field] } as const;
      of.draft.steps.push({ change, act: () => members.setRole(row) });
    }
  }

  function leaveOut({ draft, path }: Of, row: MemberRow): void {
    const kept = { kind: "member", path: `${path}.members`, id: row.id, name: nameOf(row) } as const;
    if (!draft.prune) draft.kept.push({ ...kept, managed: true });
    else {
      const change = { ...kept, action: "delete", fields: [], adopts: false } as const;
      draft.steps.push({ change, act: () => members.remove(row) });
    }
  }

  return (of: Of, existing: readonly MemberRow[]): void => {
    const { draft, faults, webhookId, ownerId, wanted } = of;
    const named = new Set<string>();
    for (const [index, member] of wanted.entries()) {
      const path = `${of.path}.members.${index}`;
      const subject = faults.within(path, () => findSubject(mainDb, member));
      if (subject === null) continue;
      const subjectId = subject.userId ?? subject.teamId ?? "";
      if (named.has(subjectId)) faults.add(path, "is listed twice");
      else if (subjectId === ownerId) faults.add(path, "is the owner, whose role cannot change");
      else {
        const before = existing.find((row) => (row.userId ?? row.teamId) === subjectId);
        const { role } = member;
        const born = { id: ids.newId(), webhookId, ...subject, createdAt: draft.now };
        plan(of, { ...(before ?? born), role }, { path, before });
      }
      named.add(subjectId);
    }
    for (const row of existing) if (!named.has(row.userId ?? row.teamId ?? "")) leaveOut(of, row);
  };
}
