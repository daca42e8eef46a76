/** The lines of the attempt journal, and the suspects and culprits they imply: pure. */

/** An attempt of a delivery. `attempt` counts all attempts of the delivery from 1; 0 if not known. */
export type MarkedAttempt = Readonly<{
  webhookId: string;
  targetId: string;
  eventId: string;
  attempt: number;
}>;

/** An attempt that was under way when a process died. */
export type Suspect = MarkedAttempt & Readonly<{ deaths: number }>;

export type LeftBehind = Readonly<{
  /** To be attempted again, one at a time. */
  suspects: readonly Suspect[];
  /** Not to be attempted again: the process died while this was the only attempt under way. */
  culprits: readonly Suspect[];
}>;

/** While other attempts were under way, a single death does not name the culprit; this many deaths do. */
const MOST_DEATHS = 3;
const UUID = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

export const lines = {
  boot: (bootId: string) => `boot ${bootId}\n`,
  suspect: ({ deaths, ...of }: Suspect) => `suspect ${deaths} ${nameOf(of)}\n`,
  begun: ({ webhookId, targetId, eventId, attempt }: MarkedAttempt) =>
    `${lines.begunPrefix(webhookId, targetId)}${eventId}${lines.begunSuffix(attempt)}`,
  begunPrefix: (webhookId: string, targetId: string) => `begun ${webhookId} ${targetId} `,
  begunSuffix: (attempt: number) => ` ${attempt}\n`,
  /** The attempt of a suspect has begun again. */
  test: (of: MarkedAttempt) => `test ${nameOf(of)}\n`,
  /** The test has been under way for a while, and others may begin. */
  outlived: (of: MarkedAttempt) => `outlived ${nameOf(of)}\n`,
  ended: (of: MarkedAttempt) => `ended ${nameOf(of)}\n`,
};

function nameOf({ webhookId, targetId, eventId, attempt }: MarkedAttempt): string {
  return `${webhookId} ${targetId} ${eventId} ${attempt}`;
}

export function keyOf({ targetId, eventId }: Pick<MarkedAttempt, "targetId" | "eventId">): string {
  return `${targetId} ${eventId}`;
}

type Test = { suspect: Suspect; hasOutlived: boolean };

/**
 * Reads the journal of the previous process. `bootId` identifies the machine's current boot: attempts under way in
 * another boot ended in a power cut or reboot.
 */
export function readJournal(text: string, bootId: string): LeftBehind {
  const suspects = new Map<string, Suspect>();
  const begun = new Map<string, MarkedAttempt>();
  const tests = new Map<string, Test>();
  let wasKilled = true;
  // The last line may be torn.
  for (const line of text.split("\n").slice(0, -1)) {
    const [kind = "", ...words] = line.split(" ");
    if (kind === "boot") wasKilled = words[0] === bootId;
    const deaths = kind === "suspect" ? Number(words.shift()) : 0;
    const of = readName(words);
    if (of === null) continue;
    const key = keyOf(of);
    if (kind === "suspect" && deaths > 0) suspects.set(key, { ...of, deaths });
    else if (kind === "begun") begun.set(key, of);
    else if (kind === "test") {
      const suspect = { ...of, deaths: suspects.get(key)?.deaths ?? 1 };
      suspects.delete(key);
      tests.set(key, { suspect, hasOutlived: false });
    } else if (kind === "outlived") {
      const test = tests.get(key);
      if (test) test.hasOutlived = true;
    } else if (kind === "ended") tests.delete(key);
  }
  return judge({ suspects, begun, tests: [...tests.values()], wasKilled });
}

function judge(found: {
  suspects: ReadonlyMap<string, Suspect>;
  begun: ReadonlyMap<string, MarkedAttempt>;
  tests: readonly Test[];
  wasKilled: boolean;
}): LeftBehind {
  const suspects = new Map(found.suspects);
  const culprits: Suspect[] = [];
  const latest = found.tests.at(-1);
  for (const test of found.tests) {
    const { suspect } = test;
    const deaths = suspect.deaths + (found.wasKilled ? 1 : 0);
    const isAlone = test === latest && (found.tests.length === 1 || !test.hasOutlived);
    if (found.wasKilled && (isAlone || deaths >= MOST_DEATHS)) culprits.push({ ...suspect, deaths });
    else suspects.set(keyOf(suspect), { ...suspect, deaths });
  }
  if (found.wasKilled) {
    const known = new Set([...suspects.keys(), ...culprits.map(keyOf)]);
    for (const [key, of] of found.begun) if (!known.has(key)) suspects.set(key, { ...of, deaths: 1 });
  }
  return { suspects: [...suspects.values()], culprits };
}

function readName([
  webhookId = "",
  targetId = "",
  eventId = "",
  attempt = "",
]: string[]): MarkedAttempt | null {
  if (![webhookId, targetId, eventId].every((id) => UUID.test(id)) || !/^\d{1,9}$/.test(attempt)) return null;
  return { webhookId, targetId, eventId, attempt: Number(attempt) };
}
