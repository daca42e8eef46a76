/** A request before and after its transformation, side by side, line by line. */
import { Html } from "@elysiajs/html";
import { charsetIn } from "../../../bodies/charset.ts";
import { layOutJson } from "../../../bodies/json-layout.ts";
import { decodeShown } from "../../../bodies/shown-text.ts";
import { type DiffRow, diffLines } from "../../../lib/line-diff.ts";
import type { StoredEvent } from "../../../storage/event-db/types.ts";
import { attribute } from "../../render.ts";

type Request = Pick<StoredEvent, "method" | "pathTail" | "query" | "headers" | "contentType" | "body">;

/** Longer bodies are compared as far as this. */
const MAX_BODY_BYTES = 64 * 1024;
/** More lines of a body would make a page that nobody reads. */
const MOST_LINES = 500;
/** Each has five elements, of which a page may have 3,000, and one page shows a body too. */
const MOST_ROWS = 400;

export function RequestDiff(props: {
  before: Request;
  after: Request;
  /** Headings of the two columns. */
  titles?: readonly [string, string];
  /** Names the scrolling region for screen readers. */
  label?: string;
}): JSX.Element {
  const { before, after, titles = ["As received", "As sent"], label = "Request before and after" } = props;
  const rows = cut(diffLines(linesOf(before), linesOf(after)));
  return (
    <section class="diff-scroll" tabindex="0" aria-label={attribute(label)}>
      <table class="diff">
        <thead>
          <tr>
            {titles.map((title) => (
              <th scope="col" safe>
                {title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr>
              <Side line={row.before} mark={row.isSame ? null : "removed"} />
              <Side line={row.after} mark={row.isSame ? null : "added"} />
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function cut(rows: readonly DiffRow[]): readonly DiffRow[] {
  if (rows.length <= MOST_ROWS) return rows;
  return [...rows.slice(0, MOST_ROWS), { before: "(cut here)", after: "(cut here)", isSame: true }];
}

function Side({ line, mark }: { line: string | null; mark: "removed" | "added" | null }): JSX.Element {
  if (line === null) return <td class="diff-none"></td>;
  const text = mark === "removed" ? `− ${line}` : mark === "added" ? `+ ${line}` : `  ${line}`;
  return (
    <td class={mark === null ? undefined : `diff-${mark}`}>
      <bdi safe>{text}</bdi>
    </td>
  );
}

function linesOf(request: Request): readonly string[] {
  const { method, pathTail, query, headers } = request;
  const place = `${pathTail === "" ? "/" : pathTail}${query === "" ? "" : `?${query}`}`;
  return [
    `${method} ${place}`,
    ...headers.map(([name, value]) => `${name.toLowerCase()}: ${value}`),
    "",
    ...bodyLines(request),
  ];
}

function bodyLines({ body, contentType }: Request): readonly string[] {
  if (body.byteLength === 0) return [];
  const text = decodeShown(body, charsetIn(body, contentType), MAX_BODY_BYTES);
  if (text === null) return [`(${body.byteLength} bytes that are no text)`];
  const isWhole = body.byteLength <= MAX_BODY_BYTES;
  const layout = layOutJson(text, { maxChars: MAX_BODY_BYTES, pieceChars: 0, isWhole });
  const shown = layout === null ? text : layout.tokens.map((token) => token.text).join("");
  const lines = shown.split("\n");
  const isCut = !isWhole || layout?.isCut === true || lines.length > MOST_LINES;
  return isCut ? [...lines.slice(0, MOST_LINES), "(cut here)"] : lines;
}
