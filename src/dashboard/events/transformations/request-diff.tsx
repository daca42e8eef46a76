/** A request before and after its transformation, side by side, line by line. */
import { Html } from "@elysiajs/html";
import { decodeShown, shownCharset } from "../../../bodies/shown-text.ts";
import { diffLines } from "../../../lib/line-diff.ts";
import type { StoredEvent } from "../../../storage/event-db/types.ts";

type Request = Pick<StoredEvent, "method" | "pathTail" | "query" | "headers" | "contentType" | "body">;

/** Longer bodies are compared as far as this. */
const MAX_BODY_BYTES = 64 * 1024;

export function RequestDiff({ before, after }: { before: Request; after: Request }): JSX.Element {
  const rows = diffLines(linesOf(before), linesOf(after));
  return (
    <div class="diff-scroll">
      <table class="diff">
        <thead>
          <tr>
            <th scope="col">As received</th>
            <th scope="col">As sent</th>
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
    </div>
  );
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
  const text = decodeShown(body, shownCharset(body, contentType), MAX_BODY_BYTES);
  if (text === null) return [`(${body.byteLength} bytes that are no text)`];
  return (laidOut(text) ?? text).split("\n");
}

/** Null where it is no JSON, or was cut. */
function laidOut(text: string): string | null {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return null;
  }
}
