/** Parses dates of HTTP headers in their three forms (RFC 9110 5.6.7), all of which are UTC. */

const MONTHS = ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];

const DAY = "(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun)[a-z]{0,6}";
const TIME = "(?<hour>\\d{2}):(?<minute>\\d{2}):(?<second>\\d{2})";
/** The standard allows GMT only; some servers write an offset instead. */
const ZONE = "(?: (?:GMT|UTC|UT|Z|(?<offset>[+-]\\d{4})))?";

/** "Sun, 06 Nov 1994 08:49:37 GMT" and "Sunday, 06-Nov-94 08:49:37 GMT". */
const DATE_FIRST = new RegExp(
  `^${DAY}, (?<day>\\d{1,2})[ -](?<month>[a-z]{3})[ -](?<year>\\d{4}|\\d{2}) ${TIME}${ZONE}$`,
  "i",
);
/** "Sun Nov  6 08:49:37 1994", by C's asctime. */
const MONTH_FIRST = new RegExp(
  `^${DAY} (?<month>[a-z]{3}) {1,2}(?<day>\\d{1,2}) ${TIME}${ZONE} (?<year>\\d{4})$`,
  "i",
);

/** Longer than any valid date. */
const MOST_CHARACTERS = 60;

/**
 * Returns milliseconds UTC, whatever this machine's time zone; null for text that is no date. `now` resolves two-digit
 * years.
 */
export function parseHttpDate(text: string, now: number): number | null {
  if (text.length > MOST_CHARACTERS) return null;
  const parts = (DATE_FIRST.exec(text) ?? MONTH_FIRST.exec(text))?.groups;
  if (parts === undefined) return null;
  const { year = "", month = "", offset } = parts;
  const at = utcOf({
    year: year.length === 2 ? fullYear(Number(year), now) : Number(year),
    month: MONTHS.indexOf(month.toLowerCase()),
    day: Number(parts.day),
    hour: Number(parts.hour),
    minute: Number(parts.minute),
    second: Number(parts.second),
  });
  return at === null ? null : at - minutesOf(offset) * 60_000;
}

type Moment = Readonly<{
  year: number;
  /** 0 for January. */
  month: number;
  day: number;
  hour: number;
  minute: number;
  second: number;
}>;

function utcOf({ year, month, day, hour, minute, second }: Moment): number | null {
  // A leap second counts as the first second of the next minute.
  if (month === -1 || hour > 23 || minute > 59 || second > 60) return null;
  const midnight = new Date(0).setUTCFullYear(year, month, day);
  const isInMonth = day > 0 && new Date(midnight).getUTCMonth() === month;
  return isInMonth ? midnight + ((hour * 60 + minute) * 60 + second) * 1_000 : null;
}

/** Resolves a two-digit year: one that would be more than 50 years ahead belongs to the previous century. */
function fullYear(twoDigits: number, now: number): number {
  const thisYear = new Date(now).getUTCFullYear();
  const year = thisYear - (thisYear % 100) + twoDigits;
  return year > thisYear + 50 ? year - 100 : year;
}

function minutesOf(offset = "+0000"): number {
  const minutes = Number(offset.slice(1, 3)) * 60 + Number(offset.slice(3));
  return offset.startsWith("-") ? -minutes : minutes;
}
