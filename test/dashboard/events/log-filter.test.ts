import { describe, expect, test } from "bun:test";
import {
  filterQuery,
  isFiltered,
  readLogFilter,
  toEventFilter,
} from "../../../src/dashboard/events/log-filter.ts";
import { newId } from "../../../src/lib/ids.ts";

const NOW = Date.UTC(2026, 10, 23, 12);

function read(query: string) {
  const { filter, notes } = readLogFilter(new URLSearchParams(query), ["order_id=$.order.id", "shop=x-shop"]);
  return { filter, notes, asked: toEventFilter(filter, NOW) };
}

function given(asked: object) {
  return Object.fromEntries(Object.entries(asked).filter(([, value]) => value !== undefined));
}

describe("the filter of the event log", () => {
  test("has no conditions without a query or with empty fields", () => {
    for (const query of ["", "range=&from=&to=&zone=UTC&entrypoint=&target=&status=&method=&q="]) {
      const { filter, notes, asked } = read(query);
      expect(given(asked)).toEqual({});
      expect([notes, isFiltered(filter), filterQuery(filter)]).toEqual([[], false, ""]);
    }
  });

  test("reads every condition from the URL and writes it back", () => {
    const [entrypoint, target] = [newId(), newId()];
    const query = `?from=2026-11-23T10%3A00&to=2026-11-23T11%3A00%3A30&entrypoint=${entrypoint}&target=${target}&status=failed&method=POST&q=%3Cb%3E+%26+100%25`;
    const { filter, notes, asked } = read(query);
    expect(notes).toEqual([]);
    expect(asked).toEqual({
      from: Date.UTC(2026, 10, 23, 10),
      to: Date.UTC(2026, 10, 23, 11, 0, 30),
      entrypointId: entrypoint,
      targetId: target,
      status: "failed",
      method: "POST",
      text: "<b> & 100%",
    });
    expect(filterQuery(filter)).toBe(query);
    expect(filterQuery(filter, { cursor: "c" })).toBe(`${query}&cursor=c`);
  });

  test("reads the values of the webhook's fields, and tells of fields that it does not have", () => {
    const query = "?field.order_id=4711&field.shop=a%26b";
    const { filter, notes, asked } = read(`${query}&field.colour=red&field.=x`);
    expect(given(asked)).toEqual({
      fields: [
        { name: "order_id", place: "$.order.id", value: "4711" },
        { name: "shop", place: "x-shop", value: "a&b" },
      ],
    });
    expect([isFiltered(filter), filterQuery(filter)]).toEqual([true, query]);
    expect(notes).toEqual([
      "“field.colour” was ignored: the webhook has no such field.",
      "“field.” was ignored: the webhook has no such field.",
    ]);
  });

  test("counts a range back from now", () => {
    expect(given(read("range=1h").asked)).toEqual({ from: NOW - 3_600_000 });
    expect(given(read("range=24h").asked)).toEqual({ from: NOW - 86_400_000 });
    expect(given(read("range=7d").asked)).toEqual({ from: NOW - 7 * 86_400_000 });
    expect(given(read("range=30d").asked)).toEqual({ from: NOW - 30 * 86_400_000 });
    const { filter, asked } = read("range=15m");
    expect([given(asked), filterQuery(filter)]).toEqual([{ from: NOW - 900_000 }, "?range=15m"]);
    for (const range of ["0d", "d", "-1h", "1w", "100000d", "1e3h"]) {
      const { notes, asked: without } = read(`range=${range}`);
      expect([given(without), notes]).toEqual([
        {},
        ["“range” was ignored: it must be a number of minutes, hours or days, such as 30d."],
      ]);
    }
  });

  test("reads what the last attempt was answered with", () => {
    for (const answer of ["500", "5xx", "none"]) {
      const { filter, asked } = read(`answer=${answer.toUpperCase()}`);
      expect([given(asked), filterQuery(filter)]).toEqual([{ answer }, `?answer=${answer}`]);
    }
    for (const answer of ["6xx", "50", "5x", "0500", "500 OR 1=1"]) {
      const { notes, asked } = read(`answer=${encodeURIComponent(answer)}`);
      expect([given(asked), notes]).toEqual([
        {},
        ["“answer” was ignored: it must be a status such as 500, or 5xx, or none."],
      ]);
    }
  });

  test("reads times in the reader's time zone, also around clock changes", () => {
    const times = [
      ["America/New_York", "2026-11-23T10:00", Date.UTC(2026, 10, 23, 15)],
      ["Asia/Kolkata", "2026-11-23T10:00", Date.UTC(2026, 10, 23, 4, 30)],
      ["Europe/Berlin", "2026-03-29T01:59", Date.UTC(2026, 2, 29, 0, 59)],
      ["Europe/Berlin", "2026-03-29T03:01", Date.UTC(2026, 2, 29, 1, 1)],
      ["Europe/Berlin", "2026-10-25T03:30", Date.UTC(2026, 9, 25, 2, 30)],
    ] as const;
    for (const [zone, text, at] of times) {
      const { filter, asked } = read(`from=${text}&zone=${zone}`);
      expect(asked.from).toBe(at);
      expect(filterQuery(filter)).toBe(`?${new URLSearchParams({ from: text, zone })}`);
    }
  });

  test("accepts times with an offset of their own", () => {
    const { asked } = read("from=2026-11-23T10:00:00.000Z&to=2026-11-23T10:00:07%2B02:00");
    expect([asked.from, asked.to]).toEqual([Date.UTC(2026, 10, 23, 10), Date.UTC(2026, 10, 23, 8, 0, 7)]);
  });

  test("includes the whole last minute, and keeps its meaning in the URL", () => {
    const { filter, asked } = read("to=2026-11-23T10:00");
    expect(asked.to).toBe(Date.UTC(2026, 10, 23, 10, 0, 59, 999));
    expect(read(filterQuery(filter)).asked.to).toBe(asked.to);
  });

  test("leaves out invalid values and reports them, without repeating them", () => {
    const query =
      "range=5y&from=yesterday&to=2026-13-01T00:00&zone=Mars&entrypoint=1&target=%27&status=lost&method=BREW&q=";
    const { filter, notes } = read(query + "x".repeat(201));
    expect(isFiltered(filter)).toBe(false);
    expect(notes.map((note) => note.split("”")[0])).toEqual(
      ["zone", "range", "from", "to", "entrypoint", "target", "status", "method", "q"].map(
        (name) => `“${name}`,
      ),
    );
    expect(notes.join()).not.toMatch(/5y|yesterday|Mars|lost|BREW|xxx/);
  });

  test("reports conditions that contradict each other", () => {
    expect(read("range=1h&from=2026-11-23T10:00")).toMatchObject({
      notes: ["“from” and “to” were ignored: a range up to now is selected."],
      filter: { from: null },
    });
    expect(read("from=2026-11-23T10:00&to=2026-11-23T09:00").notes).toHaveLength(1);
  });
});
