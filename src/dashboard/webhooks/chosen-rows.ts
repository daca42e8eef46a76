/** Chooses the rows of a long list: by name and state, those in trouble first, a page at a time. */
import type { Health } from "./targets/health.ts";

/** Longer lists have one line a row, with a search. */
export const SHORT_LIST = 20;

const PER_PAGE = 50;

/** Order of the tones. */
const RANKS: Readonly<Record<Health["tone"], number>> = { bad: 0, warn: 1, info: 2, ok: 3, idle: 4 };

export type Choice = Readonly<{
  /** Part of a name; "" for all. */
  search: string;
  /** "" for all. */
  state: string;
  page: number;
}>;

export const EVERY_ROW: Choice = { search: "", state: "", page: 1 };

export type ListPage = Readonly<{ current: number; pages: number }>;

export type ChosenRows<Row> = Readonly<{
  choice: Choice;
  rows: readonly Row[];
  /** How many match. */
  found: number;
  page: ListPage;
  /** How many of all are in each state, those in trouble first. */
  states: readonly Readonly<{ label: string; count: number }>[];
}>;

/** `prefix` tells the list's parameters from those of others on the page. */
export function readChoice(query: URLSearchParams, prefix = ""): Choice {
  return {
    search: (query.get(`${prefix}q`) ?? "").trim().slice(0, 200),
    state: query.get(`${prefix}state`) ?? "",
    page: pageOf(query.get(`${prefix}page`)),
  };
}

export function choiceQuery(choice: Choice, prefix = ""): URLSearchParams {
  const { search, state, page } = choice;
  return new URLSearchParams({
    ...(search !== "" && { [`${prefix}q`]: search }),
    ...(state !== "" && { [`${prefix}state`]: state }),
    ...(page > 1 && { [`${prefix}page`]: String(page) }),
  });
}

export function chooseRows<Row extends Readonly<{ name: string; health: Health; state: string }>>(
  all: readonly Row[],
  choice: Choice,
): ChosenRows<Row> {
  const ranked = all.toSorted((a, b) => RANKS[a.health.tone] - RANKS[b.health.tone]);
  const counts = new Map<string, number>();
  for (const { state } of ranked) counts.set(state, (counts.get(state) ?? 0) + 1);
  const found = ranked.filter(
    ({ name, state }) => hasText(name, choice.search) && (choice.state === "" || state === choice.state),
  );
  const page = pageAmong(choice.page, found.length);
  return {
    choice,
    rows: found.slice((page.current - 1) * PER_PAGE, page.current * PER_PAGE),
    found: found.length,
    page,
    states: [...counts].map(([label, count]) => ({ label, count })),
  };
}

export function hasText(name: string, search: string): boolean {
  return name.toLowerCase().includes(search.toLowerCase());
}

/** The page nearest to the asked one, of as many as `count` rows take. */
export function pageAmong(asked: number, count: number): ListPage {
  const pages = Math.max(1, Math.ceil(count / PER_PAGE));
  return { current: Math.min(pages, asked), pages };
}

function pageOf(text: string | null): number {
  return Math.max(1, Math.trunc(Number(text)) || 1);
}
